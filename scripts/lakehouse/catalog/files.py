"""The files of a table as S3 lists them, and the conditions that read some of them.

Decides which partition a file belongs to. A table is read file by file: S3's listing says which files exist
and how large they are, before a byte is scanned. A partition is where Glue registered it, inside or outside
of the table's location. For a projected table only the engine knows the partition of a file, so a scan of it
has to select both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from lakehouse.athena.column_types import engine_type
from lakehouse.athena.sql import any_of, listed, one_of, quoted, text
from lakehouse.catalog.tables import Column, Table
from lakehouse.errors import UsageError
from lakehouse.records.objects import Location, list_objects

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

# Hive's name for the partition of rows whose key is NULL.
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
# Listing is mostly waiting, so several locations are listed at once.
_LISTERS = 8
_OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"

Partition = tuple[tuple[str, str], ...]
"""A partition's values by key, as text."""


@dataclass(frozen=True, order=True)
class SourceFile:
    """A file of a table: its path as in `"$path"`, its size in bytes and its partition (values by key).

    `partition` is empty if the table has no partitions, and for a projected table until the engine has
    reported it. `also` are further partitions that contain the file, because their location is the same or a
    parent folder: each of them returns the file's rows again. `arrived_at` is when S3 received it (UTC), None
    for a file that is only known from a document.
    """

    path: str
    size: int
    partition: Partition = ()
    arrived_at: datetime | None = field(default=None, compare=False)
    also: tuple[Partition, ...] = ()

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """Every known partition that returns the file's rows."""
        return (self.partition, *self.also) if self.partition else ()


def is_projected(table: Table) -> bool:
    """Whether Athena computes the table's partitions instead of asking Glue for them."""
    return bool(table.partition_keys) and _parameter(table, "projection.enabled").lower() == "true"


def require_readable(table: Table) -> None:
    """Raise UsageError for a table that no statement can read as a whole, or whose files S3 can't list.

    What Athena refuses is documented in
    https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html and
    .../partition-projection-supported-types.html.
    """
    name = table.qualified_name
    _require_s3(table.location, name, f"ALTER TABLE {name} SET LOCATION")
    if is_projected(table):
        template = _parameter(table, "storage.location.template")
        _require_s3(template or table.location, name, f"ALTER TABLE {name} SET TBLPROPERTIES")
        for key in table.partition_keys:
            if _parameter(table, f"projection.{key.name.lower()}.type").lower() == "injected":
                raise UsageError(
                    f"{name}: the projection of {key.name} is injected, so no statement can read the whole "
                    f"table: set projection.{key.name}.type to another type (enum, integer, date)"
                )
    descriptor = table.definition.get("StorageDescriptor", {})
    is_csv = descriptor.get("SerdeInfo", {}).get("SerializationLibrary") == _OPEN_CSV
    if typed := [f"{each.name} {each.type}" for each in table.columns if is_csv and not each.is_text]:
        raise UsageError(
            f"{name} declares {', '.join(typed)}, but its OpenCSVSerde reads text, so a query fails at the "
            "first value that doesn't fit: declare the columns as string and set their types under columns"
        )
    if str(descriptor.get("InputFormat", "")).endswith(".SymlinkTextInputFormat"):
        raise UsageError(
            f"{name} reads its files through symlink manifests, whose targets can change without a new "
            "file: create a table over the files themselves and migrate that"
        )


def _require_s3(location: str, name: str, correct: str) -> None:
    if not location.startswith("s3://"):
        raise UsageError(
            f"{name}: its location {location or '(none)'} is not an s3:// address, the only form that Athena "
            f"documents: correct it with {correct}"
        )


def _parameter(table: Table, name: str) -> str:
    return str(table.definition.get("Parameters", {}).get(name, ""))


