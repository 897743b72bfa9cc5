{{ config(alias="telemetry_compat") }}

select
    {{ legacy_playback_event() }}
from {{ ref('telemetry_v2') }}
