-- How long sessions last, by device, from the first to the last of their events.
with sessions as (

    select
        session_id,
        device_type,
        min(event_timestamp) as first_event,
        max(event_timestamp) as last_event
    from {{ ref('telemetry_v2') }}
    group by session_id, device_type
    having max(event_timestamp) >= timestamp '2025-08-12 00:00:00'

)

select
    device_type,
    count(*) as num_sessions,
    avg(date_diff('second', first_event, last_event)) as average_seconds
from sessions
group by device_type
order by device_type
