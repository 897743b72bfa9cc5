{#
    A raw row as one JSON object of texts, so that a row of any table can be kept whole:
    {"event_id": "EVENT_1", "position_seconds": "900", ...}; NULL stays null.

    columns: the names of the row's columns, a list of at least one.
#}
{% macro row_as_json(columns) -%}
    {%- if columns is string or not columns -%}
        {{ exceptions.raise_compiler_error("row_as_json: columns must be a list of names, got " ~ columns) }}
    {%- endif -%}
    json_format(cast(map(
        array[{% for column in columns %}'{{ column }}'{{ ", " if not loop.last }}{% endfor %}],
        array[{% for column in columns %}cast({{ column }} as varchar){{ ", " if not loop.last }}{% endfor %}]
    ) as json))
{%- endmacro %}
