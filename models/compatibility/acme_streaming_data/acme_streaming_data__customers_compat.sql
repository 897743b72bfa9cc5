{{ config(alias="customers_compat") }}

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
    cast(subscription_start_date as varchar) as subscription_start_date,
    cast(subscription_end_date as varchar) as subscription_end_date,
    cast(created_at as varchar) as created_at,
    cast(updated_at as varchar) as updated_at
from {{ ref('dim_customers') }}
