{{ config(alias="campaigns_compat") }}

select
    campaign_id,
    campaign_name,
    channel,
    title_id,
    status,
    cast(budget_usd as double) as budget_usd,
    cast(start_date as varchar) as start_date,
    cast(end_date as varchar) as end_date,
    cast(created_at as varchar) as created_at,
    cast(updated_at as varchar) as updated_at
from {{ ref('dim_campaigns') }}
