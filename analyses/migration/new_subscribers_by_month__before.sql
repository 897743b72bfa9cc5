-- Subscriptions that began, by month and plan.
select
    substr(subscription_start_date, 1, 7) as start_month,
    plan,
    count(*) as subscribers
from {{ source('acme_streaming_data', 'customers') }}
where subscription_start_date <> ''
group by substr(subscription_start_date, 1, 7), plan
order by start_month, plan
