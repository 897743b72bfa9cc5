-- The typed successor of acme_telemetry.telemetry, beside the table it replaces: a query changes one name.
-- Iceberg's hidden partitioning by day(event_timestamp) replaces the columns year, month and day, so that
-- a filter on the timestamp alone prunes.
{{
    config(
        schema="acme_telemetry",
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

with copies as (

    {{ playback_event_copies("acme_telemetry.telemetry", 1, watermarks) }}

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
