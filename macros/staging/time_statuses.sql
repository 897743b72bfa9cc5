{#
    What became of each time column's text, for the select list of a staging model that reads the columns of
    parsed_times: _<column>_status is 'parsed', 'empty' or 'rejected', and _<column>_reject_reason says why a
    text was rejected.

    times: what declared_times returned.

    time_statuses({"created_at": {"type": "timestamp", "zone": "UTC", "formats": []}}) writes
        case ... end as _created_at_status,
        case ... end as _created_at_reject_reason
#}
{% macro time_statuses(times) -%}
    {{- _check_times("time_statuses", times) -}}
    {%- for column, time in times.items() -%}
        {%- set text = "_" ~ column ~ "_text" -%}
        {{ timestamp_status(text, time.zone, time.formats, parsed=column) | indent(4) }} as _{{ column }}_status,
        {{ timestamp_reject_reason(text, time.zone, time.formats, parsed=column) | indent(4) }} as _{{ column }}_reject_reason
        {{- ",\n        " if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}
