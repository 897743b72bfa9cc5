{#
    The columns of a playback event, which the three telemetry tables share.

    playback_event_types returns them in order with the type each has after staging (event_timestamp apart:
    how its text is read depends on the source).
    playback_event_columns writes them as a select list, typed; text that doesn't fit its type gives NULL.
    playback_event_raw_columns returns the names of the raw row, event_timestamp among them.

    from_json: a column that holds the raw row as JSON (row_as_json); the columns are read from it, which
    is how a rejected row comes back. Default: columns of these names.
#}
{% macro playback_event_types() %}
    {{ return({
        "event_id": "varchar",
        "customer_id": "varchar",
        "title_id": "varchar",
        "session_id": "varchar",
        "event_type": "varchar",
        "watch_duration_seconds": "integer",
        "position_seconds": "integer",
        "completion_percentage": "decimal(5, 2)",
        "device_type": "varchar",
        "device_id": "varchar",
        "device_os": "varchar",
        "app_version": "varchar",
        "quality": "varchar",
        "bandwidth_mbps": "decimal(10, 2)",
        "buffering_events": "integer",
        "buffering_duration_seconds": "integer",
        "error_count": "integer",
        "ip_address": "varchar",
        "country": "varchar",
        "state": "varchar",
        "city": "varchar",
        "isp": "varchar",
        "connection_type": "varchar",
    }) }}
{% endmacro %}


{% macro playback_event_raw_columns() %}
    {%- set names = playback_event_types().keys() | list -%}
    {{ return(names[:5] + ["event_timestamp"] + names[5:]) }}
{% endmacro %}


{% macro playback_event_columns(from_json=none) -%}
    {%- for name, type in playback_event_types().items() -%}
        {%- set raw = "json_extract_scalar(" ~ from_json ~ ", '$." ~ name ~ "')" if from_json else name -%}
        {{ raw if type == "varchar" else "try_cast(" ~ raw ~ " as " ~ type ~ ")" }} as {{ name }}
        {{- ",\n        " if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}
