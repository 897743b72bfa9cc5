{{ config(alias="titles_compat") }}

select
    title_id,
    title_name,
    title_type,
    genre,
    rating,
    duration_seconds,
    cast(release_date as varchar) as release_date,
    cast(created_at as varchar) as created_at,
    cast(updated_at as varchar) as updated_at
from {{ ref('dim_titles') }}
