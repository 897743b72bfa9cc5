{#
    The select list that answers a query written for a legacy telemetry table: the 24 columns under their
    old names and types, event_timestamp as text that CAST(... AS timestamp) reads (a blank where ISO has
    its T, UTC, six digits), and the partition keys of the old table, of the event's time.

    keys: the old table's partition keys, of year, month, day and hour; none where it had none.
#}
{% macro legacy_playback_event(keys=[]) -%}
    {%- set numbers = {"completion_percentage": "double", "bandwidth_mbps": "double"} -%}
    {%- for name in playback_event_raw_columns() -%}
        {%- if name == "event_timestamp" -%}
            cast(event_timestamp as varchar) as event_timestamp
        {%- elif name in numbers -%}
            cast({{ name }} as {{ numbers[name] }}) as {{ name }}
        {%- else -%}
            {{ name }}
        {%- endif -%}
        {%- if not loop.last or keys %},
        {% endif -%}
    {%- endfor -%}
    {%- for key in keys -%}
        cast({{ key }}(event_timestamp) as integer) as {{ key }}
        {%- if not loop.last %},
        {% endif -%}
    {%- endfor -%}
{%- endmacro %}
