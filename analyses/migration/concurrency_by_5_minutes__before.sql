-- Sessions that sent an event, by five minutes of a day, and the busiest of them first.
with events as (

    select
        session_id,
        cast(replace(replace(event_timestamp, 'T', ' '), 'Z', '') as timestamp) as event_at
    from {{ source('acme_telemetry', 'telemetry') }}
    where
        event_timestamp >= '2025-08-13 00:00:00'
        and event_timestamp < '2025-08-14 00:00:00'

)

select
    date_add('minute', 5 * (minute(event_at) / 5), date_trunc('hour', event_at)) as window_at,
    count(distinct session_id) as sessions
from events
group by 1
order by 2 desc, 1 asc
