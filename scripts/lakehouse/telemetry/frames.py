"""From records to columns: the rows of a telemetry table as an Arrow table, as its readers see them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.synthetic import spellings
from lakehouse.synthetic.chance import Integers, UInt64s, trait
from lakehouse.synthetic.text import dotted_quads, prefixed_hex
from lakehouse.telemetry.deliveries import KEYLESS, REDELIVERY
from lakehouse.telemetry.people import World
from lakehouse.telemetry.purposes import Purpose
from lakehouse.telemetry.sessions import Records
from lakehouse.telemetry.tables import JSON_EVENTS, TELEMETRY_COLUMNS, TELEMETRY_TABLES
from lakehouse.telemetry.vocabulary import (
    APP_VERSIONS,
    CONNECTION_TYPES,
    DEVICE_SYSTEMS,
    DEVICE_TYPES,
    EVENT_TYPES,
    GEOGRAPHY,
    QUALITIES,
)


def named(codes: Integers, names: Sequence[str]) -> pa.DictionaryArray:
    """Return the names of codes, dictionary-encoded, so that a name is stored once and not once per row."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int16()), pa.array(names, pa.string()))


def text_salts(seed: int, rows: Records) -> UInt64s:
    """Return the numbers that decide what an instant leaves open in its text; a redelivery has its own."""
    again = (rows["copy"] == REDELIVERY).astype(np.uint64) << np.uint64(2)
    return trait(seed, Purpose.TEXT, rows["key"] ^ (again | rows["table"].astype(np.uint64)))


def telemetry_frame(seed: int, rows: Records) -> pa.Table:
    """Return delivery records as the 24 columns of a telemetry table, in their order.

    Text columns with few values are dictionary-encoded; readers of the files see strings.
    """
    world = World(seed)
    place = rows["place"]
    salts = text_salts(seed, rows)
    columns = {
        "event_id": _event_ids(rows),
        "customer_id": prefixed_hex("CUST_", world.customer_key(rows["customer"]), 8),
        "title_id": prefixed_hex("TITLE_", world.title_key(rows["title"]), 8),
        "session_id": prefixed_hex("SESSION_", rows["session_key"], 16),
        "event_type": named(rows["type"], EVENT_TYPES),
        "event_timestamp": spellings.write(rows["spelling"], rows["instant"], salts),
        "watch_duration_seconds": _ints(rows["watched"]),
        "position_seconds": _ints(rows["position"]),
        "completion_percentage": _hundredths(rows["completion_cents"]),
        "device_type": named(rows["device"], DEVICE_TYPES),
        "device_id": prefixed_hex("DEVICE_", rows["device_key"], 16),
        "device_os": named(rows["system"], DEVICE_SYSTEMS),
        "app_version": named(rows["version"], APP_VERSIONS),
        "quality": named(rows["quality"], QUALITIES),
        "bandwidth_mbps": _hundredths(rows["bandwidth_cents"]),
        "buffering_events": _ints(rows["buffering_events"]),
        "buffering_duration_seconds": _ints(rows["buffering_seconds"]),
        "error_count": _ints(rows["errors"]),
        "ip_address": dotted_quads(rows["address"]),
        "country": named(place, GEOGRAPHY.countries),
        "state": named(place, GEOGRAPHY.states),
        "city": named(place, GEOGRAPHY.cities),
        "isp": named(rows["provider"], GEOGRAPHY.providers),
        "connection_type": named(rows["connection"], CONNECTION_TYPES),
    }
    return pa.table({column.name: columns[column.name] for column in TELEMETRY_COLUMNS})


def _event_ids(rows: Records) -> pa.Array:
    """Return the identifiers; a keyless row has NULL or the empty text, in JSON always the empty text."""
    keyless = rows["copy"] == KEYLESS
    in_json = rows["table"] == TELEMETRY_TABLES.index(JSON_EVENTS)
    missing = keyless & ~in_json & (rows["key"] % np.uint64(2) == 0)
    ids = pc.if_else(pa.array(keyless), "", prefixed_hex("EVENT_", rows["key"], 16))
    return pc.if_else(pa.array(missing), None, ids)


def _ints(numbers: Integers) -> pa.Array:
    return pa.array(np.ascontiguousarray(numbers), pa.int32())


def _hundredths(numbers: Integers) -> pa.Array:
    return pa.array(numbers / 100, pa.float64())
