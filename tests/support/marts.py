"""What the tests of incremental models share: fingerprints of the marts, and files that arrive later."""

from __future__ import annotations

from tests.support.sandbox import Sandbox

INCREMENTAL = {
    "awsdatacatalog.local_marts.fct_playback_events": "event_id",
    "awsdatacatalog.acme_telemetry.telemetry_v2": "event_id",
    "awsdatacatalog.local_marts.row_accounting": "accounting_key",
    "awsdatacatalog.local_intermediate.int_rejects__captured": "reject_id",
}
SELECT = (
    "--select",
    "int_rejects__captured+",
    "fct_playback_events",
    "telemetry_v2",
    "--exclude",
    "compatibility",
    # A Python model: a Spark session in each run, for a table that is built whole anyway.
    "marts.demand",
)
BUCKET = "acme-lakehouse-bronze"


def column_names(sandbox: Sandbox, table: str) -> list[str]:
    rows = sandbox.sql(f"show columns in {table.removeprefix('awsdatacatalog.')}")
    return [row[0].strip() for row in rows if row[0]]


def fingerprint(sandbox: Sandbox) -> dict[str, list[list[str | None]]]:
    """Rows, distinct keys and an order-independent checksum over all columns, per incremental model."""
    return {
        table: sandbox.sql(
            f"select count(*), count(distinct {key}),"
            f" to_hex(checksum(cast(row({', '.join(column_names(sandbox, table))}) as json))) from {table}"
        )
        for table, key in INCREMENTAL.items()
    }


def load_day(key: str) -> str:
    """The day a bronze file arrived, as yyyymmdd, from either form of its path."""
    digits = [part.split("=")[-1] for part in key.split("/")[:-1] if part.split("=")[-1].isdigit()]
    return "".join(digits[:3])


class TelemetryFiles:
    """The files of the telemetry tables, taken away and put back as if they had not arrived yet."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.s3 = sandbox.client("s3")
        self.hidden: dict[str, bytes] = {}

    def listing(self) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return [key for key in keys if "telemetry" in key.split("/")[1:2][0] and not key.startswith("_")]

    def hide(self, keys: list[str]) -> None:
        for key in keys:
            self.hidden[key] = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            self.s3.delete_object(Bucket=BUCKET, Key=key)

    def arrive(self, keys: list[str] | None = None) -> None:
        for key in keys if keys is not None else list(self.hidden):
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=self.hidden.pop(key))
