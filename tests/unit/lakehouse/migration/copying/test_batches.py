"""Files in batches: bounded by partitions, bytes and the length of a statement; none lost, none twice."""

from __future__ import annotations

from datetime import date, timedelta

from lakehouse.catalog.files import SourceFile
from lakehouse.migration.copying import batches
from lakehouse.migration.copying.batches import ScannedFile, chunked, pack, pack_apart

JANUARY = date(2024, 1, 1)


def days(first: int, last: int) -> list[date]:
    return [JANUARY + timedelta(days=number) for number in range(first, last + 1)]


def scanned(name: str, touched: list[date], size: int = 10, rejected: int = 0) -> ScannedFile:
    """A file with two rows in each partition and some in none."""
    counts = dict.fromkeys(touched, 2)
    return ScannedFile(SourceFile(f"s3://b/t/{name}", size), 2 * len(touched) + rejected, counts)


def names(batch: batches.Batch) -> str:
    return "".join(file.path[-1] for file in batch.files)


def test_files_go_together_in_the_order_of_their_paths() -> None:
    [batch] = pack([scanned("b", days(1, 2), rejected=3), scanned("a", days(0, 1))])
    assert names(batch) == "ab"
    assert batch.partitions == tuple(days(0, 2))
    assert (batch.rows, batch.size, batch.part) == (11, 20, None)


def test_a_batch_touches_no_more_partitions_than_it_may() -> None:
    found = pack([scanned("a", days(0, 60)), scanned("b", days(50, 94)), scanned("c", days(95, 95))])
    assert [(names(batch), len(batch.partitions)) for batch in found] == [("ab", 95), ("c", 1)]


def test_a_file_that_touches_too_many_is_read_in_parts_that_hold_each_partition_once() -> None:
    found = pack([scanned("a", days(0, 0)), scanned("b", days(0, 199), rejected=5), scanned("c", days(7, 7))])
    assert [names(batch) for batch in found] == ["a", "b", "b", "b", "c"]
    parts = found[1:4]
    assert [day for part in parts for day in part.partitions] == days(0, 199)
    assert [part.part for part in parts] == [
        (JANUARY, JANUARY + timedelta(days=94)),
        (JANUARY + timedelta(days=95), JANUARY + timedelta(days=189)),
        (JANUARY + timedelta(days=190), JANUARY + timedelta(days=199)),
    ]
    assert [part.takes_rejects for part in parts] == [True, False, False]
    assert [part.rows for part in parts] == [195, 190, 20]
    assert [batch.number for batch in found] == [0, 1, 2, 3, 4]


def test_a_file_with_as_many_partitions_as_it_may_is_one_batch() -> None:
    [batch] = pack([scanned("a", days(0, 94))])
    assert (len(batch.partitions), batch.part) == (95, None)


def test_a_batch_has_no_more_bytes_than_it_may_unless_one_file_has() -> None:
    found = pack(
        [scanned("a", days(0, 0), 60), scanned("b", days(0, 0), 41), scanned("c", days(0, 0), 500)], 100
    )
    assert [names(batch) for batch in found] == ["a", "b", "c"]


def test_a_statement_can_name_the_files_of_its_batch() -> None:
    long = [scanned(f"{'x' * 900}{number:04}", days(0, 0)) for number in range(300)]
    found = pack(long)
    assert [len(batch.files) for batch in found] == [130, 130, 40]
    assert [len(chunk) for chunk in chunked(each.file for each in long)] == [130, 130, 40]


def test_files_without_a_readable_row_are_batches_too_for_their_rejects() -> None:
    [batch] = pack([scanned("a", [], rejected=4)])
    assert (batch.partitions, batch.rows, batch.takes_rejects) == ((), 4, True)


def test_nothing_is_no_batch() -> None:
    assert pack([]) == ()
    assert chunked([]) == []


def test_files_apart_are_in_batches_of_their_own_ahead_of_the_others() -> None:
    def scanned(name: str, day: int) -> ScannedFile:
        return ScannedFile(SourceFile(f"s3://b/{name}", 10), 1, {date(2025, 8, day): 1})

    files = [scanned("a", 11), scanned("b", 12), scanned("c", 13)]
    batches = pack_apart(files, lambda each: date(2025, 8, 12) in each.partitions, 1_000)
    paths = [[file.path for file in batch.files] for batch in batches]
    assert paths == [["s3://b/b"], ["s3://b/a", "s3://b/c"]]
    assert [batch.number for batch in batches] == [0, 1]
