{#- 'parsed', 'empty' or 'rejected': exactly one for every text, NULL included.

    timestamp_status('created_at') on '2025-02-30' gives 'rejected'

    column   the raw text, an SQL expression
    zone     as given to the parsing macro
    formats  as given to the parsing macro
    parsed   the SQL of the parsed value, normally the name of the column that a CTE before this one computed
             (parse_timestamp, parse_date or parse_epoch); none parses the text again -#}
{%- macro timestamp_status(column, zone='UTC', formats=[], parsed=none) -%}
    {{- _check_timestamp_arguments('timestamp_status', column, zone, formats) -}}
    case
        when {{ _parsed_value('timestamp_status', column, zone, formats, parsed) | indent(4) }} is not null then 'parsed'
        when {{ is_empty_text(column) | indent(4) }} then 'empty'
        else 'rejected'
    end
{%- endmacro -%}

{#- Why a text was rejected, NULL for one that was parsed or is empty.

    ambiguous_date  day and month could be either: 01/02/2025, and 13/02/2025 too, since the column is what is
                    ambiguous and not the value
    out_of_range    a known format with an impossible part: 30 February, month 13, 24:00, second 60, year 0, an
                    offset beyond 14:00, an epoch outside its window, a local time that a clock change skipped
    zone_name       a zone by name, such as Europe/Berlin or CET; Z, UTC and GMT are read
    unknown_format  anything else

    timestamp_reject_reason('created_at') on '2025-02-30' gives 'out_of_range'

    column   the raw text, an SQL expression
    zone     as given to the parsing macro
    formats  as given to the parsing macro: it decides what is ambiguous
    parsed   the SQL of the parsed value, as for timestamp_status -#}
{%- macro timestamp_reject_reason(column, zone='UTC', formats=[], parsed=none) -%}
    {{- _check_timestamp_arguments('timestamp_reject_reason', column, zone, formats) -}}
    case
        when {{ _parsed_value('timestamp_reject_reason', column, zone, formats, parsed) | indent(4) }} is not null
            or {{ is_empty_text(column) | indent(8) }}
            then null
        else element_at(transform(
            array[{{ _timestamp_text(column) }}],
            v -> case
                when regexp_like(v, '{{ _timestamp_year_first_pattern() }}') then 'out_of_range'
                when regexp_like(v, '{{ _timestamp_compact_pattern() }}') then 'out_of_range'
                when regexp_like(v, '\A{{ _timestamp_epoch_pattern() }}\z') then 'out_of_range'
                {%- if formats %}
                when regexp_like(v, '{{ _timestamp_year_last_pattern() }}') then 'out_of_range'
                {%- endif %}
                when regexp_like(v, '{{ _timestamp_zone_name_pattern() }}') then 'zone_name'
                when regexp_like(v, '{{ _timestamp_ambiguous_pattern(formats) }}') then 'ambiguous_date'
                else 'unknown_format'
            end
        ), 1)
    end
{%- endmacro -%}

{#- The format class of a text that was parsed, NULL for one that was not. The classes: docs/timestamps.md.

    timestamp_format_class('created_at') on '2025-08-13 06:08:46+02' gives 'sql_offset'

    column   the raw text, an SQL expression
    zone     as given to the parsing macro
    formats  as given to the parsing macro
    parsed   the SQL of the parsed value, as for timestamp_status -#}
{%- macro timestamp_format_class(column, zone='UTC', formats=[], parsed=none) -%}
    {{- _check_timestamp_arguments('timestamp_format_class', column, zone, formats) -}}
    case
        when {{ _parsed_value('timestamp_format_class', column, zone, formats, parsed) | indent(4) }} is not null
            then element_at(transform(
                array[{{ _timestamp_text(column) }}],
                v -> case
                    when regexp_like(v, '\A[0-9]{8}\z') then 'compact_date'
                    when regexp_like(v, '\A[0-9]{8}T')
                        then if(regexp_like(v, '[Z+-]|UTC|GMT'), 'compact_utc', 'compact_local')
                    when regexp_like(v, '\A[0-9]{10}(?:[.,]|\z)') then 'epoch_seconds'
                    when regexp_like(v, '\A[0-9]+\z')
                        then case length(v) when 13 then 'epoch_millis' when 16 then 'epoch_micros' else 'epoch_nanos' end
                    when regexp_like(v, '\A[0-9]{4}/') then 'slashed_ymd'
                    {%- if formats %}
                    when regexp_like(v, '\A[0-9]{1,2}[/.-]') then 'declared_{{ formats[0] }}'
                    {%- endif %}
                    when regexp_like(v, '\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z') then 'date_only'
                    when not regexp_like(v, '\A[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[^0-9:]|\z)') then 'unpadded'
                    else if(substr(v, 11, 1) = 'T', 'iso_', 'sql_')
                        || case
                            when regexp_like(v, '(?:Z|UTC|GMT)\z') then 'utc'
                            when regexp_like(substr(v, 12), '[+-]') then 'offset'
                            else 'local'
                        end
                end
            ), 1)
    end
{%- endmacro -%}

{%- macro _parsed_value(macro_name, column, zone, formats, parsed) -%}
    {%- if parsed is none -%}
    {{ _parse_timestamp(column, zone, formats) }}
    {%- else -%}
    {{- _check_sql_argument(macro_name, 'parsed', parsed) -}}
    {{ parsed }}
    {%- endif -%}
{%- endmacro -%}
