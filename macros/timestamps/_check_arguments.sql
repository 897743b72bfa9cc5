{#- What the macros of this folder refuse at compile time. Each message starts with the macro that was called and
    ends with the value received, since dbt names only the model. -#}

{%- macro _check_sql_argument(macro_name, argument, value) -%}
    {%- if value is not string or not value | trim -%}
        {{- exceptions.raise_compiler_error(macro_name ~ ": " ~ argument ~ " must be an SQL expression as text, not '" ~ value ~ "'.") -}}
    {%- endif -%}
{%- endmacro -%}

{#- The names are checked against pytz, which dbt hands to every project: a misspelt zone would otherwise turn
    every text without a zone into a reject. -#}
{%- macro _check_timestamp_arguments(macro_name, column, zone, formats) -%}
    {{- _check_sql_argument(macro_name, 'column', column) -}}
    {%- if zone not in modules.pytz.all_timezones -%}
        {{- exceptions.raise_compiler_error(macro_name ~ ": zone must be an IANA name such as 'UTC' or 'Europe/Berlin', not '" ~ zone ~ "'.") -}}
    {%- endif -%}
    {%- if formats not in [[], ['dmy'], ['mdy']] -%}
        {{- exceptions.raise_compiler_error(macro_name ~ ": formats must be [], ['dmy'] or ['mdy'], not " ~ formats ~ ".") -}}
    {%- endif -%}
{%- endmacro -%}
