"""The six bronze tables: names, columns with descriptions, locations of files and definitions in Glue.

The content of the rows is decided in `sessions`, `dimensions` and `dirt`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        ColumnTypeDef,
        SerDeInfoTypeDef,
        StorageDescriptorTypeDef,
        TableInputTypeDef,
    )


class Layout(StrEnum):
    """How a table's files are laid out below its location, by the day (and hour) on which they arrived."""

    DAY_DIRECTORIES = "day directories"
    REGISTERED_PARTITIONS = "registered partitions"
    PROJECTED_HOURS = "projected hours"


@dataclass(frozen=True)
class Column:
    """A column: its Glue type and what it holds. `holds_time` marks text that should be a date or a time."""

    name: str
    glue_type: str
    comment: str
    holds_time: bool = False


@dataclass(frozen=True)
class BronzeTable:
    """One table. `database` is the legacy name, before any prefix."""

    database: str
    name: str
    description: str
    layout: Layout
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.name}"

    @property
    def time_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.holds_time)

    @property
    def prefix(self) -> str:
        """The key prefix of all files of the table."""
        return f"{self.database}/{self.name}/"

    def location(self, bucket: str) -> str:
        return f"s3://{bucket}/{self.prefix}"

    def day_directory(self, arrival: date) -> str:
        """Return the key prefix of all files that arrived on a day; it has the same length for every day."""
        if self.layout is Layout.DAY_DIRECTORIES:
            return f"{self.prefix}{arrival:%Y/%m/%d}/"
        return f"{self.prefix}year={arrival:%Y}/month={arrival:%m}/day={arrival:%d}/"

    def directory(self, arrival: date, hour: int = 0) -> str:
        """Return the key prefix of the files of a day (of an hour, if the table has a folder for each
        hour)."""
        day = self.day_directory(arrival)
        return f"{day}hour={hour:02}/" if self.layout is Layout.PROJECTED_HOURS else day

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, _ARROW_TYPES[column.glue_type]) for column in self.columns])


_ARROW_TYPES = {"string": pa.string(), "int": pa.int32(), "double": pa.float64()}

_VARCHAR_TIME = "as text, in whatever format the source wrote"

TELEMETRY_COLUMNS = (
    Column("event_id", "string", "Identifier of the event; copies of an event share it"),
    Column("customer_id", "string", "Customer who watches; in acme_streaming_data.customers"),
    Column("title_id", "string", "Title that is watched; in acme_streaming_data.titles"),
    Column("session_id", "string", "Streaming session the event belongs to"),
    Column("event_type", "string", "start, pause, resume, stop or complete"),
    Column("event_timestamp", "string", f"When the event occurred, {_VARCHAR_TIME}", holds_time=True),
    Column("watch_duration_seconds", "int", "Seconds watched in this session so far"),
    Column("position_seconds", "int", "Playback position in the title, seconds"),
    Column("completion_percentage", "double", "Position as a percentage of the title's duration"),
    Column("device_type", "string", "mobile, tv, web or tablet"),
    Column("device_id", "string", "Identifier of the device"),
    Column("device_os", "string", "Operating system of the device"),
    Column("app_version", "string", "Version of the streaming application"),
    Column("quality", "string", "Quality of the stream: SD, HD or 4K"),
    Column("bandwidth_mbps", "double", "Available bandwidth, megabits per second"),
    Column("buffering_events", "int", "Times the player had to buffer in this session so far"),
    Column("buffering_duration_seconds", "int", "Seconds spent buffering in this session so far"),
    Column("error_count", "int", "Errors met in this session so far"),
    Column("ip_address", "string", "Address of the client, IPv4"),
    Column("country", "string", "Country of the viewer"),
    Column("state", "string", "State or province of the viewer"),
    Column("city", "string", "City of the viewer"),
    Column("isp", "string", "Internet service provider"),
    Column("connection_type", "string", "wifi, mobile, fiber or cable"),
)

