{#
    'missing_key' where the key of a row is NULL or blank, else NULL. Such a row can't be distinguished
    from its copies, so it is kept with the rejects.

    column: the key column, text.
#}
{% macro key_reject_reason(column) -%}
    case when {{ column }} is null or trim({{ column }}) = '' then 'missing_key' end
{%- endmacro %}
