-- case: a zone that is printed
-- iso: same
select max(cast(from_iso8601_timestamp(event_timestamp) as varchar)) as x
from acme_telemetry.telemetry
-- becomes
select max(cast(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC') as varchar)) as x
from acme_telemetry.telemetry_v2

-- case: a zone that is printed within a text
-- iso: same
select max(event_id || ' at ' || cast(from_iso8601_timestamp(event_timestamp) as varchar)) as x
from acme_telemetry.telemetry
-- becomes
select max(event_id || ' at ' || cast(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC') as varchar)) as x
from acme_telemetry.telemetry_v2

-- case: iso8601 of a zoned time ends in Z
-- iso: same
select max(to_iso8601(from_iso8601_timestamp(event_timestamp))) as x
from acme_telemetry.telemetry
-- becomes
select max(to_iso8601(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC'))) as x
from acme_telemetry.telemetry_v2

-- case: the name of a type
-- iso: same
select distinct typeof(from_iso8601_timestamp(event_timestamp)) as x
from acme_telemetry.telemetry
-- becomes
select distinct typeof(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC')) as x
from acme_telemetry.telemetry_v2

-- case: a printed sum keeps zone and digits
-- iso: same
select max(cast(from_iso8601_timestamp(event_timestamp) + interval '90' minute as varchar)) as x
from acme_telemetry.telemetry
-- becomes
select max(cast(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC') + interval '90' minute as varchar)) as x
from acme_telemetry.telemetry_v2

-- case: the hour of an offset
-- iso: same
select distinct timezone_hour(from_iso8601_timestamp(event_timestamp)) as a, extract(timezone_minute from from_iso8601_timestamp(event_timestamp)) as b
from acme_telemetry.telemetry
-- becomes
select distinct timezone_hour(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC')) as a, extract(timezone_minute from with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC')) as b
from acme_telemetry.telemetry_v2

-- case: a pattern of Joda with the zone
-- iso: same
select max(format_datetime(from_iso8601_timestamp(event_timestamp), 'yyyy-MM-dd HH:mm ZZ')) as x
from acme_telemetry.telemetry
-- becomes
select max(format_datetime(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC'), 'yyyy-MM-dd HH:mm ZZ')) as x
from acme_telemetry.telemetry_v2

-- case: a row as JSON
-- view: works
select max(json_format(cast(row(cast(event_timestamp as timestamp)) as json))) as x
from acme_telemetry.telemetry
-- becomes
select max(json_format(cast(row(cast(event_timestamp as timestamp(3))) as json))) as x
from acme_telemetry.telemetry_v2

-- case: format prints a zone
-- iso: same
select max(format('%s', from_iso8601_timestamp(event_timestamp))) as x
from acme_telemetry.telemetry
-- becomes
select max(format('%s', with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC'))) as x
from acme_telemetry.telemetry_v2

-- case: texts put together with a separator
-- iso: same
select max(concat_ws(',', event_id, cast(from_iso8601_timestamp(event_timestamp) as varchar))) as x
from acme_telemetry.telemetry
-- becomes
select max(concat_ws(',', event_id, cast(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC') as varchar))) as x
from acme_telemetry.telemetry_v2

-- case: through a choice and its branches
-- iso: same
select max(case when event_type = 'start' then cast(coalesce(from_iso8601_timestamp(event_timestamp), current_timestamp) as varchar) else '' end) as x
from acme_telemetry.telemetry
-- becomes
select max(case when event_type = 'start' then cast(coalesce(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC'), current_timestamp) as varchar) else '' end) as x
from acme_telemetry.telemetry_v2

-- case: grouped by the printed text
-- iso: same
select cast(from_iso8601_timestamp(event_timestamp) as varchar) as x, count(*) as n
from acme_telemetry.telemetry group by cast(from_iso8601_timestamp(event_timestamp) as varchar)
-- becomes
select cast(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC') as varchar) as x, count(*) as n
from acme_telemetry.telemetry_v2 group by cast(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC') as varchar)

-- case: distinct times in their order
-- iso: same
select distinct date_format(from_iso8601_timestamp(event_timestamp), '%Y') as y, count(*) over () > 0 as n
from acme_telemetry.telemetry order by date_format(from_iso8601_timestamp(event_timestamp), '%Y')
-- becomes
select distinct date_format(event_timestamp, '%Y') as y, count(*) over () > 0 as n
from acme_telemetry.telemetry_v2 order by date_format(event_timestamp, '%Y')

-- case: what is grouped and ordered by is what comes out
-- unexecuted
select from_iso8601_timestamp(event_timestamp) as x, count(*) as n
from acme_telemetry.telemetry
group by from_iso8601_timestamp(event_timestamp) order by from_iso8601_timestamp(event_timestamp)
-- becomes
select with_timezone(event_timestamp, 'UTC') as x, count(*) as n
from acme_telemetry.telemetry_v2
group by with_timezone(event_timestamp, 'UTC') order by with_timezone(event_timestamp, 'UTC')

-- case: a list of times
-- iso: same
select array_join(array_sort(array_agg(from_iso8601_timestamp(event_timestamp))), ',') as x
from acme_telemetry.telemetry
-- becomes
select array_join(array_sort(array_agg(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC'))), ',') as x
from acme_telemetry.telemetry_v2

-- case: nanoseconds are printed with their zeros
-- iso: same
select max(cast(from_iso8601_timestamp_nanos(event_timestamp) as varchar)) as x
from acme_telemetry.telemetry
-- becomes
select max(cast(with_timezone(cast(event_timestamp as timestamp(9)), 'UTC') as varchar)) as x
from acme_telemetry.telemetry_v2

-- case: a zone that a cast leaves out
-- iso: same
select max(cast(cast(from_iso8601_timestamp(event_timestamp) as timestamp) as varchar)) as x
from acme_telemetry.telemetry
-- becomes
select max(cast(cast(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)) as timestamp) as varchar)) as x
from acme_telemetry.telemetry_v2

-- case: the day of a printed time
-- iso: same
select distinct substr(cast(from_iso8601_timestamp(event_timestamp) as varchar), 1, 10) as x, split_part(to_iso8601(from_iso8601_timestamp(event_timestamp)), 'T', 1) as y
from acme_telemetry.telemetry
-- becomes
select distinct substr(cast(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC') as varchar), 1, 10) as x, split_part(to_iso8601(with_timezone(cast(date_trunc('millisecond', event_timestamp) as timestamp(3)), 'UTC')), 'T', 1) as y
from acme_telemetry.telemetry_v2

-- case: a day is the same with a zone and without
-- iso: same
select distinct date(from_iso8601_timestamp(event_timestamp)) as x, hour(from_iso8601_timestamp(event_timestamp)) as h, date_format(from_iso8601_timestamp(event_timestamp), '%H:%i') as m
from acme_telemetry.telemetry
-- becomes
select distinct date(event_timestamp) as x, hour(event_timestamp) as h, date_format(event_timestamp, '%H:%i') as m
from acme_telemetry.telemetry_v2

-- case: a text that CAST cuts
-- iso: same
select cast(event_timestamp as varchar(10)) as x, count(*) as n
from acme_telemetry.telemetry group by 1
-- becomes
select date_format(event_timestamp, '%Y-%m-%d') as x, count(*) as n
from acme_telemetry.telemetry_v2 group by 1

-- case: a text cut after its microseconds
-- iso: same
select max(substr(event_timestamp, 12, 15)) as x
from acme_telemetry.telemetry
-- becomes
select max((date_format(event_timestamp, '%H:%i:%s.') || substring(cast(event_timestamp as varchar), 21))) as x
from acme_telemetry.telemetry_v2

-- case: the digits that CAST gave are printed
-- view: works
select max(cast(cast(event_timestamp as timestamp) as varchar)) as x
from acme_telemetry.telemetry
-- becomes
select max(cast(cast(event_timestamp as timestamp(3)) as varchar)) as x
from acme_telemetry.telemetry_v2

-- case: seconds that CAST rounds to
-- view: works
select count(distinct cast(event_timestamp as timestamp(0))) as x
from acme_telemetry.telemetry
-- becomes
select count(distinct cast(event_timestamp as timestamp(0))) as x
from acme_telemetry.telemetry_v2

-- case: the fraction of a cast
-- view: works
select max(date_format(cast(event_timestamp as timestamp), '%f')) as x
from acme_telemetry.telemetry
-- becomes
select max(date_format(cast(event_timestamp as timestamp(3)), '%f')) as x
from acme_telemetry.telemetry_v2

-- case: milliseconds within a list
-- view: works
select array_join(array_sort(array_agg(cast(event_timestamp as timestamp))), ',') as x
from acme_telemetry.telemetry
-- becomes
select array_join(array_sort(array_agg(cast(event_timestamp as timestamp(3)))), ',') as x
from acme_telemetry.telemetry_v2

-- case: a char of a text is not followed
-- refused: works on the text of event_timestamp
select cast(event_timestamp as char(10)) from acme_telemetry.telemetry
