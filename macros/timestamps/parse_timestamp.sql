{#- The timestamp(6) in UTC that a text stands for, or NULL. Never raises, whatever the text.

    Assumes a varchar expression. Known formats and what is refused: docs/timestamps.md. An offset is applied; a
    text without one is in `zone`; a fraction is cut, not rounded, after six digits. A local time that a clock
    change skipped is not a valid time and gives NULL; one that it doubled is read as the earlier instant.

    parse_timestamp('event_timestamp') on '2025-08-13T08:08:46.6006489+02:00' gives 2025-08-13 06:08:46.600648

    column   the text, an SQL expression
    zone     where a text without a zone was written, an IANA name
    formats  ['dmy'] or ['mdy'] where the source states that order for dates with the year last -#}
{%- macro parse_timestamp(column, zone='UTC', formats=[]) -%}
    {{- _check_timestamp_arguments('parse_timestamp', column, zone, formats) -}}
    {{- _parse_timestamp(column, zone, formats) -}}
{%- endmacro -%}

{#- The shapes nearly all rows have come first, and cheap: one pattern and one CAST on the raw text. CAST drops
    the Z it finds after a blank, which is right for Z alone; with an offset the zoned type applies it. UTC is
    trimmed off first (as a set of characters), because the T in it is not a separator.
    Only what these miss is trimmed and taken apart (CASE evaluates no branch it does not take).
    TRY_CAST sees nothing but text of a known shape: CAST alone accepts and drops a trailing zone, and
    TRY does not catch every error. -#}
{%- macro _parse_timestamp(column, zone, formats) -%}
    case
        when regexp_like({{ column }}, '\A[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?(?:Z| UTC){{ '?' if zone == 'UTC' }}\z')
            then try_cast(replace(rtrim({{ column }}, ' UTC'), 'T', ' ') as timestamp(6))
        when regexp_like({{ column }}, '\A[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,6})?[+-][0-9]{2}:[0-9]{2}\z')
            then cast(
                try_cast(replace({{ column }}, 'T', ' ') as timestamp(6) with time zone)
                at time zone 'UTC' as timestamp(6)
            )
        when regexp_like({{ column }}, '\A{{ _timestamp_blanks_pattern() }}{{ _timestamp_epoch_pattern('[1-9]') }}{{ _timestamp_blanks_pattern() }}\z')
            then {{ _micros_to_timestamp(_epoch_micros_by_length(column)) | indent(8) }}
        else {{ _parse_rare_timestamp(column, zone, formats) | indent(4) }}
    end
{%- endmacro -%}

{#- One canonical text, `yyyy-m-d h:m:s.f zone`, from every other known shape, then one CAST for all of them.
    A one-element array carries each step to the next: SQL has no other way to name a value inside an
    expression, and without a name the text would be repeated and evaluated again at each use.
    Year 0000 exists for the engine and in no calendar; what an offset pushes out of the years 1 to 9999 can be
    neither stored nor printed. -#}
{%- macro _parse_rare_timestamp(column, zone, formats) -%}
    element_at(filter(transform(filter(transform(
        array[{{ _timestamp_text(column) }}],
        v -> case
            when regexp_like(v, '{{ _timestamp_year_first_pattern() }}')
                then replace(regexp_replace(v, '{{ _timestamp_year_first_pattern() }}', '$1-$2$3-$4 $5$6$7 $8'), ',', '.')
            when regexp_like(v, '{{ _timestamp_compact_pattern() }}')
                then replace(replace(regexp_replace(v, '{{ _timestamp_compact_pattern() }}', '$1-$2-$3 $4:$5:$6$7 $8'), '::', ''), ',', '.')
            {%- if formats %}
            when regexp_like(v, '{{ _timestamp_year_last_pattern() }}')
                then replace(regexp_replace(v, '{{ _timestamp_year_last_pattern() }}', '{{ '$5-$2$3$4-$1' if formats[0] == 'dmy' else '$5-$1-$2$3$4' }} $6$7$8 $9'), ',', '.')
            {%- endif %}
        end
    ), v -> v not like '0000%'), v -> {{ _cast_canonical_timestamp(zone) }}),
        v -> v between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999'
    ), 1)
{%- endmacro -%}

{#- Reads `v`, the canonical text, which ends in a blank if it names no zone. For a declared zone the wall time
    must come back unchanged: the engine moves a time inside the gap of a clock change forward by an hour. -#}
{%- macro _cast_canonical_timestamp(zone) -%}
    {%- if zone == 'UTC' -%}
    cast(
        try_cast(if(v like '% ', v || 'UTC', v) as timestamp(6) with time zone)
        at time zone 'UTC' as timestamp(6)
    )
    {%- else -%}
    case
        when v not like '% '
            then cast(
                try_cast(v as timestamp(6) with time zone)
                at time zone 'UTC' as timestamp(6)
            )
        when try_cast(v as timestamp(6))
            = cast(try_cast(v || '{{ zone }}' as timestamp(6) with time zone) as timestamp(6))
            then cast(
                try_cast(v || '{{ zone }}' as timestamp(6) with time zone)
                at time zone 'UTC' as timestamp(6)
            )
    end
    {%- endif -%}
{%- endmacro -%}
