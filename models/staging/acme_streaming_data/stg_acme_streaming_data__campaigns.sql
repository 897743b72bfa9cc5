{%- set times = declared_times(
    "acme_streaming_data", "campaigns",
    ["start_date", "end_date", "created_at", "updated_at"],
) %}

with source as (

    select
        raw.*,
        raw."$path" as _source_path
    from {{ source('acme_streaming_data', 'campaigns') }} as raw

),

typed as (

    select
        -- texts
        campaign_id,
        campaign_name,
        channel,
        title_id,
        status,

        -- numbers
        try_cast(budget_usd as decimal(12, 2)) as budget_usd,

        -- dates
        {{ parse_date('start_date', **times.start_date) }} as start_date,
        start_date as _start_date_text,
        {{ parse_date('end_date', **times.end_date) }} as end_date,
        end_date as _end_date_text,

        -- timestamps
        {{ parse_timestamp('created_at', **times.created_at) }} as created_at,
        created_at as _created_at_text,
        {{ parse_timestamp('updated_at', **times.updated_at) }} as updated_at,
        updated_at as _updated_at_text,

        -- bookkeeping
        {{ load_date_from_path('_source_path') }} as _load_date,
        _source_path,
        {{ row_as_json([
            'campaign_id', 'campaign_name', 'channel', 'title_id', 'status', 'budget_usd',
            'start_date', 'end_date', 'created_at', 'updated_at'
        ]) }} as _raw_row
    from source

),

final as (

    select
        *,
        {{ key_reject_reason('campaign_id') }} as _key_reject_reason,
        {{ timestamp_status('_start_date_text', parsed='start_date', **times.start_date) }} as _start_date_status,
        {{ timestamp_reject_reason('_start_date_text', parsed='start_date', **times.start_date) }} as _start_date_reject_reason,
        {{ timestamp_status('_end_date_text', parsed='end_date', **times.end_date) }} as _end_date_status,
        {{ timestamp_reject_reason('_end_date_text', parsed='end_date', **times.end_date) }} as _end_date_reject_reason,
        {{ timestamp_status('_created_at_text', parsed='created_at', **times.created_at) }} as _created_at_status,
        {{ timestamp_reject_reason('_created_at_text', parsed='created_at', **times.created_at) }} as _created_at_reject_reason,
        {{ timestamp_status('_updated_at_text', parsed='updated_at', **times.updated_at) }} as _updated_at_status,
        {{ timestamp_reject_reason('_updated_at_text', parsed='updated_at', **times.updated_at) }} as _updated_at_reject_reason
    from typed

)

select * from final