def list_files(s3: S3Client, glue: GlueClient, table: Table) -> list[SourceFile]:
    """Every data file of a table, ordered by path; hidden and empty files are left out.

    Raises UsageError for a file below the table's location that is in no partition, and for a location that
    is not in S3.
    """
    require_readable(table)
    if not table.partition_keys:
        places: dict[str, list[Partition]] = {_folder(table.location): [()]}
        objects = objects_below(s3, table.location)
    elif is_projected(table):
        return sorted(_projected_files(s3, table))
    else:
        places = _registered(glue, table)
        for place, [partition, *_] in places.items():
            values = "/".join(f"{key}={value}" for key, value in partition)
            correct = f"ALTER TABLE {table.qualified_name} PARTITION (...) SET LOCATION"
            _require_s3(place, f"{table.qualified_name}, partition {values}", correct)
        objects = _objects_of(s3, _outermost([_folder(table.location), *places]))
    files = (_file(table, places, each) for each in objects if each[1])
    return sorted(file for file in files if file is not None)


def all_objects(s3: S3Client, glue: GlueClient, table: Table) -> Iterator[tuple[str, int, datetime]]:
    """Path, bytes and time of arrival (UTC) of every object, data or not, of a table and its partitions."""
    places = {_folder(table.location), *partition_places(glue, table)}
    return _objects_of(s3, _outermost(places))


def partition_places(glue: GlueClient, table: Table) -> list[str]:
    """The locations of a table's partitions: the registered folders, or the folder around a projection."""
    if is_projected(table):
        template = _parameter(table, "storage.location.template") or table.location
        return [_folder(template.partition("${")[0].rpartition("/")[0] if "${" in template else template)]
    return list(_registered(glue, table)) if table.partition_keys else []


def _file(
    table: Table, places: dict[str, list[Partition]], listed: tuple[str, int, datetime]
) -> SourceFile | None:
    """A listed object as a file of the partitions whose folders contain it, None if it is hidden in all."""
    path, size, arrived_at = listed
    # Without duplicates: two slashes in a row end the same folder twice.
    around = [place for place in dict.fromkeys(_folders(path)) if place in places]
    if not around:
        if _is_hidden(path.removeprefix(_folder(table.location))):
            return None
        raise UsageError(
            f"{path} is in no partition of {table.qualified_name}, so no query sees it: run MSCK REPAIR "
            f"TABLE {table.qualified_name} (or ALTER TABLE ... ADD PARTITION), or move the file away"
        )
    visible = [place for place in around if not _is_hidden(path.removeprefix(place))]
    partitions = sorted(partition for place in visible for partition in places[place])
    if not partitions:
        return None
    return SourceFile(path, size, partitions[0], arrived_at, tuple(partitions[1:]))


def _projected_files(s3: S3Client, table: Table) -> Iterator[SourceFile]:
    """The files that a projection can find; only the engine knows the partition of each."""
    names = (column.name for column in table.partition_keys)
    template = _parameter(table, "storage.location.template")
    template = template or _folder(table.location) + "".join(f"/{name}=${{{name}}}" for name in names)
    fixed = re.split(r"\$\{[^}]*\}", template.rstrip("/"))
    places = re.compile(".+".join(map(re.escape, fixed)) + "/.+", re.DOTALL)
    inside = _folder(table.location) + "/"
    begins = inside if fixed[0].startswith(inside) else fixed[0] + ("" if len(fixed) > 1 else "/")
    for path, size, arrived_at in _objects(s3, Location.of(begins)):
        # A partition value can contain slashes, and between them a name that would be hidden elsewhere.
        is_data = size and not _is_hidden("/" + path.rsplit("/", 1)[1])
        if is_data and (places.fullmatch(path) or path.startswith(inside)):
            yield SourceFile(path, size, (), arrived_at)


def _is_hidden(below: str) -> bool:
    """Whether Athena skips a file, by its path below its partition's location: the engine ignores files whose
    name, or the name of a folder above them, begins with a dot or an underscore."""
    return any(part.startswith((".", "_")) for part in below.split("/"))


def _folder(location: str) -> str:
    return location.rstrip("/")


def _folders(path: str) -> Iterator[str]:
    """The folders that contain a path, innermost first, up to the bucket."""
    while path.count("/") > 2:
        path = path.rsplit("/", 1)[0]
        yield _folder(path)


def _outermost(folders: Iterable[str]) -> list[str]:
    """The folders that are not inside another one of them."""
    known = set(folders)
    return sorted(each for each in known if not any(around in known for around in _folders(each)))