REALTIME = BronzeTable(
    "acme_telemetry",
    "telemetry",
    "Playback events as they arrive, in Parquet; not partitioned, one directory per day of arrival",
    Layout.DAY_DIRECTORIES,
    TELEMETRY_COLUMNS,
)
JSON_EVENTS = BronzeTable(
    "acme_telemetry",
    "video_telemetry_json",
    "Playback events as they arrive, as gzip JSON lines, by hour of arrival; partitions are projected",
    Layout.PROJECTED_HOURS,
    TELEMETRY_COLUMNS,
)
HISTORY = BronzeTable(
    "acme_streaming_data",
    "telemetry",
    "Playback events of the time before the live tables, in Parquet, partitioned by day of arrival",
    Layout.REGISTERED_PARTITIONS,
    TELEMETRY_COLUMNS,
)
CUSTOMERS = BronzeTable(
    "acme_streaming_data",
    "customers",
    "Customers: all of them in the first delivery, then those that are new or have changed",
    Layout.DAY_DIRECTORIES,
    (
        Column("customer_id", "string", "Identifier of the customer"),
        Column("email", "string", "Address of the customer's mailbox"),
        Column("first_name", "string", "First name"),
        Column("last_name", "string", "Last name"),
        Column("plan", "string", "basic, standard or premium"),
        Column("status", "string", "active, paused or cancelled"),
        Column("country", "string", "Country the customer lives in"),
        Column("state", "string", "State or province the customer lives in"),
        Column("city", "string", "City the customer lives in"),
        Column("subscription_start_date", "string", f"First day of the subscription, {_VARCHAR_TIME}", True),
        Column("subscription_end_date", "string", f"Last day, empty while it runs, {_VARCHAR_TIME}", True),
        Column("created_at", "string", f"When the customer was created, {_VARCHAR_TIME}", True),
        Column("updated_at", "string", f"When the customer was last changed, {_VARCHAR_TIME}", True),
    ),
)
TITLES = BronzeTable(
    "acme_streaming_data",
    "titles",
    "Movies and series: all of them in the first delivery, then those that are new or have changed",
    Layout.DAY_DIRECTORIES,
    (
        Column("title_id", "string", "Identifier of the title"),
        Column("title_name", "string", "Name of the title"),
        Column("title_type", "string", "movie or series"),
        Column("genre", "string", "Genre"),
        Column("rating", "string", "Age rating"),
        Column("duration_seconds", "int", "Running time, for a series that of an episode, seconds"),
        Column("release_date", "string", f"Day of release, {_VARCHAR_TIME}", True),
        Column("created_at", "string", f"When the title was created, {_VARCHAR_TIME}", True),
        Column("updated_at", "string", f"When the title was last changed, {_VARCHAR_TIME}", True),
    ),
)
CAMPAIGNS = BronzeTable(
    "acme_streaming_data",
    "campaigns",
    "Marketing campaigns: all of them in the first delivery, then those that are new or have changed",
    Layout.DAY_DIRECTORIES,
    (
        Column("campaign_id", "string", "Identifier of the campaign"),
        Column("campaign_name", "string", "Name of the campaign"),
        Column(
            "channel", "string", "Where the campaign runs: email, push, search, social, television, outdoor"
        ),
        Column("title_id", "string", "Title the campaign is for; in acme_streaming_data.titles"),
        Column("status", "string", "planned, running, finished or cancelled"),
        Column("budget_usd", "double", "Budget, US dollars"),
        Column("start_date", "string", f"First day of the campaign, {_VARCHAR_TIME}", True),
        Column("end_date", "string", f"Last day of the campaign, {_VARCHAR_TIME}", True),
        Column("created_at", "string", f"When the campaign was created, {_VARCHAR_TIME}", True),
        Column("updated_at", "string", f"When the campaign was last changed, {_VARCHAR_TIME}", True),
    ),
)

# The order is the code of a telemetry table in a delivery.
TELEMETRY_TABLES = (HISTORY, REALTIME, JSON_EVENTS)
DIMENSION_TABLES = (CUSTOMERS, TITLES, CAMPAIGNS)
BRONZE_TABLES = (*TELEMETRY_TABLES, *DIMENSION_TABLES)

