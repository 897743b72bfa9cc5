{#
    Numbers the deliveries of a record in a staging model, 1 for its latest state: the newest updated_at wins
    whatever arrived last, and one that can't be read counts as older than any that can. Load day, path and
    content break ties, so that the order is total and any order of arrival gives the same row.

    key: the column that identifies the record.
#}
{% macro delivery_number(key) -%}
    {{- _check_sql_argument("delivery_number", "key", key) -}}
        row_number() over (
            partition by {{ key }}
            order by updated_at desc nulls last, _load_date desc nulls last, _source_path desc, _raw_row desc
        )
{%- endmacro %}
