-- How long sessions last, by device, from the first to the last of their events.
with sessions as (

    select
        session_id,
        device_type,
        min(event_timestamp) as first_event,
        max(event_timestamp) as last_event
    from {{ source('acme_telemetry', 'telemetry') }}
    group by session_id, device_type
    having max(event_timestamp) >= '2025-08-12'

)

select
    device_type,
    count(*) as num_sessions,
    avg(date_diff('second', cast(first_event as timestamp(6)), cast(last_event as timestamp(6)))) as average_seconds
from sessions
group by device_type
order by device_type
