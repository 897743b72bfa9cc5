{#- The date that a text stands for, or NULL. Never raises, whatever the text.

    The formats are those of parse_timestamp. A text that names only a day is that day whatever the zone; any
    other is the UTC day of its instant, so that a date column agrees with a timestamp column of the same text.

    parse_date('release_date') on '2025-08-13' and on '2025-08-14T01:00:00+02:00' gives 2025-08-13

    column   the text, an SQL expression
    zone     where a text without a zone was written, an IANA name
    formats  ['dmy'] or ['mdy'] where the source states that order for dates with the year last -#}
{%- macro parse_date(column, zone='UTC', formats=[]) -%}
    {{- _check_timestamp_arguments('parse_date', column, zone, formats) -}}
    case
        when regexp_like({{ column }}, '\A[12][0-9]{3}-[0-9]{2}-[0-9]{2}\z') then try_cast({{ column }} as date)
        {%- if zone != 'UTC' %}
        when regexp_like({{ column }}, '\A{{ _timestamp_blanks_pattern() }}(?:[0-9]{8}|[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{1,4}){{ _timestamp_blanks_pattern() }}\z')
            then cast({{ _parse_rare_timestamp(column, 'UTC', formats) | indent(8) }} as date)
        {%- endif %}
        else cast({{ _parse_timestamp(column, zone, formats) | indent(4) }} as date)
    end
{%- endmacro -%}
