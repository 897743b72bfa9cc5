{{ config(alias="video_telemetry_json_compat") }}

select
    {{ legacy_playback_event(keys=["year", "month", "day", "hour"]) }}
from {{ ref('stg_acme_telemetry__video_telemetry_json') }}
where _event_timestamp_status = 'parsed'
