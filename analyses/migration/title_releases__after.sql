-- Titles by year of release and type, and when the newest of their records was changed.
select
    year(cast(release_date as timestamp)) as release_year,
    title_type,
    count(*) as num_titles,
    max(updated_at) as last_updated_at
from acme_streaming_data.titles_v2
where release_date is not null
group by 1, 2
order by 1, 2
