{#
    Fails on each row one of whose columns isn't a timestamp (or date) that a query can use: NULL where
    allow_null is false, a text that CAST(... AS timestamp) would not read or not read whole (it drops an offset
    without a word), or a time outside [earliest, latest), where a misread epoch or a zero date ends up. Returns
    the column, the value and how many rows have it; reads the model once, whatever the number of columns.

    Works on typed columns and on the castable text of the compatibility views alike.

    columns: the names of the columns, a list.
    allow_null: true where an empty or rejected raw value leaves NULL behind (row accounting counts those).
    earliest, latest: texts that cast to a timestamp.
#}
{% test zero_invalid_timestamps(
    model, columns, allow_null=false, earliest="1900-01-01", latest="2100-01-01"
) %}

with readings as (

    select
        reading.column_name,
        reading.original,
        try_cast(reading.original as timestamp(6)) as parsed
    from {{ model }} as checked
    cross join unnest(
        array[{% for column in columns %}'{{ column }}'{{ ", " if not loop.last }}{% endfor %}],
        array[{% for column in columns %}cast(checked.{{ column }} as varchar){{ ", " if not loop.last }}{% endfor %}]
    ) as reading (column_name, original)

)

select
    column_name,
    original,
    count(*) as invalid_rows
from readings
where
    {% if not allow_null -%}
    original is null
    or {% endif -%}
    (original is not null and parsed is null)
    or not regexp_like(
        original, '\A[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?)?\z'
    )
    or parsed < timestamp '{{ earliest }}'
    or parsed >= timestamp '{{ latest }}'
group by column_name, original

{% endtest %}
