-- Events and viewers by day and device.
select
    substr(event_timestamp, 1, 10) as event_day,
    device_type,
    count(*) as num_events,
    count(distinct customer_id) as viewers
from {{ source('acme_telemetry', 'telemetry') }}
where substr(event_timestamp, 1, 10) between '2025-08-11' and '2025-08-13'
group by substr(event_timestamp, 1, 10), device_type
order by event_day, device_type
