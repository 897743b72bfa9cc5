{#
    Every bronze table that has a staging model. Whatever has to cover all of them (the staging models
    themselves, the rejects, the row accounting and its test) reads this list, so that a new source joins them
    by one entry here.

    staged_sources returns a list of {source_table, day_directories, model, key, columns}:

        source_table     the table as _source_table names it, database.table
        day_directories  true where its files lie in <location>/yyyy/mm/dd/, false where they lie in partitions
        model            its staging model
        key              the column that must hold a key
        columns          the columns whose text becomes a time, each with the type: 'date' or 'timestamp'

    staged_source returns the entry of one source_table.
#}
{% macro staged_sources() %}
    {{ return([
        {
            "source_table": "acme_telemetry.telemetry",
            "day_directories": true,
            "model": "stg_acme_telemetry__telemetry",
            "key": "event_id",
            "columns": {"event_timestamp": "timestamp"},
        },
        {
            "source_table": "acme_telemetry.video_telemetry_json",
            "day_directories": false,
            "model": "stg_acme_telemetry__video_telemetry_json",
            "key": "event_id",
            "columns": {"event_timestamp": "timestamp"},
        },
        {
            "source_table": "acme_streaming_data.telemetry",
            "day_directories": false,
            "model": "stg_acme_streaming_data__telemetry",
            "key": "event_id",
            "columns": {"event_timestamp": "timestamp"},
        },
        {
            "source_table": "acme_streaming_data.customers",
            "day_directories": true,
            "model": "stg_acme_streaming_data__customers",
            "key": "customer_id",
            "columns": {
                "subscription_start_date": "date",
                "subscription_end_date": "date",
                "created_at": "timestamp",
                "updated_at": "timestamp",
            },
        },
        {
            "source_table": "acme_streaming_data.titles",
            "day_directories": true,
            "model": "stg_acme_streaming_data__titles",
            "key": "title_id",
            "columns": {
                "release_date": "date",
                "created_at": "timestamp",
                "updated_at": "timestamp",
            },
        },
        {
            "source_table": "acme_streaming_data.campaigns",
            "day_directories": true,
            "model": "stg_acme_streaming_data__campaigns",
            "key": "campaign_id",
            "columns": {
                "start_date": "date",
                "end_date": "date",
                "created_at": "timestamp",
                "updated_at": "timestamp",
            },
        },
    ]) }}
{% endmacro %}


{% macro staged_source(source_table) %}
    {%- set found = staged_sources() | selectattr("source_table", "equalto", source_table) | list -%}
    {%- if not found -%}
        {{ exceptions.raise_compiler_error(
            "staged_source: source_table must be one of "
            ~ staged_sources() | map(attribute="source_table") | join(", ") ~ ", not '" ~ source_table ~ "'"
        ) }}
    {%- endif -%}
    {{ return(found[0]) }}
{% endmacro %}
