-- How many customers started a title in the two hours before an instant.
select count(distinct t.customer_id) as unique_viewers
from {{ ref('telemetry_v2') }} as t
where
    t.event_timestamp >= timestamp '2025-08-13 12:00:00' - interval '2' hour
    and t.event_timestamp < timestamp '2025-08-13 12:00:00'
    and t.event_type = 'start'
