-- case: a cast to timestamp is the column itself
-- view: works
select count(distinct t.customer_id) as unique_viewers
from acme_telemetry.telemetry t
where CAST(t.event_timestamp AS timestamp) >= timestamp '2025-08-13 12:00:00' - INTERVAL '2' HOUR
  and t.event_type = 'start'
-- becomes
select count(distinct t.customer_id) as unique_viewers
from acme_telemetry.telemetry_v2 t
where t.event_timestamp >= timestamp '2025-08-13 12:00:00' - interval '2' hour
  and t.event_type = 'start'

-- case: so is a try_cast, and what asks whether it failed asks for NULL
-- view: works
select count(*) as rows_in, count(case when try_cast(event_timestamp as timestamp) is null then 1 end) as invalid
from acme_telemetry.telemetry
-- becomes
select count(*) as rows_in, count(case when event_timestamp is null then 1 end) as invalid
from acme_telemetry.telemetry_v2

-- case: from_iso8601_timestamp can't read the view's text
-- view: fails
select count(*) from acme_telemetry.telemetry
where from_iso8601_timestamp(event_timestamp) < timestamp '2025-08-13 00:00:00 UTC'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp < timestamp '2025-08-13 00:00:00 UTC'

-- case: its zone is kept where a zone matters
-- view: fails
select max(from_iso8601_timestamp(event_timestamp) at time zone 'Europe/Berlin') as newest
from acme_telemetry.telemetry
-- becomes
select max(at_timezone(with_timezone(event_timestamp, 'UTC'), 'Europe/Berlin')) as newest
from acme_telemetry.telemetry_v2

-- case: date of a text with a time never worked, nor does it in the view
-- view: fails
select date(event_timestamp) as event_date, count(*) as record_count
from acme_telemetry.telemetry group by 1
-- becomes
select cast(event_timestamp as date) as event_date, count(*) as record_count
from acme_telemetry.telemetry_v2 group by 1

-- case: try_cast to date gave NULL for every time, in silence
-- view: fails
select count(try_cast(event_timestamp as date)) from acme_telemetry.telemetry
-- becomes
select count(cast(event_timestamp as date)) from acme_telemetry.telemetry_v2

-- case: a date column is its own cast
-- view: works
select count(*) from acme_streaming_data.customers
where cast(subscription_start_date as date) < date '2025-01-01' and date(subscription_end_date) is null
-- becomes
select count(*) from acme_streaming_data.customers_v2
where subscription_start_date < date '2025-01-01' and subscription_end_date is null

-- case: date_parse of a day is a timestamp still
-- view: works
select max(date_parse(release_date, '%Y-%m-%d')) as newest from acme_streaming_data.titles
-- becomes
select max(cast(release_date as timestamp)) as newest from acme_streaming_data.titles_v2

-- case: date_parse of the sources' format, which the view doesn't have
-- view: fails
select count(*) from acme_telemetry.telemetry
where date_parse(event_timestamp, '%Y-%m-%dT%H:%i:%s.%fZ') >= timestamp '2025-08-12 00:00:00'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp >= timestamp '2025-08-12 00:00:00'

-- case: date_parse of the view's format
-- view: works
select count(*) from acme_telemetry.telemetry
where date_parse(event_timestamp, '%Y-%m-%d %H:%i:%s.%f') >= timestamp '2025-08-12 00:00:00'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp >= timestamp '2025-08-12 00:00:00'

-- case: text that is patched before the cast
-- view: works
select min(cast(replace(replace(event_timestamp, 'T', ' '), 'Z', '') as timestamp(6))) as oldest
from acme_telemetry.telemetry
-- becomes
select min(event_timestamp) as oldest from acme_telemetry.telemetry_v2

-- case: text that is cut before the cast is cut as a time
-- view: works
select cast(substr(event_timestamp, 1, 10) as date) as event_date,
    count(distinct cast(substr(event_timestamp, 1, 19) as timestamp(6))) as seconds
from acme_telemetry.telemetry group by 1
-- becomes
select cast(event_timestamp as date) as event_date, count(distinct date_trunc('second', event_timestamp)) as seconds
from acme_telemetry.telemetry_v2 group by 1

-- case: a chain of attempts is the column
-- view: works
select count(*) from acme_telemetry.telemetry
where coalesce(
    try_cast(event_timestamp as timestamp),
    try(date_parse(event_timestamp, '%Y-%m-%d %H:%i:%s.%f'))
) >= timestamp '2025-08-12 00:00:00'
-- becomes
select count(*) from acme_telemetry.telemetry_v2
where event_timestamp >= timestamp '2025-08-12 00:00:00'

-- case: a chain with a format of other rows
-- view: fails
select date_trunc('day', coalesce(
    try(from_iso8601_timestamp(event_timestamp)),
    try(date_parse(event_timestamp, '%Y/%m/%d %H:%i:%s'))
)) as event_day, count(*) from acme_telemetry.telemetry group by 1
-- becomes
select date_trunc('day', event_timestamp) as event_day, count(*) from acme_telemetry.telemetry_v2 group by 1

-- case: nullif of the text for nothing
-- view: works
select count(cast(nullif(event_timestamp, '') as timestamp)) from acme_telemetry.telemetry
-- becomes
select count(event_timestamp) from acme_telemetry.telemetry_v2

-- case: a part of the text as a number
-- view: works
select cast(substr(event_timestamp, 12, 2) as integer) as hour_of_day, count(*)
from acme_telemetry.telemetry group by 1
-- becomes
select cast(hour(event_timestamp) as integer) as hour_of_day, count(*)
from acme_telemetry.telemetry_v2 group by 1
