-- case: through a CTE
-- view: works
with starts as (
    select event_timestamp, customer_id from acme_telemetry.telemetry where event_type = 'start'
)
select date_trunc('hour', cast(event_timestamp as timestamp(6))) as hour_at, count(distinct customer_id) as viewers
from starts where event_timestamp >= '2025-08-12' group by 1
-- becomes
with starts as (
    select event_timestamp, customer_id from acme_telemetry.telemetry_v2 where event_type = 'start'
)
select date_trunc('hour', event_timestamp) as hour_at, count(distinct customer_id) as viewers
from starts where event_timestamp >= timestamp '2025-08-12 00:00:00' group by 1

-- case: a CTE that has cast already is left alone outside
-- view: works
with events as (
    select cast(event_timestamp as timestamp(6)) as event_at from acme_telemetry.telemetry
)
select count(*) from events where event_at > timestamp '2025-08-12 00:00:00' and cast(event_at as date) <> date '2025-08-13'
-- becomes
with events as (
    select event_timestamp as event_at from acme_telemetry.telemetry_v2
)
select count(*) from events where event_at > timestamp '2025-08-12 00:00:00' and cast(event_at as date) <> date '2025-08-13'

-- case: under another name, by the CTE's list of columns
-- view: works
with events (happened, who) as (select event_timestamp, customer_id from acme_telemetry.telemetry)
select count(distinct who) from events where cast(happened as timestamp(6)) < timestamp '2025-08-13 00:00:00'
-- becomes
with events (happened, who) as (select event_timestamp, customer_id from acme_telemetry.telemetry_v2)
select count(distinct who) from events where happened < timestamp '2025-08-13 00:00:00'

-- case: a CTE that has the old table's name is not the old table
-- view: works
with telemetry as (select event_id, 'x' as event_timestamp from acme_telemetry.telemetry)
select count(*) from telemetry where event_timestamp like '%x'
-- becomes
with telemetry as (select event_id, 'x' as event_timestamp from acme_telemetry.telemetry_v2)
select count(*) from telemetry where event_timestamp like '%x'

-- case: through a window in a subquery
-- view: works
select avg(date_diff('second', cast(previous as timestamp(6)), cast(event_timestamp as timestamp(6)))) as gap
from (
    select event_timestamp, lag(event_timestamp) over (partition by session_id order by event_timestamp) as previous
    from acme_telemetry.telemetry
) as ordered
-- becomes
select avg(date_diff('second', previous, event_timestamp)) as gap
from (
    select event_timestamp, lag(event_timestamp) over (partition by session_id order by event_timestamp) as previous
    from acme_telemetry.telemetry_v2
) as ordered

-- case: through min and max, in having
-- view: works
select session_id, min(case when event_type = 'start' then cast(event_timestamp as timestamp(6)) end) as started_at
from acme_telemetry.telemetry group by session_id having max(event_timestamp) > '2025-08-13' order by max(event_timestamp), session_id
-- becomes
select session_id, min(case when event_type = 'start' then event_timestamp end) as started_at
from acme_telemetry.telemetry_v2 group by session_id
having max(event_timestamp) >= timestamp '2025-08-13 00:00:00' order by max(event_timestamp), session_id

-- case: a scalar subquery
-- view: works
select count(*) from acme_telemetry.telemetry as t
where t.event_timestamp = (select max(i.event_timestamp) from acme_telemetry.telemetry as i)
-- becomes
select count(*) from acme_telemetry.telemetry_v2 as t
where t.event_timestamp = (select max(i.event_timestamp) from acme_telemetry.telemetry_v2 as i)

-- case: a correlated subquery of another table
-- view: works
select count(*) from acme_streaming_data.customers as c
where exists (
    select 1 from acme_telemetry.telemetry as t
    where t.customer_id = c.customer_id and cast(t.event_timestamp as timestamp(6)) > cast(c.created_at as timestamp(6))
)
-- becomes
select count(*) from acme_streaming_data.customers_v2 as c
where exists (
    select 1 from acme_telemetry.telemetry_v2 as t
    where t.customer_id = c.customer_id and t.event_timestamp > c.created_at
)

-- case: a union of old tables
-- view: works
select max(event_at) as newest from (
    select event_timestamp as event_at from acme_telemetry.telemetry
    union all
    select event_timestamp from acme_streaming_data.telemetry
) as events where cast(event_at as timestamp(6)) < timestamp '2025-08-13 00:00:00'
-- becomes
select max(event_at) as newest from (
    select event_timestamp as event_at from acme_telemetry.telemetry_v2
    union all
    select event_timestamp from acme_streaming_data.telemetry_v2
) as events where event_at < timestamp '2025-08-13 00:00:00'

-- case: columns that are called alike in a table that isn't migrated
-- unexecuted
select a.created_at, c.customer_id from other.accounts as a join acme_streaming_data.customers as c on a.id = c.customer_id
where a.created_at like '%x%' and c.created_at >= '2025'
-- becomes
select a.created_at, c.customer_id from other.accounts as a join acme_streaming_data.customers_v2 as c on a.id = c.customer_id
where a.created_at like '%x%' and c.created_at >= timestamp '2025-01-01 00:00:00'

-- case: a union with another text
-- refused: UNION
select event_timestamp from acme_telemetry.telemetry union all select note from other.notes

-- case: a name that could be of two tables
-- refused: write which
select count(*) from acme_streaming_data.customers
where exists (select 1 from other.logins where logins.customer_id = customers.customer_id and created_at > '2025')

-- case: times among texts
-- refused: for a time among texts
select count(*) from acme_telemetry.telemetry where event_timestamp in (select note from other.notes)

-- case: using a time of both tables
-- view: works
select count(*) from acme_telemetry.telemetry as a join acme_streaming_data.telemetry as b using (event_id, event_timestamp)
-- becomes
select count(*) from acme_telemetry.telemetry_v2 as a join acme_streaming_data.telemetry_v2 as b using (event_id, event_timestamp)

-- case: using a time and another text
-- refused: USING (event_timestamp)
select count(*) from acme_telemetry.telemetry as a join other.notes as b using (event_timestamp)

-- case: through a case
-- view: works
select session_id from acme_telemetry.telemetry group by session_id
having min(case when event_type = 'start' then event_timestamp when event_type = 'stop' then null end) >= '2025-08-12'
order by session_id
-- becomes
select session_id from acme_telemetry.telemetry_v2 group by session_id
having min(case when event_type = 'start' then event_timestamp when event_type = 'stop' then null end)
    >= timestamp '2025-08-12 00:00:00'
order by session_id
