{#
    What an incremental run reads: the files that arrived on or after a load day, per source table.

    load_watermarks asks the model's own table for the newest load day it holds of each source table and
    goes back `lookback_days` from there, so that a file which arrives late into a recent day is read too.
    It returns {source table: first load day to read, as text}; {} on a first build, a full refresh and
    while parsing. A source table that isn't in it is read whole: a source that fell silent, or is new,
    loses nothing; so is a file whose path tells no day.

    arrived_since writes the filter of one source table, "true" where all is to be read. On a table that
    is not partitioned only the path can be pruned before a file is opened, so the path is compared as well. On a
    partitioned one nothing may be added to the comparison: "or _load_date is null" alone makes the engine read
    every partition.

    watermarks: what load_watermarks returned; staged: an entry of staged_sources(); also: load days to read
    besides, a list of date literals.
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


{% macro arrived_since(watermarks, staged, also=[]) -%}
    {%- set first_day = watermarks.get(staged.source_table) -%}
    {%- if not first_day -%}
        true
    {%- else -%}
        (
            {%- if staged.day_directories -%}
            (_load_date >= date '{{ first_day }}' or _load_date is null)
            and _source_path >= '{{ source_location(staged.source_table) }}/{{ first_day | replace("-", "/") }}/'
            {%- else -%}
            _load_date >= date '{{ first_day }}'
            {%- endif -%}
            {%- if also %}
            or _load_date in ({{ also | join(", ") }})
            {%- endif -%}
        )
    {%- endif -%}
{%- endmacro %}


{# Where Glue says that the files of a source lie, without the slash at its end. #}
{% macro source_location(source_table) -%}
    {%- set node = graph.sources["source." ~ project_name ~ "." ~ source_table] -%}
    {%- set relation = api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.identifier
    ) -%}
    {{ adapter.get_glue_table_location(relation).rstrip("/") }}
{%- endmacro %}
