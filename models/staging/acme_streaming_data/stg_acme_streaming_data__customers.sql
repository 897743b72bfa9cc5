{%- set times = declared_times("acme_streaming_data.customers") %}

with source as (

    select
        raw.*,
        raw."$path" as _source_path
    from {{ source('acme_streaming_data', 'customers') }} as raw

),

typed as (

    select
        -- texts
        customer_id,
        email,
        first_name,
        last_name,
        plan,
        status,
        country,
        state,
        city,

        -- dates and timestamps, each with its text
        {{ parsed_times(times) }},

        -- bookkeeping
        {{ load_date_from_path('_source_path') }} as _load_date,
        _source_path,
        {{ row_as_json([
            'customer_id', 'email', 'first_name', 'last_name', 'plan', 'status', 'country',
            'state', 'city', 'subscription_start_date', 'subscription_end_date', 'created_at',
            'updated_at'
        ]) }} as _raw_row
    from source

),

final as (

    select
        *,
        {{ key_reject_reason('customer_id') }} as _key_reject_reason,
        {{ time_statuses(times) }}
    from typed

)

select * from final
