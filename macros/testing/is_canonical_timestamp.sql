{#- Fails on each text that is not a UTC time in the one form every query can cast: 2025-08-13 06:08:46.600648.
    Stricter than a successful CAST, which accepts and drops an offset. NULL passes: not_null is another test. -#}
{% test is_canonical_timestamp(model, column_name) %}
select {{ column_name }} as not_canonical
from {{ model }}
where
    not regexp_like({{ column_name }}, '\A[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?\z')
    or ({{ column_name }} is not null and try_cast({{ column_name }} as timestamp(6)) is null)
{% endtest %}
