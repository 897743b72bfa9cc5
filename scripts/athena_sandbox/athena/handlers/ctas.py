"""CREATE TABLE AS: Athena's properties become Trino's, and Iceberg tables go to the Iceberg catalog.

Properties that Trino does not have (vacuum_*, optimize_*, write_*) are kept among the Iceberg table's own
properties, by `extra_properties`, which the catalog must allow: `iceberg.allowed-extra-properties=*`.

Source: Athena User Guide, pages create-table-as, ctas-considerations-limitations, read by November 2026;
measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: errors).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from athena_sandbox.athena.catalog import sql
from athena_sandbox.athena.catalog.iceberg import WRITE_PROPERTIES, partitioning_property
from athena_sandbox.athena.engine.client import EngineError, EngineStatement
from athena_sandbox.athena.errors import Failure, InvalidRequestError, StatementFailedError
from athena_sandbox.athena.executions.failures import USER, failure_of, not_supported
from athena_sandbox.athena.executions.outcome import Outcome, Run
from athena_sandbox.athena.handlers.base import Services, list_objects, look_up
from athena_sandbox.athena.handlers.parameters import with_parameters
from athena_sandbox.athena.handlers.queries import ROWS_COLUMN
from athena_sandbox.athena.handlers.transforms import parse_transform
from athena_sandbox.athena.results.storage import ObjectStore, parse_location
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.rewrites import type_decimal_literals
from athena_sandbox.athena.statements.table_buckets import bucket_of

_CODECS = {
    "GZIP": "GZIP",
    "ZLIB": "GZIP",
    "SNAPPY": "SNAPPY",
    "ZSTD": "ZSTD",
    "LZ4": "LZ4",
    "NONE": "NONE",
    "UNCOMPRESSED": "NONE",
}
_HIVE_FORMATS = frozenset(("PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE"))
_ICEBERG_FORMATS = frozenset(("PARQUET", "ORC", "AVRO"))
_COMPRESSION_KEYS = ("write_compression", "parquet_compression", "orc_compression")
_ENFORCED_LOCATION = (
    "The Create Table As Select query failed because it was submitted with an 'external_location' property "
    "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
    "'external_location' property and resubmit the query."
)


@dataclass(frozen=True)
class TablePlan:
    """Where a CTAS writes and how: Trino's table properties as SQL, and session properties.

    `location` is None where the catalog decides on it.
    """

    catalog: str
    location: str | None
    properties: Mapping[str, str]
    session: Mapping[str, str] = field(default_factory=dict)

    @property
    def iceberg(self) -> bool:
        return self.catalog != sql.HIVE


def plan_table(
    properties: Mapping[str, ast.PropertyValue], default_location: str, catalog: str = sql.HIVE
) -> TablePlan:
    """The plan for the WITH properties of a CTAS in Athena's catalog of that name.

    Raises StatementFailedError for what Athena refuses.
    """
    if bucket_of(catalog) is not None:
        return _plan_table_bucket(properties, catalog)
    kind = str(properties.get("table_type", "HIVE")).upper()
    if kind == "ICEBERG":
        return _plan_iceberg(properties, default_location)
    if kind == "HIVE":
        return plan_hive(properties, default_location)
    raise _invalid(f"Unsupported table type: {kind}")


def plan_hive(properties: Mapping[str, ast.PropertyValue], default_location: str) -> TablePlan:
    out: dict[str, str] = {}
    session: dict[str, str] = {}
    location = default_location
    for key, value in properties.items():
        if key in ("table_type", "is_external", "compression_level"):
            continue
        if key == "external_location":
            location = str(value)
        elif key == "format":
            out["format"] = sql.quote_text(_one_of(str(value).upper(), _HIVE_FORMATS))
        elif key in ("partitioned_by", "bucketed_by"):
            out[key] = _array(value)
            session |= sql.SINGLE_WRITER
        elif key == "bucket_count":
            out[key] = str(_integer(key, value))
        elif key == "field_delimiter":
            out["textfile_field_separator"] = sql.quote_text(str(value))
        elif key in _COMPRESSION_KEYS:
            session[f"{sql.HIVE}.compression_codec"] = _codec(value)
        else:
            raise _invalid(f"Catalog 'awsdatacatalog' table property '{key}' does not exist")
    out.setdefault("format", "'PARQUET'")
    if out["format"] == "'TEXTFILE'":
        out.setdefault("textfile_field_separator", sql.quote_text("\x01"))
    out["external_location"] = sql.quote_text(location)
    return TablePlan(sql.HIVE, location, out, session)


def _plan_iceberg(properties: Mapping[str, ast.PropertyValue], default_location: str) -> TablePlan:
    if properties.get("is_external", True) is not False:
        raise _invalid("Iceberg tables are managed: set is_external = false")
    location = str(properties.get("location", default_location))
    out, session = _iceberg_properties(properties, sql.ICEBERG)
    out["location"] = sql.quote_text(location.rstrip("/"))
    return TablePlan(sql.ICEBERG, location, out, session)


def _plan_table_bucket(properties: Mapping[str, ast.PropertyValue], catalog: str) -> TablePlan:
    """An S3 Tables catalog has Iceberg tables only, and places them itself."""
    out, session = _iceberg_properties(properties, catalog)
    return TablePlan(catalog, None, out, session)


def _iceberg_properties(
    properties: Mapping[str, ast.PropertyValue], catalog: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Trino's table and session properties, the location left out."""
    out: dict[str, str] = {}
    session: dict[str, str] = {}
    extra: dict[str, str] = {}
    for key, value in properties.items():
        if key in ("table_type", "is_external", "location"):
            continue
        if key == "format":
            out["format"] = sql.quote_text(_one_of(str(value).upper(), _ICEBERG_FORMATS))
        elif key == "partitioning":
            items = value if isinstance(value, tuple) else (str(value),)
            session |= sql.SINGLE_WRITER
            out["partitioning"] = _array(tuple(partitioning_property(tuple(map(parse_transform, items)))))
        elif key in WRITE_PROPERTIES:
            extra[key] = str(value)
            if key == "write_compression":
                session[f"{catalog}.compression_codec"] = _codec(value)
        else:
            known_as = sql.HIVE if catalog == sql.ICEBERG else catalog
            raise _invalid(f"Catalog '{known_as}' table property '{key}' does not exist")
    if extra:
        out["extra_properties"] = sql.text_map(extra)
    return out, session


