-- Each captured reject read again with the current macros, by what its source declares: the one place that
-- decides whether a value is still rejected.
with captured as (

    select
        captured.*,
        concat(_source_table, '.', column_name) as qualified_column
    from {{ ref('int_rejects__captured') }} as captured
    where captured.column_name is not null

),

{% for group in columns_by_declared_times() -%}
declared_{{ loop.index }} as (

    select
        captured.*,
        {{ parse_timestamp('captured.raw_value', **group.times) }} as reread_at,
        {{ timestamp_reject_reason('captured.raw_value', **group.times) }} as reread_reason
    from captured
    where captured.qualified_column in ('{{ group.columns | join("', '") }}')

),

{% endfor -%}
-- Reading a row again doesn't give it a key: it stays rejected for the reason it had.
without_key as (

    select
        captured.*,
        cast(null as timestamp(6)) as reread_at,
        captured.reject_reason as reread_reason
    from captured
    where captured.reject_reason = 'missing_key'

),

final as (

    {% for group in columns_by_declared_times() -%}
    select * from declared_{{ loop.index }}
    union all
    {% endfor -%}
    select * from without_key

)

select * from final
