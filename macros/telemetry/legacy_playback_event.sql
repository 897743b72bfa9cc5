{#
    The select list that answers a query written for a legacy telemetry table: the 24 columns under their
    old names and types, event_timestamp as text that CAST(... AS timestamp) reads (a blank where ISO has
    its T, UTC, six digits), and the columns year, month and day of the event.
#}
{% macro legacy_playback_event() -%}
    {%- set numbers = {"completion_percentage": "double", "bandwidth_mbps": "double"} -%}
    {%- for name in playback_event_raw_columns() -%}
        {%- if name == "event_timestamp" -%}
            cast(event_timestamp as varchar) as event_timestamp
        {%- elif name in numbers -%}
            cast({{ name }} as {{ numbers[name] }}) as {{ name }}
        {%- else -%}
            {{ name }}
        {%- endif -%},
        {{ "" }}
    {%- endfor -%}
    year(event_timestamp) as year,
    month(event_timestamp) as month,
    day(event_timestamp) as day
{%- endmacro %}
