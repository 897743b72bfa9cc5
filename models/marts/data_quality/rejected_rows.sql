-- Rebuilt in each run from what was ever captured, which is small: a value leaves by itself on the day its
-- format is understood.
{{ config(partitioned_by=["month(_load_date)"]) }}

with reread as (

    select * from {{ ref('int_rejects__reread') }}

),

final as (

    select
        reject_id,
        _source_table,
        column_name,
        raw_value,
        reread_reason as reject_reason,
        raw_row,
        occurrences,
        _source_path,
        _load_date
    from reread
    where reread_reason is not null

)

select * from final
