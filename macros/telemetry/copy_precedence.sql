{#
    Which of several copies of a playback event is kept: the one from the table of the lowest rank, then the
    first to arrive, then by path and content, so that the order is total and any order of arrival ends in
    the same row.

    copy_number numbers the copies of a key within one run, 1 wins; key: the key column.
    copy_precedes says in a merge whether the new copy comes before the one in the table.
    new, kept: the aliases of the two.

    No part may be NULL: rows that hold one don't compare (NOT_SUPPORTED), and a merge evaluates the condition
    for rows without a match too, whose target columns are all NULL.
#}
{% macro copy_number(key) -%}
    row_number() over (
        partition by {{ key }}
        order by
            {{ _copy_order() | join(",\n            ") }}
    )
{%- endmacro %}


{% macro copy_precedes(new, kept) -%}
    row({{ _copy_order(new ~ ".") | join(", ") }}) < row({{ _copy_order(kept ~ ".") | join(", ") }})
{%- endmacro %}


{% macro _copy_order(prefix="") %}
    {{ return([
        "coalesce(" ~ prefix ~ "_source_rank, 2147483647)",
        "coalesce(" ~ prefix ~ "_load_date, date '9999-12-31')",
        "coalesce(" ~ prefix ~ "_source_path, '')",
        "coalesce(" ~ prefix ~ "event_timestamp, timestamp '9999-12-31 00:00:00.000000')",
        "coalesce(" ~ prefix ~ "position_seconds, 2147483647)",
        "coalesce(" ~ prefix ~ "watch_duration_seconds, 2147483647)",
        "coalesce(" ~ prefix ~ "event_type, '')",
        "coalesce(" ~ prefix ~ "session_id, '')",
    ]) }}
{% endmacro %}
