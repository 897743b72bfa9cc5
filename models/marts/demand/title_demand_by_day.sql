-- Small, and read by other engines over Iceberg REST: so it lies in a table bucket, which maintains it.
-- It is built only where a table bucket is named. Rebuilt whole: late events change days of the past.
-- (sqlfluff 4.4 doesn't load catalogs.yml and fails on a name from it: none is given where the model is disabled.)
{%- set table_bucket = env_var("LAKEHOUSE_TABLE_BUCKET", "") %}
{{
    config(
        catalog_name="table_bucket" if table_bucket else none,
        partitioned_by=["month(event_date)"],
        persist_docs={"relation": false, "columns": false},
        meta={"s3tables": {"snapshots": {"min_snapshots_to_keep": 2, "max_snapshot_age_hours": 168}}},
    )
}}

with events as (

    select * from {{ ref("fct_playback_events") }}

),

-- An event without a title counts for no title.
events_of_titles as (

    select * from events
    where title_id is not null

),

final as (

    select
        event_date,
        title_id,
        count(distinct customer_id) as viewers,
        count_if(event_type = 'start') as playback_starts,
        count_if(event_type = 'complete') as playbacks_completed,
        cast(coalesce(sum(watch_duration_seconds), 0) as bigint) as watch_duration_seconds
    from events_of_titles
    group by event_date, title_id

)

select * from final
