{#- The timestamp(6) in UTC of a Unix time, or NULL. Never raises, whatever the text or number.

    Without a unit the digits before the point decide: 10 seconds, 13 milliseconds, 16 microseconds, 19
    nanoseconds. With a unit any count of digits is read in it. The instant must lie from 1970-01-01 on and
    before 2100-01-01; a negative number does not. A fraction is cut after the microsecond.

    parse_epoch('created') on 1755065326600 and on '1755065326.6' gives 2025-08-13 06:08:46.600000

    column  text or number, an SQL expression; a double has no digits below the microsecond
    unit    none, 'seconds', 'millis', 'micros' or 'nanos' -#}
{%- macro parse_epoch(column, unit=none) -%}
    {{- _check_sql_argument('parse_epoch', 'column', column) -}}
    {%- if unit not in [none, 'seconds', 'millis', 'micros', 'nanos'] -%}
        {{- exceptions.raise_compiler_error("parse_epoch: unit must be none, 'seconds', 'millis', 'micros' or 'nanos', not '" ~ unit ~ "'.") -}}
    {%- endif -%}
    element_at(transform(transform(array[{{ _trimmed("cast(" ~ column ~ " as varchar)") }}], v -> {{ _plain_digits() }}), v -> case
        {%- if unit is none %}
        when regexp_like(v, '\A{{ _timestamp_epoch_pattern('[1-9]') }}\z') then {{ _micros_to_timestamp(_epoch_micros_by_length('v')) }}
        {%- else %}
        when regexp_like(v, '\A[0-9]{1,19}(?:[.,][0-9]+)?\z') then {{ _micros_to_timestamp(_epoch_micros_by_unit(unit)) }}
        {%- endif %}
    end), 1)
{%- endmacro -%}

{#- Trino prints a double as 1.755065326E9 and a decimal with all the zeros of its scale. Two digits of exponent are
    all that the accepted window needs; a longer one would make the decimal arithmetic grow without bound. -#}
{%- macro _plain_digits() -%}
    regexp_replace(if(regexp_like(v, '\A[0-9][.][0-9]+E[0-9]{1,2}\z'), cast(try_cast(v as decimal(38, 9)) as varchar), v), '[.]0+\z', '')
{%- endmacro -%}

{#- The four lengths differ in nothing but how many of the first sixteen digits, the microseconds, are there. -#}
{%- macro _epoch_micros_by_length(text) -%}
    substr(rpad(regexp_replace({{ text }}, '[^0-9]', ''), 16, '0'), 1, 16)
{%- endmacro -%}

{#- Reads `v`. Text and not arithmetic: no rounding, and nothing that can overflow before the last cast. -#}
{%- macro _epoch_micros_by_unit(unit) -%}
    {%- if unit == 'nanos' -%}
    coalesce(regexp_extract(v, '\A([0-9]+)[0-9]{3}(?:[^0-9]|\z)', 1), '0')
    {%- elif unit == 'micros' -%}
    regexp_extract(v, '\A[0-9]+')
    {%- else -%}
    {%- set digits = 6 if unit == 'seconds' else 3 -%}
    regexp_extract(v, '\A[0-9]+') || rpad(coalesce(regexp_extract(v, '[.,]([0-9]{1,{{ digits }}})', 1), ''), {{ digits }}, '0')
    {%- endif -%}
{%- endmacro -%}

{#- `micros` is the SQL of a text of digits. Too many digits make TRY_CAST answer NULL, where a multiplication by
    1000 would raise. from_unixtime_nanos, because from_unixtime takes a double and loses microseconds. -#}
{%- macro _micros_to_timestamp(micros) -%}
    element_at(filter(array[cast(from_unixtime_nanos(try_cast(
        {{ micros }} || '000' as bigint
    )) at time zone 'UTC' as timestamp(6))], e -> e < timestamp '2100-01-01 00:00:00'), 1)
{%- endmacro -%}
