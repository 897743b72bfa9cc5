-- Events and viewers by day and device.
select
    date_format(event_timestamp, '%Y-%m-%d') as event_day,
    device_type,
    count(*) as num_events,
    count(distinct customer_id) as viewers
from {{ ref('telemetry_v2') }}
where cast(event_timestamp as date) between date '2025-08-11' and date '2025-08-13'
group by date_format(event_timestamp, '%Y-%m-%d'), device_type
order by event_day, device_type
