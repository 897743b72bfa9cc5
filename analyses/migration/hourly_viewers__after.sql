-- Viewers and events by hour of a day.
select
    date_trunc('hour', event_timestamp) as hour_at,
    count(distinct customer_id) as viewers,
    count(*) as num_events
from {{ ref('telemetry_v2') }}
where
    event_timestamp >= timestamp '2025-08-12 00:00:00'
    and event_timestamp < timestamp '2025-08-13 00:00:00'
group by 1
order by 1
