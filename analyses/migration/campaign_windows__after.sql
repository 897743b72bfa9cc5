-- Starts of the title that a campaign advertises, inside the campaign's days.
select
    campaigns.campaign_id,
    campaigns.channel,
    count(*) as starts,
    count(distinct events.customer_id) as viewers
from {{ ref('telemetry_v2') }} as events
inner join acme_streaming_data.campaigns_v2 as campaigns
    on
        events.title_id = campaigns.title_id
        and events.event_timestamp >= campaigns.start_date
        and events.event_timestamp < campaigns.end_date
where events.event_type = 'start'
group by campaigns.campaign_id, campaigns.channel
order by starts desc, campaigns.campaign_id asc
