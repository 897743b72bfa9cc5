{%- set times = declared_times("acme_streaming_data.campaigns") %}

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

        -- dates and timestamps, each with its text
        {{ parsed_times(times) }},

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
        {{ time_statuses(times) }}
    from typed

)

select * from final
