-- How far titles are watched on average, over three days, for those released by then.
select
    titles.title_name,
    count(*) as num_ends,
    avg(events.completion_percentage) as average_completion
from {{ source('acme_telemetry', 'telemetry') }} as events
inner join {{ source('acme_streaming_data', 'titles') }} as titles
    on events.title_id = titles.title_id
where
    events.event_type in ('stop', 'complete')
    and try_cast(events.event_timestamp as timestamp) >= timestamp '2025-08-11 00:00:00'
    and try_cast(events.event_timestamp as timestamp) < timestamp '2025-08-14 00:00:00'
    and cast(titles.release_date as date) <= date '2025-08-13'
group by titles.title_name
order by num_ends desc, titles.title_name asc
limit 20
