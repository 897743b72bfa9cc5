-- Seconds of buffering per second watched, by quality, in the evenings of a month.
select
    quality,
    sum(buffering_duration_seconds) as buffering_seconds,
    cast(sum(buffering_duration_seconds) as double) / nullif(sum(watch_duration_seconds), 0) as buffering_ratio
from {{ ref('telemetry_v2') }}
where
    event_timestamp >= timestamp '2025-08-01 00:00:00'
    and event_timestamp < timestamp '2025-09-01 00:00:00'
    and cast(hour(event_timestamp) as integer) between 17 and 23
group by quality
order by quality
