{#
    Row accounting of a staging model: per time column and load day, raw = parsed + empty + rejected.

    The raw rows are counted in the bronze table itself, the parsed and empty ones in the staging model, the
    rejected ones in rejected_rows: a row that is lost or doubled between them shows up as a day that doesn't
    balance. A parsed row counts only with a time inside [earliest, latest), an empty one only
    without a time, so a typed column can hold no invalid time either. Returns one row per column and day
    that doesn't balance; reads each table once.

    source_table: the bronze table, as in staged_sources(), which has its time columns and where a raw row's
    load day is read.
    earliest, latest: texts that cast to a timestamp.
#}
{% test every_raw_row_is_accounted_for(model, source_table, earliest="1900-01-01", latest="2100-01-01") %}

{%- set staged = staged_source(source_table) -%}
{%- set columns = staged.columns | list -%}
{%- set source_name, table_name = source_table.split(".") -%}
{%- set load_day = load_date_from_path('"$path"') if staged.day_directories else load_date_from_partitions() %}
{%- set first_day = first_tested_load_day(ref("int_rejects__captured"), [source_table]) %}
{%- set in_range = "between timestamp '" ~ earliest ~ "' and timestamp '" ~ latest ~ "' - interval '1' second" %}

with raw_days as (

    select
        {{ load_day }} as load_day,
        count(*) as raw_rows
    from {{ source(source_name, table_name) }}
    {%- if first_day %}
    where
        {{ load_day }} >= date '{{ first_day }}'
        {%- if staged.day_directories %}
        and "$path" >= '{{ source_location(source_table) }}/{{ first_day | replace("-", "/") }}/'
        {%- endif %}
    {%- endif %}
    group by 1

),

staged_days as (

    select
        _load_date as load_day
        {%- for column in columns %},
        count_if(_{{ column }}_status = 'parsed' and {{ column }} {{ in_range }}) as {{ column }}_parsed,
        count_if(_{{ column }}_status = 'empty' and {{ column }} is null) as {{ column }}_empty
        {%- endfor %}
    from {{ model }}
    {%- if first_day %}
    where
        _load_date >= date '{{ first_day }}'
        {%- if staged.day_directories %}
        and _source_path >= '{{ source_location(source_table) }}/{{ first_day | replace("-", "/") }}/'
        {%- endif %}
    {%- endif %}
    group by 1

),

-- One side at a time: a day that only one of them knows must not vanish in a join.
entries as (

    select column_name, load_day, raw_rows, 0 as parsed_rows, 0 as empty_rows, 0 as rejected_rows
    from raw_days
    cross join unnest(array['{{ columns | join("', '") }}']) as accounted (column_name)
    union all
    select column_name, load_day, 0, parsed_rows, empty_rows, 0
    from staged_days
    cross join unnest(
        array['{{ columns | join("', '") }}'],
        array[{{ columns | join("_parsed, ") }}_parsed],
        array[{{ columns | join("_empty, ") }}_empty]
    ) as accounted (column_name, parsed_rows, empty_rows)
    union all
    select column_name, _load_date, 0, 0, 0, occurrences
    from {{ ref("rejected_rows") }}
    where _source_table = '{{ source_table }}' and column_name in ('{{ columns | join("', '") }}')

),

balances as (

    select
        column_name,
        load_day,
        sum(raw_rows) as raw_rows,
        sum(parsed_rows) as parsed_rows,
        sum(empty_rows) as empty_rows,
        sum(rejected_rows) as rejected_rows
    from entries
    group by column_name, load_day

)

select *
from balances
where
    raw_rows <> parsed_rows + empty_rows + rejected_rows
    {%- if first_day %}
    and load_day >= date '{{ first_day }}'
    {%- endif %}

{% endtest %}
