"""Partition projection: partitions that are computed from a table's properties instead of being registered.

Athena projects in its query engine, so only the sandbox's engine sees these partitions (`Call.engine`); every
other client of Glue sees the registered ones. `projected_values` has the values of each key.

A projected value has two forms: its text, which is in the partition's location unchanged, and its value in
the form of the key's type (`2025-01-31` for a date key), by which the engine knows the partition.

Source: Athena User Guide, "Supported types for partition projection" and "Set up partition projection", read
by November 2026; where they are silent, chosen here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from athena_sandbox.glue.catalog import Json, Values
from athena_sandbox.glue.errors import InvalidInputError
from athena_sandbox.glue.partition_filter import Condition, cast_of, conditions
from athena_sandbox.glue.projected_values import (
    Injected,
    KeyValues,
    PropertyError,
    is_text,
    property_of,
    values_of,
)
from athena_sandbox.table_properties import wrong_template

_MOST_PARTITIONS = 1_000_000
"""The engine's own limit of partitions in one scan."""
_WIDEST_INJECTED = 10_000
"""How far apart the bounds of an injected integer may be: the engine writes IN (7, 8) as 7 to 8."""

_PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Projection:
    """The projected partitions of one table."""

    table: str
    keys: tuple[Json, ...]
    columns: tuple[KeyValues, ...]
    descriptor: Json
    template: str

    @classmethod
    def of(cls, database: str, name: str, table: Json, now: float) -> Projection | None:
        """The projection of a table (TableInput) at a time in epoch seconds; None if it has none.

        Raises InvalidInputError, with what Athena says where that is known, for one that can't be.
        """
        parameters = table.get("Parameters") or {}
        keys = [{"Type": "string", **key} for key in table.get("PartitionKeys") or []]
        if parameters.get("projection.enabled", "").strip().lower() != "true" or not keys:
            return None
        full = f"{database}.{name}"
        missing = [key["Name"] for key in keys if property_of(parameters, key, "type") is None]
        if missing:
            raise InvalidInputError(
                f"Table {full} is configured for partition projection, but the following partition columns "
                f"are missing projection configuration: [{', '.join(missing)}] (table {full})"
            )
        moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
        columns = []
        for key in keys:
            try:
                columns.append(values_of(parameters, key, moment))
            except PropertyError as problem:
                raise InvalidInputError(
                    f"Table {full} is configured for partition projection, but {problem} (table {full})"
                ) from None
        if (wrong := wrong_template(table)) is not None:
            raise InvalidInputError(
                f"Table {full} is configured for partition projection, but its storage.location.template "
                f"{wrong} does not begin with s3:// (table {full})"
            )
        descriptor = table.get("StorageDescriptor") or {}
        template = parameters.get("storage.location.template") or _default_template(descriptor, keys)
        for key in keys:
            if f"${{{key['Name']}}}" not in template:
                raise InvalidInputError(
                    f"Table {full} is configured for partition projection, but its storage.location.template "
                    f"{template} has no placeholder for the partition column {key['Name']} (table {full})"
                )
        return cls(full, tuple(keys), tuple(columns), descriptor, template)

    def values(self, expression: str | None) -> list[Values]:
        """The values of the partitions that fit a filter of GetPartitions.

        Raises InvalidInputError for more than a million, and for an injected key without equality conditions.
        """
        known = conditions(expression, self.keys)
        found = [self._of_key(position, known) for position in range(len(self.keys))]
        joint = [condition.test for condition in known if len(condition.keys) > 1]
        kept = (values for values in itertools.product(*found) if all(test(values) for test in joint))
        partitions = list(itertools.islice(kept, _MOST_PARTITIONS + 1))
        if len(partitions) > _MOST_PARTITIONS:
            raise self._too_many()
        return partitions

    def partition(self, values: Values) -> Json | None:
        """The partition (PartitionInput) of these values; None if it isn't projected."""
        if len(values) != len(self.keys):
            return None
        texts = []
        for value, key, column in zip(values, self.keys, self.columns, strict=True):
            try:
                text = column.find(value if is_text(key["Type"]) else cast_of(key["Type"])(value))
            except ValueError:
                return None
            if text is None:
                return None
            texts.append(text)
        by_name = dict(zip((key["Name"] for key in self.keys), texts, strict=True))
        location = _PLACEHOLDER.sub(lambda match: by_name.get(match[1], match[0]), self.template)
        return {"Values": list(values), "StorageDescriptor": {**self.descriptor, "Location": location}}

    def _of_key(self, position: int, known: list[Condition]) -> list[str]:
        key, column = self.keys[position], self.columns[position]
        own = [condition for condition in known if condition.keys == {position}]
        equal = [condition.literals for condition in own if condition.is_equality]
        low, high = self._bounds(position, own)
        if isinstance(column, Injected) and not equal and low is not None and high is not None:
            equal = [frozenset(range(low, high + 1))] if high - low < _WIDEST_INJECTED else []
        texts: Iterator[str]
        if equal:
            wanted = sorted(frozenset.intersection(*equal))
            texts = (text for value in wanted if (text := column.find(value)) is not None)
        elif isinstance(column, Injected):
            raise InvalidInputError(
                f"CONSTRAINT_VIOLATION: For the injected projected partition column {key['Name']}, the "
                "WHERE clause must contain only static equality conditions, and at least one such condition "
                "must be present."
            )
        elif column.surely_exceeds(_MOST_PARTITIONS) and low is None and high is None:
            raise self._too_many()
        else:
            texts = self._limited(column.between(low, high))
        values = dict.fromkeys(column.canonical(text, key["Type"]) for text in texts)
        return [value for value in values if all(self._fits(value, position, test) for test in own)]

    def _fits(self, value: str, position: int, condition: Condition) -> bool:
        """Whether a condition on one key takes a value of it."""
        return condition.test(tuple(value if at == position else "" for at in range(len(self.keys))))

    def _bounds(self, position: int, own: list[Condition]) -> tuple[int | None, int | None]:
        """The integers that the conditions on an integer key leave it to lie between.

        Beyond its literals a condition takes all values or none.
        """
        lows, highs = [], []
        if not is_text(kind := self.keys[position]["Type"]) and cast_of(kind) is int:
            for condition in (condition for condition in own if condition.literals):
                if not self._fits(str(min(condition.literals) - 1), position, condition):
                    lows.append(min(condition.literals))
                if not self._fits(str(max(condition.literals) + 1), position, condition):
                    highs.append(max(condition.literals))
        return max(lows, default=None), min(highs, default=None)

    def _limited(self, texts: Iterator[str]) -> Iterator[str]:
        for count, text in enumerate(texts):
            if count >= _MOST_PARTITIONS:
                raise self._too_many()
            yield text

    def _too_many(self) -> InvalidInputError:
        return InvalidInputError(
            f"HIVE_EXCEEDED_PARTITION_LIMIT: Query over table '{self.table}' can potentially read more than "
            f"{_MOST_PARTITIONS} partitions"
        )


def _default_template(descriptor: Json, keys: list[Json]) -> str:
    folders = "/".join(f"{key['Name']}=${{{key['Name']}}}" for key in keys)
    return f"{str(descriptor.get('Location', '')).rstrip('/')}/{folders}/"
