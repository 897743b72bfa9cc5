-- case: a day begins with its midnight
-- view: works
select count(*) from acme_telemetry.telemetry where event_timestamp >= '2025-08-12' and event_timestamp < '2025-08-13'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp >= timestamp '2025-08-12 00:00:00' and event_timestamp < timestamp '2025-08-13 00:00:00'

-- case: every time of a day is greater than the day as text
-- view: works
select count(*) from acme_telemetry.telemetry where event_timestamp > '2025-08-12'
-- becomes
select count(*) from acme_telemetry.telemetry_v2 where event_timestamp >= timestamp '2025-08-12 00:00:00'

-- case: no time of a day is less than or equal to the day as text
-- view: works
select count(*) from acme_telemetry.telemetry where event_timestamp <= '2025-08-12'
-- becomes
select count(*) from acme_telemetry.telemetry_v2 where event_timestamp < timestamp '2025-08-12 00:00:00'

-- case: between two days left out the last one, and does
-- view: works
select count(*) from acme_telemetry.telemetry where not event_timestamp between '2025-08-11' and '2025-08-12' or event_type = 'start'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where not (event_timestamp >= timestamp '2025-08-11 00:00:00' and event_timestamp < timestamp '2025-08-12 00:00:00')
    or event_type = 'start'

-- case: the literal on the other side
-- view: works
select count(*) from acme_telemetry.telemetry where '2025-08-12 06:00' < event_timestamp
-- becomes
select count(*) from acme_telemetry.telemetry_v2 where event_timestamp >= timestamp '2025-08-12 06:00:00'

-- case: a literal with T and Z is the time it names
-- view: fails
select count(*) from acme_telemetry.telemetry where event_timestamp >= '2025-08-12T12:00:00Z'
-- becomes
select count(*) from acme_telemetry.telemetry_v2 where event_timestamp >= timestamp '2025-08-12 12:00:00'

-- case: a literal with an offset
-- view: fails
select count(*) from acme_telemetry.telemetry where event_timestamp < '2025-08-12T12:00:00+02:00'
-- becomes
select count(*) from acme_telemetry.telemetry_v2 where event_timestamp < timestamp '2025-08-12 10:00:00'

-- case: dates are as long as the literal
-- view: works
select count(*) from acme_streaming_data.customers where subscription_start_date <= '2025-01-31' and subscription_start_date <> '2024-12-24'
-- becomes
select count(*) from acme_streaming_data.customers_v2
where subscription_start_date <= date '2025-01-31' and subscription_start_date <> date '2024-12-24'

-- case: dates between and in
-- view: works
select count(*) from acme_streaming_data.titles
where release_date between '2020-01-01' and '2024-12-31' or release_date in ('2019-01-01', '2018-02-02')
-- becomes
select count(*) from acme_streaming_data.titles_v2
where release_date between date '2020-01-01' and date '2024-12-31'
    or release_date in (date '2019-01-01', date '2018-02-02')

-- case: a month of dates, as text
-- view: works
select count(*) from acme_streaming_data.titles where release_date >= '2024' and release_date < '2025-03'
-- becomes
select count(*) from acme_streaming_data.titles_v2
where release_date >= date '2024-01-01' and release_date < date '2025-03-01'

-- case: what stood for nothing is NULL
-- view: works
select count(*) from acme_streaming_data.customers where subscription_end_date <> '' and subscription_end_date is not null
-- becomes
select count(*) from acme_streaming_data.customers_v2
where subscription_end_date is not null and subscription_end_date is not null

-- case: and is found as NULL only
-- view: fails
select count(*) from acme_streaming_data.customers where subscription_end_date = ''
-- becomes
select count(*) from acme_streaming_data.customers_v2 where subscription_end_date is null

-- case: like of a day, and not like of a month
-- view: works
select count(*) from acme_telemetry.telemetry where event_timestamp like '2025-08-12%' and event_timestamp not like '2025-09-%'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp >= timestamp '2025-08-12 00:00:00' and event_timestamp < timestamp '2025-08-13 00:00:00'
    and not (event_timestamp >= timestamp '2025-09-01 00:00:00' and event_timestamp < timestamp '2025-10-01 00:00:00')

-- case: half of a part does not begin a time
-- refused: begin a time
select count(*) from acme_telemetry.telemetry where event_timestamp like '2025-08-1%'

-- case: like of an hour with its T
-- view: fails
select count(*) from acme_telemetry.telemetry where event_timestamp like '2025-08-12T20:%'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp >= timestamp '2025-08-12 20:00:00' and event_timestamp < timestamp '2025-08-12 21:00:00'

-- case: a text that the query makes of a date
-- view: works
select count(*) from acme_streaming_data.customers
where subscription_start_date > cast(date '2025-08-13' - interval '90' day as varchar)
-- becomes
select count(*) from acme_streaming_data.customers_v2
where subscription_start_date > date '2025-08-13' - interval '90' day

-- case: a text that the query formats
-- view: works
select count(*) from acme_telemetry.telemetry
where event_timestamp >= date_format(timestamp '2025-08-13 12:34:56' - interval '1' day, '%Y-%m-%d')
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp >= cast(timestamp '2025-08-13 12:34:56' - interval '1' day as date)

-- case: times between dates of another table
-- view: works
select c.campaign_id, count(*) from acme_streaming_data.campaigns c
join acme_telemetry.telemetry t on t.event_timestamp between c.start_date and c.end_date group by 1
-- becomes
select c.campaign_id, count(*) from acme_streaming_data.campaigns_v2 c
join acme_telemetry.telemetry_v2 t on t.event_timestamp >= c.start_date and t.event_timestamp < c.end_date group by 1

-- case: times of two tables
-- view: works
select count(*) from acme_telemetry.telemetry a join acme_streaming_data.telemetry b
on a.event_id = b.event_id and a.event_timestamp = b.event_timestamp
-- becomes
select count(*) from acme_telemetry.telemetry_v2 a join acme_streaming_data.telemetry_v2 b
on a.event_id = b.event_id and a.event_timestamp = b.event_timestamp

-- case: a time and a whole day are never equal as texts
-- refused: was a range meant?
select count(*) from acme_telemetry.telemetry where event_timestamp = '2025-08-13'

-- case: a literal that is not a time
-- refused: is not a time
select count(*) from acme_telemetry.telemetry where event_timestamp > 'yesterday'

-- case: an impossible day
-- refused: is not a time
select count(*) from acme_telemetry.telemetry where event_timestamp > '2025-02-30'

-- case: a parameter whose text isn't known
-- refused: pass a time, not a text
select count(*) from acme_telemetry.telemetry where event_timestamp >= ?

-- case: a text of another table
-- refused: whose text isn't known
select count(*) from acme_telemetry.telemetry t join other.windows w on t.event_timestamp >= w.begins

-- case: a literal with a T sorts behind the view's blank
-- view: fails
select count(*) from acme_telemetry.telemetry where event_timestamp < '2025-08-12T12:00'
-- becomes
select count(*) from acme_telemetry.telemetry_v2 where event_timestamp < timestamp '2025-08-12 12:00:00'
