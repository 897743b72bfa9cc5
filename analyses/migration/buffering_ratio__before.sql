-- Seconds of buffering per second watched, by quality, in the evenings of a month.
select
    quality,
    sum(buffering_duration_seconds) as buffering_seconds,
    cast(sum(buffering_duration_seconds) as double) / nullif(sum(watch_duration_seconds), 0) as buffering_ratio
from {{ source('acme_telemetry', 'telemetry') }}
where
    event_timestamp like '2025-08-%'
    and cast(substr(event_timestamp, 12, 2) as integer) between 17 and 23
group by quality
order by quality
