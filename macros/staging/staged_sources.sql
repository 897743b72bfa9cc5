{#
    Every bronze table that has a staging model, with the columns whose text becomes a date or a timestamp
    and the column that must hold a key. Whatever has to cover all of them (the rejects, the row accounting)
    loops over this list, so that a new source joins them by one entry here.

    Returns a list of {source_table, day_directories, model, key, columns}: source_table is what _source_table
    says, day_directories whether its files lie in <location>/yyyy/mm/dd/ and not in partitions.
#}
{% macro staged_sources() %}
    {{ return([
        {
            "source_table": "acme_telemetry.telemetry",
            "day_directories": true,
            "model": "stg_acme_telemetry__telemetry",
            "key": "event_id",
            "columns": ["event_timestamp"],
        },
        {
            "source_table": "acme_telemetry.video_telemetry_json",
            "day_directories": false,
            "model": "stg_acme_telemetry__video_telemetry_json",
            "key": "event_id",
            "columns": ["event_timestamp"],
        },
        {
            "source_table": "acme_streaming_data.telemetry",
            "day_directories": false,
            "model": "stg_acme_streaming_data__telemetry",
            "key": "event_id",
            "columns": ["event_timestamp"],
        },
        {
            "source_table": "acme_streaming_data.customers",
            "day_directories": true,
            "model": "stg_acme_streaming_data__customers",
            "key": "customer_id",
            "columns": ["subscription_start_date", "subscription_end_date", "created_at", "updated_at"],
        },
        {
            "source_table": "acme_streaming_data.titles",
            "day_directories": true,
            "model": "stg_acme_streaming_data__titles",
            "key": "title_id",
            "columns": ["release_date", "created_at", "updated_at"],
        },
        {
            "source_table": "acme_streaming_data.campaigns",
            "day_directories": true,
            "model": "stg_acme_streaming_data__campaigns",
            "key": "campaign_id",
            "columns": ["start_date", "end_date", "created_at", "updated_at"],
        },
    ]) }}
{% endmacro %}
