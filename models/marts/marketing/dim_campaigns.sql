-- A dimension is small and read whole, so it is rebuilt in each run; it is partitioned by year, as coarse as
-- a date partition gets.
{{ config(partitioned_by=["year(created_at)"]) }}

with campaigns as (

    select * from {{ ref('stg_acme_streaming_data__campaigns') }}
    where _key_reject_reason is null

),

-- Bronze holds a row per delivery; the latest state of a campaign is its newest updated_at.
ranked as (

    select
        *,
        {{ delivery_number('campaign_id') }} as delivery_number
    from campaigns

),

final as (

    select
        campaign_id,
        campaign_name,
        channel,
        title_id,
        status,
        budget_usd,
        start_date,
        end_date,
        created_at,
        updated_at,
        _source_path,
        _load_date
    from ranked
    where delivery_number = 1

)

select * from final
