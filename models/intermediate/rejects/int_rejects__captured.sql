-- Append only: a value that was rejected once stays here, whole, even when the macros learn its format later.
-- rejected_rows holds what is still rejected, and the facts read from here what can be parsed now. So no run
-- has to remember what it repaired, and a run that is killed loses no row.
-- One row per source table is not a reject: it says up to which load day the table was read, so that a table
-- without rejects isn't read from its beginning in every run.
{{
    config(
        materialized="incremental",
        incremental_strategy="merge",
        unique_key="reject_id",
        update_condition=(
            "(src.occurrences <> target.occurrences"
            ~ " or (src.column_name is null and src._load_date > target._load_date))"
        ),
        table_type="iceberg",
        partitioned_by=["month(_load_date)"],
        on_schema_change="fail",
        contract={"enforced": true},
    )
}}

{%- set watermarks = load_watermarks() %}

with rejected_values as (

    {% for staged in staged_sources() -%}
    select
        '{{ staged.source_table }}' as _source_table,
        rejected.column_name,
        rejected.raw_value,
        rejected.reject_reason,
        staged._raw_row as raw_row,
        staged._source_path,
        staged._load_date
    from (
        select * from {{ ref(staged.model) }}
        where
            {{ arrived_since(watermarks, staged) }}
            and (
                _key_reject_reason is not null
                {%- for column in staged.columns %}
                or _{{ column }}_status = 'rejected'
                {%- endfor %}
            )
    ) as staged
    cross join
        unnest(
            array['{{ (staged.columns | list + [staged.key]) | join("', '") }}'],
            array[staged._{{ staged.columns | join("_text, staged._") }}_text, staged.{{ staged.key }}],
            array[
                staged._{{ staged.columns | join("_reject_reason, staged._") }}_reject_reason,
                staged._key_reject_reason
            ]
        ) as rejected (column_name, raw_value, reject_reason)
    where rejected.reject_reason is not null
    {{ "union all" if not loop.last }}
    {% endfor %}
),

read_up_to as (

    {% for staged in staged_sources() -%}
    select
        '{{ staged.source_table }}' as _source_table,
        max(_load_date) as _load_date
    from {{ ref(staged.model) }}
    where {{ arrived_since(watermarks, staged) }}
    having max(_load_date) is not null
    {{ "union all" if not loop.last }}
    {% endfor %}
),

-- Copies of one row in one file can't be distinguished, so they are counted.
counted as (

    select
        to_hex(sha256(to_utf8(concat_ws(
            chr(31), _source_table, column_name, coalesce(_source_path, ''), raw_row
        )))) as reject_id,
        _source_table,
        column_name,
        raw_value,
        reject_reason,
        raw_row,
        count(*) as occurrences,
        _source_path,
        _load_date
    from rejected_values
    group by _source_table, column_name, raw_value, reject_reason, raw_row, _source_path, _load_date

),

final as (

    select * from counted
    union all
    select
        concat('read up to: ', _source_table) as reject_id,
        _source_table,
        cast(null as varchar) as column_name,
        cast(null as varchar) as raw_value,
        cast(null as varchar) as reject_reason,
        cast(null as varchar) as raw_row,
        bigint '0' as occurrences,
        cast(null as varchar) as _source_path,
        _load_date
    from read_up_to

)

select * from final
