{#
    The day on which a row's file arrived, as a date: the project's only clock for "what is new".

    load_date_from_path reads it from the day directories of the file's path (.../2025/08/13/part-0.parquet);
    a path without them gives NULL.
    load_date_from_partitions reads it from the partition columns year, month and day. It uses nothing but
    partition columns, so that a filter on it prunes partitions before a file is opened.

    path_column: a column that holds "$path".
    load_date_from_path('_source_path') on s3://b/telemetry/2025/08/13/part-0.parquet: 2025-08-13
#}
{% macro load_date_from_path(path_column) -%}
    try_cast(
        replace(regexp_extract({{ path_column }}, '/([0-9]{4}/[0-9]{2}/[0-9]{2})/[^/]*$', 1), '/', '-') as date
    )
{%- endmacro %}


{% macro load_date_from_partitions() -%}
    cast(format('%04d-%02d-%02d', year, month, day) as date)
{%- endmacro %}
