-- A dimension is small and read whole, so it is rebuilt in each run; it is partitioned by year, as coarse as
-- a date partition gets.
{{ config(partitioned_by=["year(created_at)"]) }}

with titles as (

    select * from {{ ref('stg_acme_streaming_data__titles') }}
    where _key_reject_reason is null

),

-- Bronze holds a row per delivery; the latest state of a title is its newest updated_at.
ranked as (

    select
        *,
        {{ delivery_number('title_id') }} as delivery_number
    from titles

),

final as (

    select
        title_id,
        title_name,
        title_type,
        genre,
        rating,
        duration_seconds,
        release_date,
        created_at,
        updated_at,
        _source_path,
        _load_date
    from ranked
    where delivery_number = 1

)

select * from final
