-- Sessions that sent an event, by five minutes of a day, and the busiest of them first.
with events as (

    select
        session_id,
        event_timestamp as event_at
    from {{ ref('telemetry_v2') }}
    where
        event_timestamp >= timestamp '2025-08-13 00:00:00'
        and event_timestamp < timestamp '2025-08-14 00:00:00'

)

select
    date_add('minute', 5 * (minute(event_at) / 5), date_trunc('hour', event_at)) as window_at,
    count(distinct session_id) as sessions
from events
group by 1
order by 2 desc, 1 asc
