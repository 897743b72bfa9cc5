-- Viewers and events by hour of a day.
select
    date_trunc('hour', cast(event_timestamp as timestamp)) as hour_at,
    count(distinct customer_id) as viewers,
    count(*) as num_events
from {{ source('acme_telemetry', 'telemetry') }}
where
    event_timestamp >= '2025-08-12'
    and event_timestamp < '2025-08-13'
group by 1
order by 1
