{#
    The load days that hold a reject which parses by now, as date literals: days whose counts have changed
    since they were counted. [] on a first build, a full refresh and while parsing.
#}
{% macro load_days_with_learned_formats() %}
    {%- set days = [] -%}
    {%- if execute and is_incremental() -%}
        {%- set learned -%}
            select distinct cast(_load_date as varchar)
            from {{ ref("int_rejects__reread") }}
            where reread_at is not null and _load_date is not null
        {%- endset -%}
        {%- for row in run_query(learned) -%}
            {%- do days.append("date '" ~ row[0] ~ "'") -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(days) }}
{% endmacro %}
