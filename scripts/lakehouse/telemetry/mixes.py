"""The mix of time formats in each bronze table."""

from lakehouse.synthetic.dirt import Mix

REALTIME_MIX = Mix.of(
    {
        ("iso_utc", "{Y}-{m}-{d}T{H}:{M}:{S}.{f6}Z"): 0.90,
        ("iso_utc", "{Y}-{m}-{d}T{H}:{M}:{S}.{f3}Z"): 0.06,
        ("sql_local", "{Y}-{m}-{d} {H}:{M}:{S}.{f6}"): 0.04,
    }
)
JSON_MIX = Mix.of(
    {
        ("iso_utc", "{Y}-{m}-{d}T{H}:{M}:{S}.{f3}Z"): 0.88,
        ("iso_offset", "{Y}-{m}-{d}T{H}:{M}:{S}.{f3}{z}"): 0.08,
        ("epoch_millis", "{ms}"): 0.04,
    }
)
HISTORY_MIX = Mix.of(
    {
        ("sql_local", "{Y}-{m}-{d} {H}:{M}:{S}.{f6}"): 0.85,
        ("sql_local", "{Y}-{m}-{d} {H}:{M}:{S}"): 0.07,
        ("epoch_seconds", "{s}"): 0.04,
        ("epoch_millis", "{ms}"): 0.04,
    }
)
RECORD_TIME_MIX = Mix.of(
    {
        ("sql_local", "{Y}-{m}-{d} {H}:{M}:{S}"): 0.60,
        ("iso_utc", "{Y}-{m}-{d}T{H}:{M}:{S}Z"): 0.30,
        ("sql_local", "{Y}-{m}-{d} {H}:{M}:{S}.{f6}"): 0.10,
    }
)
DATE_MIX = Mix.of(
    {
        ("date_only", "{Y}-{m}-{d}"): 0.92,
        ("iso_utc", "{Y}-{m}-{d}T{H}:{M}:{S}Z"): 0.08,
    }
)
