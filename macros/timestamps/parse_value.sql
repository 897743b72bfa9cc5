{#- The value of a type that a text stands for, or NULL: for an empty text, and for one that is not wholly a
    value of that type. Never raises, whatever the text. Blanks around are trimmed.

    CAST alone takes more than numbers for numbers: other scripts' digits, 1d, 0x1p3, Infinity, and NaN, which
    poisons every sum. A decimal is rounded to its scale, as CAST does, and NULL where it does not fit.

    (Not named safe_cast: dbt has a macro of that name, and its unit tests call it.)

    parse_value('budget', 'decimal(10,2)') on ' 12.50 ' gives 12.50

    column  the text, an SQL expression; another type is turned into text first
    type    boolean, tinyint, smallint, int, integer, bigint, real, double, decimal(p,s), date or timestamp; the
            last two are parse_date and parse_timestamp with their defaults -#}
{%- macro parse_value(column, type) -%}
    {{- _check_sql_argument('parse_value', 'column', column) -}}
    {%- set text = "cast(" ~ column ~ " as varchar)" -%}
    {%- set type_name = (type | string | lower | trim) -%}
    {%- if type_name in ['timestamp', 'timestamp(6)'] -%}
    {{ parse_timestamp(text) }}
    {%- elif type_name == 'date' -%}
    {{ parse_date(text) }}
    {%- elif type_name == 'boolean' -%}
    try_cast(
        {{ _trimmed(text) }} as boolean
    )
    {%- elif type_name in ['tinyint', 'smallint', 'int', 'integer', 'bigint'] -%}
    element_at(transform(
        array[{{ _trimmed(text) }}],
        v -> if(regexp_like(v, '\A[+-]?[0-9]+\z'), try_cast(v as {{ type_name }}))
    ), 1)
    {%- elif type_name in ['real', 'double'] -%}
    element_at(filter(transform(
        array[{{ _trimmed(text) }}],
        v -> if(
            regexp_like(v, '\A[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]{1,3})?\z'),
            try_cast(v as {{ type_name }})
        )
    ), v -> is_finite(v)), 1)
    {%- elif modules.re.fullmatch('decimal\\([0-9]{1,2}, ?[0-9]{1,2}\\)', type_name) -%}
    element_at(transform(
        array[{{ _trimmed(text) }}],
        v -> if(regexp_like(v, '\A[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)\z'), try_cast(v as {{ type_name }}))
    ), 1)
    {%- else -%}
    {{- exceptions.raise_compiler_error("parse_value: type must be boolean, an integer type, real, double, decimal(p,s), date or timestamp, not '" ~ type ~ "'.") -}}
    {%- endif -%}
{%- endmacro -%}
