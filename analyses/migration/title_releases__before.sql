-- Titles by year of release and type, and when the newest of their records was changed.
select
    year(date_parse(release_date, '%Y-%m-%d')) as release_year,
    title_type,
    count(*) as num_titles,
    max(cast(updated_at as timestamp(6))) as last_updated_at
from {{ source('acme_streaming_data', 'titles') }}
where release_date is not null
group by 1, 2
order by 1, 2
