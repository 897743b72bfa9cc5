{#
    What an incremental run reads: the files that arrived on or after a load day, per source table.

    load_watermarks asks the model's own table for the newest load day it holds of each source table and
    goes back `lookback_days` from there, so that a file which arrives late into a recent day is read too.
    It returns {source table: first load day to read, as text}; {} on a first build, a full refresh and
    while parsing. A source table that isn't in it is read whole: a source that fell silent, or is new,
    loses nothing; so is a file whose path tells no day.

    arrived_since writes the filter of one source table, "true" where all is to be read. On a table that
    is not partitioned only the path can be pruned before a file is opened, so the path is compared as well:
    give its relation.

    watermarks: what load_watermarks returned; source_table: 'database.table' as in _source_table;
    directories_of: the relation whose files lie in <location>/yyyy/mm/dd/, or none.
#}
{% macro load_watermarks() %}
    {%- set watermarks = {} -%}
    {%- if execute and is_incremental() -%}
        {%- set lookback_days = var("lookback_days") | int -%}
        {%- set newest -%}
            select _source_table, cast(date_add('day', -{{ lookback_days }}, max(_load_date)) as varchar)
            from {{ this }}
            where _load_date is not null
            group by _source_table
        {%- endset -%}
        {%- for row in run_query(newest) -%}
            {%- do watermarks.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(watermarks) }}
{% endmacro %}


{% macro arrived_since(watermarks, source_table, directories_of=none) -%}
    {%- set first_day = watermarks.get(source_table) -%}
    {%- if not first_day -%}
        true
    {%- else -%}
        (_load_date >= date '{{ first_day }}' or _load_date is null)
        {%- if directories_of is not none -%}
            {%- set location = adapter.get_glue_table_location(directories_of) %}
            and _source_path >= '{{ location.rstrip("/") }}/{{ first_day | replace("-", "/") }}/'
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
