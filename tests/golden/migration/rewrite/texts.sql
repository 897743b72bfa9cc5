-- case: the day as text, shown and grouped
-- view: works
select substr(event_timestamp, 1, 10) as event_day, count(*) as num_events
from acme_telemetry.telemetry group by substr(event_timestamp, 1, 10) order by event_day
-- becomes
select date_format(event_timestamp, '%Y-%m-%d') as event_day, count(*) as num_events
from acme_telemetry.telemetry_v2 group by date_format(event_timestamp, '%Y-%m-%d') order by event_day

-- case: the day as text, compared
-- view: works
select count(*) from acme_telemetry.telemetry
where substr(event_timestamp, 1, 10) in ('2025-08-11', '2025-08-13') and substring(event_timestamp, 1, 10) <= '2025-08-12'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where cast(event_timestamp as date) in (date '2025-08-11', date '2025-08-13')
    and cast(event_timestamp as date) <= date '2025-08-12'

-- case: the month as text
-- view: works
select substr(updated_at, 1, 7) as changed_month, count(*) from acme_streaming_data.customers
where substr(updated_at, 1, 7) >= '2025-01' group by 1
-- becomes
select date_format(updated_at, '%Y-%m') as changed_month, count(*) from acme_streaming_data.customers_v2
where date_trunc('month', updated_at) >= timestamp '2025-01-01 00:00:00' group by 1

-- case: the hour of a day stays text
-- view: works
select count(*) from acme_telemetry.telemetry where substr(event_timestamp, 12, 2) in ('06', '07') or substr(event_timestamp, 12, 5) > '22:30'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where date_format(event_timestamp, '%H') in ('06', '07') or date_format(event_timestamp, '%H:%i') > '22:30'

-- case: a day that is cut at the T
-- view: fails
select count(*) from acme_telemetry.telemetry
where split_part(event_timestamp, 'T', 1) = '2025-08-12' or split(event_timestamp, 'T')[1] = '2025-08-13'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where cast(event_timestamp as date) = date '2025-08-12' or cast(event_timestamp as date) = date '2025-08-13'

-- case: a day that a pattern finds
-- view: works
select regexp_extract(event_timestamp, '^[0-9]{4}-[0-9]{2}-[0-9]{2}') as date_part, count(*) as num_events
from acme_telemetry.telemetry group by 1 order by 2 desc, 1
-- becomes
select date_format(event_timestamp, '%Y-%m-%d') as date_part, count(*) as num_events
from acme_telemetry.telemetry_v2 group by 1 order by 2 desc, 1

-- case: today as text
-- view: works
select count(*) from acme_telemetry.telemetry where substr(event_timestamp, 1, 10) < cast(current_date as varchar)
-- becomes
select count(*) from acme_telemetry.telemetry_v2 where cast(event_timestamp as date) < current_date

-- case: the text put together
-- view: works
select max(device_type || ' ' || substr(event_timestamp, 1, 10)) as label from acme_telemetry.telemetry
-- becomes
select max(device_type || ' ' || date_format(event_timestamp, '%Y-%m-%d')) as label from acme_telemetry.telemetry_v2

-- case: a pattern on the whole text
-- refused: works on the text of event_timestamp
select count(*) from acme_telemetry.telemetry where regexp_like(event_timestamp, 'Z$')

-- case: the length of the text
-- refused: works on the text of event_timestamp
select event_timestamp, length(event_timestamp) as ts_length, count(*) as num_events
from acme_telemetry.telemetry group by event_timestamp, length(event_timestamp) limit 10

-- case: the text put together with another
-- refused: works on the text of event_timestamp
select event_id || event_timestamp from acme_telemetry.telemetry

-- case: a text instead of a missing time
-- refused: chooses between a time and another text
select coalesce(subscription_end_date, 'open') from acme_streaming_data.customers

-- case: half of a year
-- refused: half of a part
select substr(event_timestamp, 1, 3) from acme_telemetry.telemetry

-- case: an array of texts
-- refused: works on the text
select array_join(array_agg(event_timestamp), ',') from acme_telemetry.telemetry

-- case: a lag with a text for the first row
-- refused: chooses between a time and another text
select lag(event_timestamp, 1, '') over (order by event_timestamp) from acme_telemetry.telemetry
