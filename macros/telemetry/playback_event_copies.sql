{#
    Every parsed copy of a playback event from one telemetry table, as far as this run has to read it:
    the new arrivals of its staging model, and the rejected rows that can be parsed now.

    source_table: as in staged_sources(); rank: the table's place in the order of precedence, 1 wins.
    watermarks: what load_watermarks() returned.
#}
{% macro playback_event_copies(source_table, rank, watermarks) -%}
    {%- set staged = staged_source(source_table) -%}
    select
        {{ playback_event_types().keys() | join(",\n        ") }},
        event_timestamp,
        '{{ source_table }}' as _source_table,
        {{ rank }} as _source_rank,
        _source_path,
        _load_date
    from {{ ref(staged.model) }}
    where
        _event_timestamp_status = 'parsed'
        and _key_reject_reason is null
        and {{ arrived_since(watermarks, staged) }}
    union all
    select
        {{ playback_event_columns(from_json="raw_row") }},
        reread_at as event_timestamp,
        '{{ source_table }}' as _source_table,
        {{ rank }} as _source_rank,
        _source_path,
        _load_date
    from {{ ref("int_rejects__reread") }}
    where
        _source_table = '{{ source_table }}'
        and column_name = 'event_timestamp'
        and reread_at is not null
        and json_extract_scalar(raw_row, '$.{{ staged.key }}') is not null
{%- endmacro %}
