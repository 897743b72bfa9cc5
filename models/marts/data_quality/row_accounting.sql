-- A view: it costs nothing until it is asked, and is never older than what it accounts for. A filter on
-- _load_date prunes the bronze files it reads.
{{ config(materialized="view", contract={"enforced": false}) }}

with rejected as (

    select
        _source_table,
        column_name,
        _load_date,
        sum(occurrences) as rejected_rows
    from {{ ref('rejected_rows') }}
    group by _source_table, column_name, _load_date

),

staged as (

    {% for staged in staged_sources() -%}
    {% set last_source = loop.last -%}
    {% for column in staged.columns -%}
    select
        '{{ staged.source_table }}' as _source_table,
        '{{ column }}' as column_name,
        _load_date,
        count(*) as raw_rows,
        count_if(_{{ column }}_status = 'parsed') as parsed_rows,
        count_if(_{{ column }}_status = 'empty') as empty_rows
    from {{ ref(staged.model) }}
    group by _load_date
    {{ "union all" if not (last_source and loop.last) }}
    {% endfor -%}
    {% endfor %}
),

final as (

    select
        staged._source_table,
        staged.column_name,
        staged._load_date,
        staged.raw_rows,
        staged.parsed_rows,
        staged.empty_rows,
        coalesce(rejected.rejected_rows, 0) as rejected_rows,
        staged.raw_rows - staged.parsed_rows - staged.empty_rows - coalesce(rejected.rejected_rows, 0)
            as unaccounted_rows
    from staged
    left join rejected
        on
            staged._source_table = rejected._source_table
            and staged.column_name = rejected.column_name
            and staged._load_date is not distinct from rejected._load_date

)

select * from final
