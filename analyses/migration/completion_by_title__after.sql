-- How far titles are watched on average, over three days, for those released by then.
select
    titles.title_name,
    count(*) as num_ends,
    avg(cast(events.completion_percentage as double)) as average_completion
from {{ ref('telemetry_v2') }} as events
inner join acme_streaming_data.titles_v2 as titles
    on events.title_id = titles.title_id
where
    events.event_type in ('stop', 'complete')
    and events.event_timestamp >= timestamp '2025-08-11 00:00:00'
    and events.event_timestamp < timestamp '2025-08-14 00:00:00'
    and titles.release_date <= date '2025-08-13'
group by titles.title_name
order by num_ends desc, titles.title_name asc
limit 20
