-- Viewers and seconds watched by country, on two days.
select
    country,
    count(distinct customer_id) as viewers,
    sum(watch_duration_seconds) as watched_seconds
from {{ ref('telemetry_v2') }}
where
    cast(event_timestamp as date) in (date '2025-08-12', date '2025-08-13')
    and event_timestamp is not null
group by country
order by viewers desc, country asc
