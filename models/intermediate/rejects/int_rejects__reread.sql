-- Each captured reject read again with today's macros, by what its source declares: the one place that
-- says whether a value is still rejected.
{%- set declared = {} -%}
{%- for staged in staged_sources() -%}
    {%- set source_name, table_name = staged.source_table.split(".") -%}
    {%- for column, times in declared_times(source_name, table_name, staged.columns).items() -%}
        {%- set key = times | tojson -%}
        {%- do declared.setdefault(key, {"times": times, "columns": []}) -%}
        {%- do declared[key]["columns"].append(staged.source_table ~ "." ~ column) -%}
    {%- endfor -%}
{%- endfor %}

with captured as (

    select
        captured.*,
        concat(_source_table, '.', column_name) as qualified_column
    from {{ ref('int_rejects__captured') }} as captured
    where captured.column_name is not null

),

{% for group in declared.values() -%}
declared_{{ loop.index }} as (

    select
        captured.*,
        {{ parse_timestamp('captured.raw_value', **group.times) }} as reread_at,
        {{ timestamp_reject_reason('captured.raw_value', **group.times) }} as reread_reason
    from captured
    where captured.qualified_column in ('{{ group.columns | join("', '") }}')

),

{% endfor -%}
-- A row without its key has no reading that would help: it stays rejected for the reason it had.
without_key as (

    select
        captured.*,
        cast(null as timestamp(6)) as reread_at,
        captured.reject_reason as reread_reason
    from captured
    where captured.reject_reason = 'missing_key'

),

final as (

    {% for group in declared.values() -%}
    select * from declared_{{ loop.index }}
    union all
    {% endfor -%}
    select * from without_key

)

select * from final
