{#
    What dbt casts the literals of a unit test with. Glue knows one timestamp type and dbt-athena reads it as
    timestamp(3); the project's timestamps hold microseconds, and so must those of a test.

    field: an SQL expression; type: the column's type as the adapter reports it.
#}
{% macro athena__safe_cast(field, type) -%}
    try_cast({{ field }} as {{ "timestamp(6)" if type | lower == "timestamp" else type }})
{%- endmacro %}
