{%- set times = declared_times("acme_telemetry", "video_telemetry_json", ["event_timestamp"]) %}

with source as (

    select
        raw.*,
        raw."$path" as _source_path
    from {{ source('acme_telemetry', 'video_telemetry_json') }} as raw

),

typed as (

    select
        -- texts and numbers
        {{ playback_event_columns() }},

        -- timestamps
        {{ parse_timestamp('event_timestamp', **times.event_timestamp) }} as event_timestamp,
        event_timestamp as _event_timestamp_text,

        -- bookkeeping
        {{ load_date_from_partitions() }} as _load_date,
        _source_path,
        {{ row_as_json(playback_event_raw_columns()) }} as _raw_row
    from source

),

final as (

    select
        *,
        {{ key_reject_reason('event_id') }} as _key_reject_reason,
        {{ timestamp_status('_event_timestamp_text', parsed='event_timestamp', **times.event_timestamp) }} as _event_timestamp_status,
        {{ timestamp_reject_reason('_event_timestamp_text', parsed='event_timestamp', **times.event_timestamp) }}
            as _event_timestamp_reject_reason
    from typed

)

select * from final
