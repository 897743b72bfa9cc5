{%- set times = declared_times("acme_streaming_data.titles") %}

with source as (

    select
        raw.*,
        raw."$path" as _source_path
    from {{ source('acme_streaming_data', 'titles') }} as raw

),

typed as (

    select
        -- texts
        title_id,
        title_name,
        title_type,
        genre,
        rating,

        -- numbers
        try_cast(duration_seconds as integer) as duration_seconds,

        -- dates and timestamps, each with its text
        {{ parsed_times(times) }},

        -- bookkeeping
        {{ load_date_from_path('_source_path') }} as _load_date,
        _source_path,
        {{ row_as_json([
            'title_id', 'title_name', 'title_type', 'genre', 'rating', 'duration_seconds',
            'release_date', 'created_at', 'updated_at'
        ]) }} as _raw_row
    from source

),

final as (

    select
        *,
        {{ key_reject_reason('title_id') }} as _key_reject_reason,
        {{ time_statuses(times) }}
    from typed

)

select * from final