def _invalid(text: str) -> StatementFailedError:
    return StatementFailedError(Failure(f"INVALID_TABLE_PROPERTY: {text}", USER, 1100))


def _one_of(value: str, allowed: frozenset[str]) -> str:
    if value not in allowed:
        raise not_supported(f"Unsupported format: {value}")
    return value


def _codec(value: ast.PropertyValue) -> str:
    codec = _CODECS.get(str(value).upper())
    if codec is None:
        raise not_supported(f"Unsupported compression: {value}")
    return codec


def _integer(key: str, value: ast.PropertyValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _invalid(f"Invalid value for table property '{key}': {value}")
    return value


def _array(value: ast.PropertyValue) -> str:
    items = value if isinstance(value, tuple) else (str(value),)
    return f"ARRAY[{', '.join(map(sql.quote_text, items))}]"


def create_text(plan: TablePlan, database: str, statement: ast.CreateTableAs) -> str:
    """Trino's CREATE TABLE AS."""
    properties = ", ".join(f"{key} = {value}" for key, value in plan.properties.items())
    name = sql.qualified(plan.catalog, database, statement.table.name)
    exists = "IF NOT EXISTS " if statement.if_not_exists else ""
    query = type_decimal_literals(statement.query).rewritten
    options = f" WITH ({properties})" if properties else ""
    return f"CREATE TABLE {exists}{name}{options} AS\n{query}"


async def create_table_as(services: Services, statement: ast.CreateTableAs, run: Run) -> Outcome:
    properties = dict(statement.properties)
    if run.request.output_enforced and "external_location" in properties:
        raise InvalidRequestError(_ENFORCED_LOCATION)
    if run.request.managed_results and not {"external_location", "location"} & properties.keys():
        # The only location left would be the one that only GetQueryResults can read.
        raise InvalidRequestError(
            "CREATE TABLE AS needs a location in a WorkGroup with managed query results: "
            "set external_location, or location for an Iceberg table."
        )
    results = f"{run.request.output_prefix}tables/{run.id}"
    try:
        if statement.has_column_list:
            # Athena's engine doesn't take names from the list, and then finds no names.
            raise StatementFailedError(
                Failure("MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1", USER, 1100)
            )
        plan = plan_table(properties, f"{results}/", run.catalog_of(statement.table))
        return await _create(services, statement, run, plan)
    except (EngineError, StatementFailedError) as error:
        if isinstance(error, EngineError) and error.parsing:
            raise
        raise StatementFailedError(_with_advice(failure_of(error), results)) from error


def _with_advice(failure: Failure, results: str) -> Failure:
    """Athena's reminder that it does not remove what a failed CTAS has written."""
    reason = failure.reason if failure.reason.endswith(".") else f"{failure.reason}."
    return Failure(
        f"{reason} You may need to manually clean the data at location '{results}' before retrying. "
        "Athena will not delete data in your account.",
        failure.category,
        failure.error_type,
        failure.retryable,
    )


async def _create(services: Services, statement: ast.CreateTableAs, run: Run, plan: TablePlan) -> Outcome:
    database = run.database_of(statement.table)
    existing = await look_up(services, run, statement.table)
    if existing is not None:
        if statement.if_not_exists:
            return Outcome(ROWS_COLUMN, update_count=0)
        full = f"{existing.catalog}.{database}.{statement.table.name}"
        raise StatementFailedError(
            Failure(f"TABLE_ALREADY_EXISTS: line 1:1: Destination table '{full}' already exists", USER, 1110)
        )
    if plan.location is not None:
        await check_target(services.objects, plan.location, f"{database}.{statement.table.name}")
    text = with_parameters(create_text(plan, database, statement), run.request.parameters)
    query = await run.engine.submit(
        EngineStatement(text, catalog=run.catalog, schema=run.database, session=plan.session)
    )
    await query.drain()
    manifest: list[str] | None = None
    if not plan.iceberg:
        manifest = await list_objects(services.objects, plan.location) if query.update_count else []
    return Outcome(
        ROWS_COLUMN, update_count=query.update_count, update_type="CREATE TABLE", manifest=manifest
    )


async def check_target(objects: ObjectStore, location: str, table: str) -> None:
    """Refuse a target directory that holds objects already."""
    place = parse_location(location)
    if place is None:
        raise _invalid(f"External location is not a valid file system URI: {location}")
    if not await asyncio.to_thread(objects.is_empty, place):
        raise StatementFailedError(
            Failure(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{table}' already exists: {location}",
                USER,
                1006,
            )
        )
