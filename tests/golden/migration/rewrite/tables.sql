-- case: nothing but the name
-- view: works
select event_type, count(*) from acme_telemetry.telemetry group by event_type
-- becomes
select event_type, count(*) from acme_telemetry.telemetry_v2 group by event_type

-- case: columns that are qualified by the table's name keep it
-- view: works
select telemetry.event_type, count(*) from acme_telemetry.telemetry
where acme_telemetry.telemetry.event_timestamp >= '2025-08-12' group by telemetry.event_type
-- becomes
select telemetry.event_type, count(*) from acme_telemetry.telemetry_v2 as telemetry
where telemetry.event_timestamp >= timestamp '2025-08-12 00:00:00' group by telemetry.event_type

-- case: names in quotes and capitals, with the catalog
-- view: works
SELECT COUNT(*) FROM "awsdatacatalog"."acme_telemetry"."Telemetry" T WHERE CAST(T.Event_Timestamp AS TIMESTAMP) IS NOT NULL
-- becomes
SELECT COUNT(*) FROM "awsdatacatalog".acme_telemetry.telemetry_v2 AS T WHERE T.Event_Timestamp IS NOT NULL

-- case: a star is written out, because the new table has more columns
-- view: works
select * from (select * from acme_streaming_data.titles where cast(release_date as date) >= date '2024-01-01') as t
order by title_id limit 3
-- becomes
select * from (
    select title_id, title_name, title_type, genre, rating, duration_seconds, release_date, created_at, updated_at
    from acme_streaming_data.titles_v2 where release_date >= date '2024-01-01'
) as t
order by title_id limit 3

-- case: the file of a row is a column now
-- view: fails
select count(distinct "$path") from acme_telemetry.telemetry where "$path" like '%/2025/08/12/%'
-- becomes
select count(distinct _source_path) from acme_telemetry.telemetry_v2 where _source_path like '%/2025/08/12/%'

-- case: partition columns are still there
-- view: works
select count(*) from acme_telemetry.video_telemetry_json
where year = 2025 and month = 8 and day in (11, 12) and cast(event_timestamp as timestamp) < timestamp '2025-08-12 12:00:00'
-- becomes
select count(*) from acme_telemetry.video_telemetry_json_v2
where year = 2025 and month = 8 and day in (11, 12) and event_timestamp < timestamp '2025-08-12 12:00:00'

-- case: a column of another type in the new table is cast back
-- view: works
select quality, avg(completion_percentage) as completion from acme_telemetry.telemetry
where completion_percentage > 12.5 group by quality
-- becomes
select quality, avg(cast(completion_percentage as double)) as completion from acme_telemetry.telemetry_v2
where cast(completion_percentage as double) > 12.5 group by quality

-- case: a view over the old table
-- unexecuted
create or replace view marketing.starts as
select event_id, cast(event_timestamp as timestamp) as started_at from acme_telemetry.telemetry where event_type = 'start'
-- becomes
create or replace view marketing.starts as
select event_id, event_timestamp as started_at from acme_telemetry.telemetry_v2 where event_type = 'start'

-- case: an unload
-- unexecuted
UNLOAD (select event_id from acme_telemetry.telemetry where event_timestamp >= '2025-08-13')
TO 's3://bucket/prefix/' WITH (format = 'PARQUET')
-- becomes
unload (select event_id from acme_telemetry.telemetry_v2 where event_timestamp >= timestamp '2025-08-13 00:00:00')
TO 's3://bucket/prefix/' WITH (format = 'PARQUET')

-- case: an insert of a time where a text was
-- refused: is its column a time?
insert into marketing.starts select event_id, event_timestamp from acme_telemetry.telemetry

-- case: an insert into what becomes a view
-- refused: the name becomes a view
insert into acme_telemetry.telemetry select * from other.events

-- case: a delete
-- refused: the name becomes a view
delete from acme_telemetry.telemetry where event_timestamp < '2025'

-- case: partitions of what becomes a view
-- refused: not a query
msck repair table acme_telemetry.video_telemetry_json

-- case: renamed columns
-- refused: renamed in FROM
select a from acme_telemetry.telemetry as t (a, b)

-- case: a pattern over rows
-- refused: is not followed
select * from acme_telemetry.telemetry match_recognize (
    partition by session_id order by event_timestamp
    measures a.event_timestamp as t one row per match pattern (a) define a as a.event_type = 'start'
)
