{%- set times = declared_times(
    "acme_streaming_data", "titles",
    ["release_date", "created_at", "updated_at"],
) %}

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

        -- dates
        {{ parse_date('release_date', **times.release_date) }} as release_date,
        release_date as _release_date_text,

        -- timestamps
        {{ parse_timestamp('created_at', **times.created_at) }} as created_at,
        created_at as _created_at_text,
        {{ parse_timestamp('updated_at', **times.updated_at) }} as updated_at,
        updated_at as _updated_at_text,

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
        {{ timestamp_status('_release_date_text', parsed='release_date', **times.release_date) }} as _release_date_status,
        {{ timestamp_reject_reason('_release_date_text', parsed='release_date', **times.release_date) }} as _release_date_reject_reason,
        {{ timestamp_status('_created_at_text', parsed='created_at', **times.created_at) }} as _created_at_status,
        {{ timestamp_reject_reason('_created_at_text', parsed='created_at', **times.created_at) }} as _created_at_reject_reason,
        {{ timestamp_status('_updated_at_text', parsed='updated_at', **times.updated_at) }} as _updated_at_status,
        {{ timestamp_reject_reason('_updated_at_text', parsed='updated_at', **times.updated_at) }} as _updated_at_reject_reason
    from typed

)

select * from final
