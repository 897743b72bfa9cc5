{#
    The time columns of all staged sources, grouped by what their source declares of them: a list of
    {"times": the arguments of the timestamp macros, "columns": ["<source table>.<column>", ...]}.
#}
{% macro columns_by_declared_times() %}
    {%- set groups = {} -%}
    {%- for staged in staged_sources() -%}
        {%- for column, time in declared_times(staged.source_table).items() -%}
            {%- set times = {"zone": time.zone, "formats": time.formats} -%}
            {%- set group = groups.setdefault(times | tojson, {"times": times, "columns": []}) -%}
            {%- do group["columns"].append(staged.source_table ~ "." ~ column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(groups.values() | list) }}
{% endmacro %}
