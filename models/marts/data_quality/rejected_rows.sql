-- Rebuilt in each run from all rejects that were ever captured, which are few: a value leaves automatically
-- once the macros can parse it.
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
