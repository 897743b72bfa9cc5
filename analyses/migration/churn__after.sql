-- Of the customers who subscribed when a month began: how many left in it.
select
    count(*) as active_at_start,
    count_if(subscription_end_date < date '2025-08-01' + interval '1' month) as left_in_month
from acme_streaming_data.customers_v2
where
    subscription_start_date < date '2025-08-01'
    and (subscription_end_date is null or subscription_end_date >= date '2025-08-01')
