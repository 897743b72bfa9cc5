{#
    The time columns of a source, for the select list of a staging model that reads the raw rows: each as the
    date or timestamp that its text stands for, NULL where it stands for none, and the text itself as
    _<column>_text.

    times: what declared_times returned.

    parsed_times({"created_at": {"type": "timestamp", "zone": "UTC", "formats": []}}) writes
        case ... end as created_at,
        created_at as _created_at_text
#}
{% macro parsed_times(times) -%}
    {{- _check_times("parsed_times", times) -}}
    {%- for column, time in times.items() -%}
        {%- if time.type == "date" -%}
        {{ parse_date(column, time.zone, time.formats) | indent(4) }} as {{ column }},
        {%- else -%}
        {{ parse_timestamp(column, time.zone, time.formats) | indent(4) }} as {{ column }},
        {%- endif %}
        {{ column }} as _{{ column }}_text
        {{- ",\n        " if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}


{#- What parsed_times and time_statuses refuse at compile time. -#}
{% macro _check_times(macro_name, times) -%}
    {%- set untyped = times.values() | rejectattr("type", "in", ["date", "timestamp"]) | list if times is mapping -%}
    {%- if not times or times is not mapping or untyped -%}
        {{ exceptions.raise_compiler_error(
            macro_name ~ ": times must be what declared_times returns, {column: {type, zone, formats}} with type"
            ~ " 'date' or 'timestamp', not " ~ times
        ) }}
    {%- endif -%}
{%- endmacro %}
