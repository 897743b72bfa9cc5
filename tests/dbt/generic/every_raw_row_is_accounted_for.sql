{#
    Row accounting of one column of a staging model: per load day, raw = parsed + empty + rejected.

    The raw rows are counted in the bronze table itself, the parsed and empty ones in the staging model, the
    rejected ones in the rejects table: a row lost or doubled on any of the ways shows up as a day that
    doesn't balance. Returns one row per such day.

    column_name: the typed column; its status is in _<column_name>_status.
    raw: the bronze table; source_table: its name in the rejects table's _source_table.
    rejects: the rejects table; load_date: 'path' or 'partitions', where the load day of a raw row is read.
    lookback_days: how many load days to check, counted back from the newest; none checks all.
#}
{% test every_raw_row_is_accounted_for(
    model, column_name, raw, source_table, rejects, load_date, lookback_days=none
) %}

{%- if load_date not in ("path", "partitions") -%}
    {{ exceptions.raise_compiler_error(
        "every_raw_row_is_accounted_for: load_date must be 'path' or 'partitions', got '" ~ load_date ~ "'"
    ) }}
{%- endif -%}
{%- set load_day = load_date_from_path('"$path"') if load_date == "path" else load_date_from_partitions() %}

with raw_days as (

    select
        {{ load_day }} as load_day,
        count(*) as raw_rows
    from {{ raw }}
    group by 1

),

staged_days as (

    select
        _load_date as load_day,
        count_if(_{{ column_name }}_status = 'parsed' and {{ column_name }} is not null) as parsed_rows,
        count_if(_{{ column_name }}_status = 'empty' and {{ column_name }} is null) as empty_rows
    from {{ model }}
    group by 1

),

rejected_days as (

    select
        _load_date as load_day,
        sum(occurrences) as rejected_rows
    from {{ rejects }}
    where _source_table = '{{ source_table }}' and column_name = '{{ column_name }}'
    group by 1

),

-- One side at a time: a day that only one of them knows must not vanish in a join.
entries as (

    select load_day, raw_rows, 0 as parsed_rows, 0 as empty_rows, 0 as rejected_rows from raw_days
    union all
    select load_day, 0, parsed_rows, empty_rows, 0 from staged_days
    union all
    select load_day, 0, 0, 0, rejected_rows from rejected_days

),

balances as (

    select
        load_day,
        sum(raw_rows) as raw_rows,
        sum(parsed_rows) as parsed_rows,
        sum(empty_rows) as empty_rows,
        sum(rejected_rows) as rejected_rows
    from entries
    group by load_day

)

select *
from balances
where
    raw_rows <> parsed_rows + empty_rows + rejected_rows
    {%- if lookback_days is not none %}
    and load_day >= (select date_add('day', -{{ lookback_days | int }}, max(load_day)) from raw_days)
    {%- endif %}

{% endtest %}
