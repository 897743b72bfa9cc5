-- Subscriptions that began, by month and plan.
select
    date_format(subscription_start_date, '%Y-%m') as start_month,
    plan,
    count(*) as subscribers
from acme_streaming_data.customers_v2
where subscription_start_date is not null
group by date_format(subscription_start_date, '%Y-%m'), plan
order by start_month, plan
