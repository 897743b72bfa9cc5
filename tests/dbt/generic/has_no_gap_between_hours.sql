{#
    Fails on each group whose rows are not one per hour from its first hour to its last.

    date_column, hour_column: the hour, as a date and a number from 0 to 23.
    group_column: what each series of hours belongs to, e.g. the kind of device.
#}
{% test has_no_gap_between_hours(model, date_column, hour_column, group_column) %}

with hours as (

    select
        {{ group_column }},
        count(*) as hours_there,
        min(date_add('hour', {{ hour_column }}, cast({{ date_column }} as timestamp))) as first_hour,
        max(date_add('hour', {{ hour_column }}, cast({{ date_column }} as timestamp))) as last_hour
    from {{ model }}
    group by {{ group_column }}

)

select *
from hours
where hours_there <> date_diff('hour', first_hour, last_hour) + 1

{% endtest %}
