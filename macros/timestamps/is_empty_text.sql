{#- Whether a text stands for no value: NULL, nothing but blanks, or one of the markers that exports write for
    it (null, none, n/a, nan, \n, - in any case). True or false, never NULL.

    is_empty_text('created_at') on ' N/A ' gives true

    column  the text, an SQL expression -#}
{%- macro is_empty_text(column) -%}
    {{- _check_sql_argument('is_empty_text', 'column', column) -}}
    coalesce(
        lower({{ _trimmed(column) }})
            in ('', 'null', 'none', 'n/a', 'nan', '\n', '-'),
        true
    )
{%- endmacro -%}
