{#
    Compares a table of playback events with the staging models it is made of, both ways: an event that was
    parsed but isn't in the table, and one in the table that no source parsed. Returns one row per such
    event.

    column_name: the event's key; source_tables: the bronze tables it is made of, a list, as in
    staged_sources(). first_tested_load_day bounds what is compared.
#}
{% test holds_every_parsed_event(model, column_name, source_tables) %}

{%- set first_day = first_tested_load_day(ref("int_rejects__captured"), source_tables) %}

with parsed as (

    {% for source_table in source_tables -%}
    {%- set staged = staged_source(source_table) -%}
    select {{ column_name }}
    from {{ ref(staged.model) }}
    where
        _event_timestamp_status = 'parsed'
        and _key_reject_reason is null
        and {{ arrived_since({source_table: first_day}, staged) }}
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
    {%- if first_day %}
        and _load_date >= date '{{ first_day }}'
    {%- endif %}

)

select * from missing
union all
select * from unexplained

{% endtest %}
