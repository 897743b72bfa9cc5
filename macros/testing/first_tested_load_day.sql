{#
    The first load day that a test of staged rows looks at, as text; none when it looks at all of them.

    Staging models are views over the raw files, so a test without a bound reads the whole history in every
    run. `--vars '{tested_load_days: 3}'` bounds it to the newest days that the build has read; the default, 0,
    tests everything.

    read_up_to: a relation that has _load_date by _source_table (int_rejects__captured);
    source_tables: as in staged_sources(), a list; the source that is furthest behind decides.
#}
{% macro first_tested_load_day(read_up_to, source_tables) %}
    {%- set days = var("tested_load_days", 0) | int -%}
    {%- if not execute or days <= 0 -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set newest -%}
        select cast(date_add('day', {{ 1 - days }}, min(newest)) as varchar)
        from (
            select max(_load_date) as newest
            from {{ read_up_to }}
            where _source_table in ('{{ source_tables | join("', '") }}')
            group by _source_table
        )
    {%- endset -%}
    {{ return(run_query(newest).rows[0][0]) }}
{% endmacro %}
