{%- set times = declared_times(
    "acme_streaming_data", "customers",
    ["subscription_start_date", "subscription_end_date", "created_at", "updated_at"],
) %}

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

        -- dates
        {{ parse_date('subscription_start_date', **times.subscription_start_date) }} as subscription_start_date,
        subscription_start_date as _subscription_start_date_text,
        {{ parse_date('subscription_end_date', **times.subscription_end_date) }} as subscription_end_date,
        subscription_end_date as _subscription_end_date_text,

        -- timestamps
        {{ parse_timestamp('created_at', **times.created_at) }} as created_at,
        created_at as _created_at_text,
        {{ parse_timestamp('updated_at', **times.updated_at) }} as updated_at,
        updated_at as _updated_at_text,

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
        {{ timestamp_status('_subscription_start_date_text', parsed='subscription_start_date', **times.subscription_start_date) }} as _subscription_start_date_status,
        {{ timestamp_reject_reason('_subscription_start_date_text', parsed='subscription_start_date', **times.subscription_start_date) }} as _subscription_start_date_reject_reason,
        {{ timestamp_status('_subscription_end_date_text', parsed='subscription_end_date', **times.subscription_end_date) }} as _subscription_end_date_status,
        {{ timestamp_reject_reason('_subscription_end_date_text', parsed='subscription_end_date', **times.subscription_end_date) }} as _subscription_end_date_reject_reason,
        {{ timestamp_status('_created_at_text', parsed='created_at', **times.created_at) }} as _created_at_status,
        {{ timestamp_reject_reason('_created_at_text', parsed='created_at', **times.created_at) }} as _created_at_reject_reason,
        {{ timestamp_status('_updated_at_text', parsed='updated_at', **times.updated_at) }} as _updated_at_status,
        {{ timestamp_reject_reason('_updated_at_text', parsed='updated_at', **times.updated_at) }} as _updated_at_reject_reason
    from typed

)

select * from final
