{{ config(alias="telemetry_compat") }}

select
    {{ legacy_playback_event(keys=["year", "month", "day"]) }}
from {{ ref('stg_acme_streaming_data__telemetry') }}
where _event_timestamp_status = 'parsed'
