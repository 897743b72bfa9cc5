{#
    Fails on each row whose column isn't a timestamp (or date) that a query can use: NULL where
    allow_null is false, a text that CAST(... AS timestamp) would not read, or a time outside
    [earliest, latest), where a misread epoch or a zero date ends up.

    Works on typed columns and on the castable text of the compatibility views alike.

    allow_null: true where an empty or rejected raw value leaves NULL behind (row accounting counts those).
    earliest, latest: texts that cast to a timestamp.
#}
{% test zero_invalid_timestamps(
    model, column_name, allow_null=false, earliest="1900-01-01", latest="2100-01-01"
) %}

with readings as (

    select
        {{ column_name }} as original,
        try_cast(cast({{ column_name }} as varchar) as timestamp(6)) as reading
    from {{ model }}

)

select original
from readings
where
    {% if not allow_null -%}
    original is null
    or {% endif -%}
    (original is not null and reading is null)
    or reading < timestamp '{{ earliest }}'
    or reading >= timestamp '{{ latest }}'

{% endtest %}
