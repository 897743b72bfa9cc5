-- Of the customers who subscribed when a month began: how many left in it.
select
    count(*) as active_at_start,
    count_if(cast(subscription_end_date as date) < date '2025-08-01' + interval '1' month) as left_in_month
from {{ source('acme_streaming_data', 'customers') }}
where
    cast(subscription_start_date as date) < date '2025-08-01'
    and (subscription_end_date is null or cast(subscription_end_date as date) >= date '2025-08-01')
