{#
    Compares a table of playback events with the staging models it is made of, both ways: an event that was
    parsed but isn't in the table, and one in the table that no source parsed. Returns one row per such
    event.

    column_name: the event's key; staged: the staging models, a list of relations.
#}
{% test holds_every_parsed_event(model, column_name, staged) %}

with parsed as (

    {% for relation in staged -%}
    select {{ column_name }}
    from {{ relation }}
    where _event_timestamp_status = 'parsed' and _key_reject_reason is null
    {{ "union" if not loop.last }}
    {% endfor %}
),

missing as (

    select {{ column_name }}, 'parsed, not in the table' as difference from parsed
    where {{ column_name }} not in (select {{ column_name }} from {{ model }})

),

unexplained as (

    select {{ column_name }}, 'in the table, not parsed' as difference from {{ model }}
    where {{ column_name }} not in (select {{ column_name }} from parsed)

)

select * from missing
union all
select * from unexplained

{% endtest %}
