"""Iceberg table metadata: the first of a new table, and the result of a commit.

pyiceberg does the work. It is imported at its first use: half a second and 30 MB that a stack without S3
Tables does not need. Metadata is JSON of the specification, in arguments and in results.

Source: the Iceberg specification as pyiceberg 0.12 has it, November 2026.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec

from athena_sandbox.s3tables.errors import CommitError, InvalidError, UnsupportedError

Json = dict[str, Any]
P = ParamSpec("P")


def _refusing(function: Callable[P, Json]) -> Callable[P, Json]:
    """Turn what pyiceberg raises into a refusal of the call."""

    @wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Json:
        from pydantic import ValidationError
        from pyiceberg.exceptions import CommitFailedException
        from pyiceberg.exceptions import ValidationError as IcebergValidationError

        try:
            return function(*args, **kwargs)
        except CommitFailedException as error:
            raise CommitError(f"Requirement failed: {error}") from error
        except NotImplementedError as error:
            raise UnsupportedError(f"{error} is not supported by this server") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise InvalidError(f"Invalid Iceberg metadata: {where}: {first['msg']}") from error
        except (ValueError, TypeError, KeyError, AttributeError, IcebergValidationError) as error:
            raise InvalidError(f"Invalid Iceberg metadata: {error}") from error

    return guarded


@_refusing
def first_metadata(
    location: str,
    schema: Json,
    partition_spec: Json | None = None,
    sort_order: Json | None = None,
    properties: dict[str, str] | None = None,
) -> Json:
    """The metadata of a new, empty table; field ids are assigned again, as Iceberg's catalogs do.

    Raises InvalidError if the parts don't fit together or are not valid Iceberg.
    """
    from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.metadata import new_table_metadata
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder

    made = new_table_metadata(
        Schema.model_validate(schema),
        PartitionSpec.model_validate(partition_spec) if partition_spec else UNPARTITIONED_PARTITION_SPEC,
        SortOrder.model_validate(sort_order) if sort_order else UNSORTED_SORT_ORDER,
        location,
        dict(properties or {}),
    )
    return made.model_dump(mode="json")


@_refusing
def committed(base: Json, base_location: str, requirements: list[Json], updates: list[Json]) -> Json:
    """The metadata after a commit; `base_location` is the file of `base` and goes into the metadata log.

    Raises CommitError if a requirement doesn't hold, and InvalidError if an update is malformed or
    contradicts the table.
    """
    from pyiceberg.table.metadata import TableMetadataUtil
    from pyiceberg.table.update import SetLocationUpdate, update_table_metadata

    known = TableMetadataUtil.parse_obj(base)
    commit = _commit_model().model_validate({"requirements": requirements, "updates": updates})
    if any(isinstance(update, SetLocationUpdate) for update in commit.updates):
        raise InvalidError("Table location can not be changed for tables hosted in S3 table buckets")
    for requirement in commit.requirements:
        requirement.validate(known)
    changed = update_table_metadata(known, commit.updates, metadata_location=base_location)
    return changed.model_dump(mode="json")


@cache
def _commit_model() -> Any:
    """The body of a commit as pyiceberg parses it."""
    from pydantic import create_model
    from pyiceberg.table.update import TableRequirement, TableUpdate
    from pyiceberg.typedef import IcebergBaseModel

    return create_model(
        "Commit",
        __base__=IcebergBaseModel,
        requirements=(tuple[TableRequirement, ...], ...),
        updates=(tuple[TableUpdate, ...], ...),
    )


@_refusing
def spec_of_request(iceberg: Json) -> Json:
    """The partition spec of CreateTable's `metadata.iceberg`, whose ids may be missing; {} for none."""
    if "partitionSpec" not in iceberg:
        return {}
    given = iceberg["partitionSpec"]
    fields = [{"field-id": 1000 + place, **field} for place, field in enumerate(given["fields"])]
    return {"spec-id": 0, **given, "fields": fields}


@_refusing
def schema_of_request(iceberg: Json) -> Json:
    """The Iceberg schema of CreateTable's `metadata.iceberg`: `schemaV2` is one; `schema` is a list of fields
    of primitive types whose ids may be missing.

    Raises InvalidError if it is neither.
    """
    if "schemaV2" in iceberg:
        return {"schema-id": 0, **iceberg["schemaV2"]}
    fields = iceberg.get("schema", {}).get("fields", [])
    return {
        "type": "struct",
        "schema-id": 0,
        "fields": [
            {"id": number, "required": False, **field, "type": str(field.get("type", "")).lower()}
            for number, field in enumerate(fields, 1)
        ],
    }