DATABASE_DESCRIPTIONS = {
    "acme_telemetry": "Live playback telemetry of the streaming platform (bronze)",
    "acme_streaming_data": "History, customers, titles and campaigns of the streaming platform (bronze)",
}

_ARRIVAL_PARTS = {
    "year": "Year of arrival",
    "month": "Month of arrival",
    "day": "Day of arrival",
    "hour": "Hour of arrival, UTC",
}
_PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    {"serialization.format": "1"},
)
_OPENX_JSON = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "org.openx.data.jsonserde.JsonSerDe",
    {"ignore.malformed.json": "false"},
)


def storage_descriptor(table: BronzeTable, location: str) -> "StorageDescriptorTypeDef":
    """Return Glue's description of the files of the table, or of a partition of it, at a location (s3://...)."""
    is_json = table.layout is Layout.PROJECTED_HOURS
    input_format, output_format, serde, parameters = _OPENX_JSON if is_json else _PARQUET
    serde_info: SerDeInfoTypeDef = {"SerializationLibrary": serde, "Parameters": parameters}
    return {
        "Columns": [_glue_column(each.name, each.glue_type, each.comment) for each in table.columns],
        "Location": location,
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "Compressed": True,
        "SerdeInfo": serde_info,
        "StoredAsSubDirectories": False,
    }


def table_input(table: BronzeTable, bucket: str, first_day: date, last_day: date) -> "TableInputTypeDef":
    """Return the Glue definition of the table when its files arrived from `first_day` to `last_day`."""
    location = table.location(bucket)
    return {
        "Name": table.name,
        "Description": table.description,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": _parameters(table, location, first_day, last_day),
        "PartitionKeys": [_glue_column(name, "int", _ARRIVAL_PARTS[name]) for name in partition_keys(table)],
        "StorageDescriptor": storage_descriptor(table, location),
    }


def partition_keys(table: BronzeTable) -> Sequence[str]:
    """Return the partition columns of the table, all int."""
    match table.layout:
        case Layout.DAY_DIRECTORIES:
            return ()
        case Layout.REGISTERED_PARTITIONS:
            return ("year", "month", "day")
        case Layout.PROJECTED_HOURS:
            return ("year", "month", "day", "hour")


def _glue_column(name: str, glue_type: str, comment: str) -> "ColumnTypeDef":
    return {"Name": name, "Type": glue_type, "Comment": comment}


def _parameters(table: BronzeTable, location: str, first_day: date, last_day: date) -> dict[str, str]:
    if table.layout is not Layout.PROJECTED_HOURS:
        return {"EXTERNAL": "TRUE", "classification": "parquet", "parquet.compression": "SNAPPY"}
    ranges = projection_ranges(first_day, last_day)
    parameters = {
        "EXTERNAL": "TRUE",
        "classification": "json",
        "compressionType": "gzip",
        "projection.enabled": "true",
        "storage.location.template": location + "year=${year}/month=${month}/day=${day}/hour=${hour}/",
    }
    for name, (least, most) in ranges.items():
        parameters[f"projection.{name}.type"] = "integer"
        parameters[f"projection.{name}.range"] = f"{least},{most}"
        if name != "year":
            parameters[f"projection.{name}.digits"] = "2"
    return parameters


def projection_ranges(first_day: date, last_day: date) -> dict[str, tuple[int, int]]:
    """Return the ranges of the projected partition columns, as narrow as the days of the data allow.

    A query without a filter lists every projected partition, whether it exists or not, and rows outside the
    ranges are silently not found; so the ranges are exactly those of the data.
    """
    one_year = first_day.year == last_day.year
    one_month = one_year and first_day.month == last_day.month
    return {
        "year": (first_day.year, last_day.year),
        "month": (first_day.month, last_day.month) if one_year else (1, 12),
        "day": (first_day.day, last_day.day) if one_month else (1, 31),
        "hour": (0, 23),
    }
