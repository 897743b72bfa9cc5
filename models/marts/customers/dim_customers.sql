-- A dimension is small and read whole, so it is rebuilt in each run; it is partitioned by year, as coarse as
-- a date partition gets.
{{ config(partitioned_by=["year(created_at)"]) }}

with customers as (

    select * from {{ ref('stg_acme_streaming_data__customers') }}
    where _key_reject_reason is null

),

-- Bronze holds a row per delivery; the latest state of a customer is its newest updated_at.
ranked as (

    select
        *,
        {{ delivery_number('customer_id') }} as delivery_number
    from customers

),

final as (

    select
        customer_id,
        email,
        first_name,
        last_name,
        plan,
        status,
        country,
        state,
        city,
        subscription_start_date,
        subscription_end_date,
        created_at,
        updated_at,
        _source_path,
        _load_date
    from ranked
    where delivery_number = 1

)

select * from final
