-- Of the copies of an event the one from the table of the finest clock wins: acme_telemetry.telemetry
-- (microseconds), then video_telemetry_json (milliseconds), then the history (often whole seconds); within a
-- table the first delivery wins, since what follows are re-deliveries of it. The order is total and kept in
-- the row, so that a merge gives the same row in whatever order the files arrive.
-- Copies of an event carry one instant, hence one event_date: matching on it lets the merge open no file of
-- another day.
{{
    config(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="event_id",
        incremental_predicates=["target.event_date = src.event_date"],
        update_condition="(" ~ copy_precedes("src", "target") ~ ")",
        partitioned_by=["day(event_timestamp)"],
        on_schema_change="fail",
    )
}}

{%- set watermarks = load_watermarks() %}

with realtime as (

    {{ playback_event_copies("acme_telemetry.telemetry", 1, watermarks) }}

),

realtime_json as (

    {{ playback_event_copies("acme_telemetry.video_telemetry_json", 2, watermarks) }}

),

history as (

    {{ playback_event_copies("acme_streaming_data.telemetry", 3, watermarks) }}

),

copies as (

    select * from realtime
    union all
    select * from realtime_json
    union all
    select * from history

),

ranked as (

    select
        *,
        {{ copy_number("event_id") }} as copy_number
    from copies

),

final as (

    select
        {{ playback_event_raw_columns() | join(",\n        ") }},
        cast(event_timestamp as date) as event_date,
        _source_table,
        _source_rank,
        _source_path,
        _load_date
    from ranked
    where copy_number = 1

)

select * from final
