-- Viewers and seconds watched by country, on two days.
select
    country,
    count(distinct customer_id) as viewers,
    sum(watch_duration_seconds) as watched_seconds
from {{ source('acme_telemetry', 'telemetry') }}
where
    substr(event_timestamp, 1, 10) in ('2025-08-12', '2025-08-13')
    and try_cast(event_timestamp as timestamp) is not null
group by country
order by viewers desc, country asc
