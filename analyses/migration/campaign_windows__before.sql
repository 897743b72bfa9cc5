-- Starts of the title that a campaign advertises, inside the campaign's days.
select
    campaigns.campaign_id,
    campaigns.channel,
    count(*) as starts,
    count(distinct events.customer_id) as viewers
from {{ source('acme_telemetry', 'telemetry') }} as events
inner join {{ source('acme_streaming_data', 'campaigns') }} as campaigns
    on
        events.title_id = campaigns.title_id
        and events.event_timestamp between campaigns.start_date and campaigns.end_date
where events.event_type = 'start'
group by campaigns.campaign_id, campaigns.channel
order by starts desc, campaigns.campaign_id asc
