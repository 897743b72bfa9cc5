-- Load days are counted when they arrive, as the facts read them, and again when one of their rejects parses
-- by now; so the cost follows what is new, not the history.
{{
    config(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="accounting_key",
        update_condition=(
            "(src.raw_rows <> target.raw_rows or src.parsed_rows <> target.parsed_rows"
            ~ " or src.empty_rows <> target.empty_rows or src.rejected_rows <> target.rejected_rows)"
        ),
        partitioned_by=["month(_load_date)"],
        on_schema_change="fail",
    )
}}

-- depends_on: {{ ref('int_rejects__reread') }}

{%- set watermarks = load_watermarks() %}
{%- set learned_days = load_days_with_learned_formats() %}

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
    select
        '{{ staged.source_table }}' as _source_table,
        counted.column_name,
        days._load_date,
        days.raw_rows,
        counted.parsed_rows,
        counted.empty_rows
    from (
        select
            _load_date,
            {% for column in staged.columns -%}
            count_if(_{{ column }}_status = 'parsed') as {{ column }}_parsed,
            count_if(_{{ column }}_status = 'empty') as {{ column }}_empty,
            {% endfor -%}
            count(*) as raw_rows
        from {{ ref(staged.model) }}
        where {{ arrived_since(watermarks, staged, also=learned_days) }}
        group by _load_date
    ) as days
    cross join
        unnest(
            array['{{ staged.columns | join("', '") }}'],
            array[{{ staged.columns | join("_parsed, ") }}_parsed],
            array[{{ staged.columns | join("_empty, ") }}_empty]
        ) as counted (column_name, parsed_rows, empty_rows)
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (

    select
        concat_ws(
            '/', staged._source_table, staged.column_name, coalesce(cast(staged._load_date as varchar), 'no day')
        ) as accounting_key,
        staged._source_table,
        staged.column_name,
        staged._load_date,
        staged.raw_rows,
        staged.parsed_rows,
        staged.empty_rows,
        coalesce(rejected.rejected_rows, bigint '0') as rejected_rows,
        staged.raw_rows - staged.parsed_rows - staged.empty_rows - coalesce(rejected.rejected_rows, bigint '0')
            as unaccounted_rows
    from staged
    left join rejected
        on
            staged._source_table = rejected._source_table
            and staged.column_name = rejected.column_name
            and staged._load_date is not distinct from rejected._load_date

)

select * from final
