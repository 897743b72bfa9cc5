-- How many customers started a title in the two hours before an instant.
select count(distinct t.customer_id) as unique_viewers
from {{ source('acme_telemetry', 'telemetry') }} as t
where
    cast(t.event_timestamp as timestamp) >= timestamp '2025-08-13 12:00:00' - interval '2' hour
    and cast(t.event_timestamp as timestamp) < timestamp '2025-08-13 12:00:00'
    and t.event_type = 'start'
