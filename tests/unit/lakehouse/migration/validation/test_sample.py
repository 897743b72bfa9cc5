"""Which copy of a key a sample takes for the one that stays, and what it says when another one is there."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse.catalog.files import SourceFile
from lakehouse.catalog.tables import Column, Table, TableKind
from lakehouse.migration.config import TableConfig
from lakehouse.migration.validation.relations import Scope
from lakehouse.migration.validation.sample import compare_keys, sample_files

OLD = (Column("id", "string"), Column("at", "string"), Column("changed", "string"), Column("n", "double"))
NEW = (
    Column("id", "string"),
    Column("at", "timestamp"),
    Column("changed", "timestamp"),
    Column("n", "double"),
    Column("_source_path", "string"),
)
DAY = "2025-08-13 00:00:00.000000"


def scope(keep: str) -> Scope:
    config: dict[str, Any] = {
        "source": "db.t",
        "key": ["id"],
        "columns": {"at": {"type": "timestamp"}, "changed": {"type": "timestamp"}},
        "partition_by": {"column": "at"},
    }
    if keep == "latest":
        config |= {"keep": "latest", "latest_by": "changed"}
    source = Table("db", "t", TableKind.HIVE, OLD, (), "s3://b/t/", {})
    target = Table("db", "t_v2", TableKind.ICEBERG, NEW, (), "s3://b/t_v2/", {})
    return Scope(TableConfig.model_validate(config), source, target, None)


def row(changed: str | None, n: str = "1.0") -> dict[str, str | None]:
    return {"id": "k", "at": DAY, "changed": changed and f"2025-08-{changed} 00:00:00.000000", "n": n}


def there(path: str, changed: str | None, n: str = "1.0") -> dict[str, str | None]:
    return {**row(changed, n), "__path": path}


@pytest.mark.parametrize(
    ("keep", "copies", "new", "differs"),
    [
        ("first", [(row("01"), "a"), (row("02"), "b")], [there("a", "01")], []),
        ("first", [(row("01"), "a"), (row("02"), "b")], [there("b", "02")], ["changed"]),
        ("latest", [(row("01"), "a"), (row("02"), "b")], [there("b", "02")], []),
        ("latest", [(row("01"), "a"), (row("02"), "b")], [there("a", "01")], ["changed"]),
        # NULL loses; of equal times the greatest path stays.
        ("latest", [(row(None), "b"), (row("01"), "a")], [there("a", "01")], []),
        ("latest", [(row("01", "1.0"), "a"), (row("01", "2.0"), "b")], [there("b", "01", "2.0")], []),
        ("latest", [(row("01", "1.0"), "a"), (row("01", "2.0"), "b")], [there("a", "01", "1.0")], ["n"]),
        # Copies of one file: either may stay.
        ("first", [(row("01"), "a"), (row("02"), "a")], [there("a", "02")], []),
        ("first", [(row("01"), "a"), (row("02"), "a")], [there("a", "03")], ["changed"]),
        # A copy of a file that is not in the sample must go before those that are.
        ("first", [(row("01"), "b")], [there("_", "05")], []),
        ("first", [(row("01"), "b")], [there("c", "05")], ["_source_path"]),
        ("latest", [(row("01"), "b")], [there("_", "05")], []),
        ("latest", [(row("05"), "b")], [there("c", "01")], ["_source_path"]),
        ("first", [(row("01"), "a")], [], [""]),
        ("first", [(row("01"), "a")], [there("a", "01"), there("a", "01")], [""]),
        # Numbers of one value may be written in two ways.
        ("first", [(row("01", "1.0"), "a")], [there("a", "01", "1")], []),
    ],
)
def test_the_copy_that_stays_must_be_in_the_target(
    keep: str,
    copies: list[tuple[dict[str, str | None], str]],
    new: list[dict[str, str | None]],
    differs: list[str],
) -> None:
    found = compare_keys(scope(keep), copies, new, {"a", "b"})
    assert [difference.column for difference in found] == differs


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1] * 3, [0, 1, 2]),
        ([1] * 48, list(range(0, 48, 2))),
        ([300_000_000] * 5, [0]),
        ([100_000_000] * 5, [0, 2]),
    ],
)
def test_sample_is_spread_over_the_files_and_bounded(sizes: list[int], expected: list[int]) -> None:
    files = [SourceFile(f"s3://b/t/{at:02}", size) for at, size in enumerate(sizes)]
    assert [int(file.path[-2:]) for file in sample_files(files)] == expected
