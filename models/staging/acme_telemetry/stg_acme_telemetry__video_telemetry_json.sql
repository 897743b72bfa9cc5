{%- set times = declared_times("acme_telemetry.video_telemetry_json") %}

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

        -- the time, with its text
        {{ parsed_times(times) }},

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
        {{ time_statuses(times) }}
    from typed

)

select * from final