def _objects_of(s3: S3Client, folders: list[str]) -> Iterator[tuple[str, int, datetime]]:
    with ThreadPoolExecutor(_LISTERS) as listers:
        for objects in listers.map(lambda folder: list(objects_below(s3, folder)), folders):
            yield from objects


def files_filter(table: Table, files: list[SourceFile]) -> list[str]:
    """Conditions that select these files: by partition, so that no other one is opened, and by path.

    The range of paths may contain other files of the same partitions, so reading with it must be safe to
    repeat. If the partition of a file isn't known, the condition has paths only.
    """
    paths = [file.path for file in files]
    terms = [f'"$path" between {text(min(paths))} and {text(max(paths))}']
    if table.partition_keys and all(file.partition for file in files):
        terms.insert(0, _partitions_condition(table, files))
    return terms


def _partitions_condition(table: Table, files: list[SourceFile]) -> str:
    """The condition on partitions, with the last key's values in a list:
    `((year = 2025 and month in (1, 2)))`."""
    keys = table.partition_keys
    groups: dict[tuple[str, ...], list[str]] = {}
    for partition in dict.fromkeys(each for file in files for each in file.partitions):
        values = dict(partition)
        group = tuple(_equals(column, values[column.name]) for column in keys[:-1])
        groups.setdefault(group, []).append(values[keys[-1].name])
    return any_of(
        listed("(", _anded([*group, _one_of(keys[-1], last)]), ")", separator="")
        for group, last in groups.items()
    )


def _anded(conditions: list[str]) -> list[str]:
    return [conditions[0], *(f"and {each}" for each in conditions[1:])]


def _equals(column: Column, value: str) -> str:
    name = _compared(column)
    return f"{name} is null" if value == NO_VALUE else f"{name} = {_value(column, value)}"


def _one_of(column: Column, values: list[str]) -> str:
    name = _compared(column)
    literals = [_value(column, value) for value in values if value != NO_VALUE]
    if NO_VALUE not in values:
        return one_of(name, literals)
    return any_of([one_of(name, literals), f"{name} is null"]) if literals else f"{name} is null"


def _is_char(column: Column) -> bool:
    return column.type.lower().startswith("char")


def _compared(column: Column) -> str:
    """A partition key in a form that can be compared: the engine doesn't find a char key by its padded
    value."""
    name = quoted(column.name)
    return f"rtrim(cast({name} as varchar))" if _is_char(column) else name


def _value(column: Column, value: str) -> str:
    """A partition's value as a literal of the column's type."""
    kind = column.type.lower()
    if _is_char(column):
        return text(value.rstrip(" "))
    if kind in ("tinyint", "smallint", "int", "bigint") and re.fullmatch(r"-?[0-9]+", value):
        return str(int(value))
    if kind.startswith(("string", "varchar")):
        return text(value)
    if kind in ("date", "timestamp"):
        return f"{kind} {text(value)}"
    # Other types (boolean, decimal, double) can't be compared with text.
    return f"cast({text(value)} as {engine_type(kind)})"


def _registered(glue: GlueClient, table: Table) -> dict[str, list[Partition]]:
    """The partitions in Glue by the folder of their files; several can share a folder."""
    names = [column.name for column in table.partition_keys]
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=table.database, TableName=table.name, ExcludeColumnSchema=True
    )
    found: dict[str, list[Partition]] = {}
    for page in pages:
        for each in page["Partitions"]:
            partition = tuple(zip(names, each["Values"], strict=True))
            location = each["StorageDescriptor"].get("Location", "")
            found.setdefault(_folder(location), []).append(partition)
    return found


def objects_below(s3: S3Client, location: str) -> Iterator[tuple[str, int, datetime]]:
    """Path, bytes and time of arrival (UTC) of every object below a location."""
    place = Location.of(location)
    yield from _objects(s3, place / "" if place.key else place)


def _objects(s3: S3Client, place: Location) -> Iterator[tuple[str, int, datetime]]:
    for found, size, arrived_at in list_objects(s3, place):
        yield str(found), size, arrived_at
