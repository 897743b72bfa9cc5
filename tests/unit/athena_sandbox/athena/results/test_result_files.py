"""Result files as Athena writes them, and the pages read back from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from athena_sandbox.athena.results import reader
from athena_sandbox.athena.results.columns import ColumnInfo
from athena_sandbox.athena.results.layout import Body, layout
from athena_sandbox.athena.results.metadata import encode_metadata
from athena_sandbox.athena.results.reader import decode_token, encode_token, read_page
from athena_sandbox.athena.results.storage import Location, parse_location
from athena_sandbox.athena.results.writer import ResultWriter, Row
from athena_sandbox.athena.statements.classify import classify
from athena_sandbox.athena.statements.parser import parse

PLACE = Location("b", "out/id.csv")
ROWS: list[Row] = [["a", "b"], ["1", None], ["", 'say "hi", ok'], ["two\nlines", "ünïcode 💥"], [None, None]]


def written(objects: Any, body: Body, rows: list[Row], directory: Path | None = None) -> int:
    with ResultWriter(body, directory) as writer:
        for row in rows:
            writer.write_rows([row])
        return writer.upload(objects, PLACE)


def pages(objects: Any, body: Body, size: int, limit: int) -> list[list[Row]]:
    out, offset = [], 0
    while True:
        page = read_page(objects, PLACE, body, size=size, offset=offset, limit=limit)
        if page.rows:
            out.append(page.rows)
        if len(page.rows) < limit:
            return out
        offset = page.next_offset


def test_csv_quotes_every_value_and_leaves_null_bare(objects: Any) -> None:
    written(objects, Body.CSV, ROWS)
    assert objects.objects[str(PLACE)].decode() == (
        '"a","b"\n"1",\n"","say ""hi"", ok"\n"two\nlines","ünïcode 💥"\n,\n'
    )


def test_text_has_no_newline_at_the_end(objects: Any) -> None:
    written(objects, Body.TEXT, [["a\tb"], ["c"]])
    assert objects.objects[str(PLACE)] == b"a\tb\nc"


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 1000])
def test_pages_of_any_size_return_every_row(objects: Any, limit: int) -> None:
    size = written(objects, Body.CSV, ROWS)
    assert [row for page in pages(objects, Body.CSV, size, limit) for row in page] == ROWS


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_a_line_across_two_fetches_stays_one_row(
    objects: Any, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    size = written(objects, Body.TEXT, [["first line"], ["second"]])
    monkeypatch.setattr(reader, "_FIRST_CHUNK", chunk)
    monkeypatch.setattr(reader, "_CHUNK", chunk)
    assert pages(objects, Body.TEXT, size, 10) == [[["first line"], ["second"]]]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_pages_do_not_depend_on_how_the_object_is_fetched(
    objects: Any, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    size = written(objects, Body.CSV, ROWS)
    monkeypatch.setattr(reader, "_FIRST_CHUNK", chunk)
    monkeypatch.setattr(reader, "_CHUNK", chunk)
    assert [row for page in pages(objects, Body.CSV, size, 2) for row in page] == ROWS


def test_a_text_page_is_a_line_a_row(objects: Any) -> None:
    size = written(objects, Body.TEXT, [["a\tb"], [""], ["c"]])
    assert pages(objects, Body.TEXT, size, 2) == [[["a\tb"], [""]], [["c"]]]


def test_an_empty_file_is_not_even_read(objects: Any) -> None:
    page = read_page(objects, PLACE, Body.TEXT, size=0, offset=0, limit=10)
    assert page.rows == []
    assert objects.reads == []


def test_a_page_of_a_large_result_reads_little(objects: Any) -> None:
    size = written(objects, Body.CSV, [["x" * 100] for _ in range(50_000)])
    page = read_page(objects, PLACE, Body.CSV, size=size, offset=103 * 40_000, limit=1000)
    assert len(page.rows) == 1000
    assert sum(length for _, length in objects.reads) < 1_500_000


def test_large_results_go_through_a_file(objects: Any, tmp_path: Path) -> None:
    size = written(objects, Body.CSV, [["x" * 1_000_000] for _ in range(9)], tmp_path)
    assert size == 9 * 1_000_003
    assert len(objects.objects[str(PLACE)]) == size


@pytest.mark.parametrize("token", ["", "x", "o:5", encode_token(5)[:-2] + "%%", "bzotNQ==", "bzo="])
def test_foreign_page_tokens_are_not_taken(token: str) -> None:
    assert decode_token(token) is None


def test_own_page_tokens_are_taken() -> None:
    assert decode_token(encode_token(12345)) == 12345


@pytest.mark.parametrize(
    ("sql", "body", "suffix"),
    [
        ("select 1", Body.CSV, "ID.csv"),
        ("show functions", Body.CSV, "ID.csv"),
        ("update t set a = 1", Body.NONE, "ID.csv"),
        ("insert into t select 1", Body.NONE, "ID"),
        ("create table t as select 1", Body.NONE, "tables/ID"),
        ("unload (select 1) to 's3://b/' with (format='json')", Body.NONE, "ID"),
        ("explain select 1", Body.TEXT, "ID.txt"),
        ("show tables", Body.TEXT, "ID.txt"),
        ("drop table t", Body.TEXT, "ID.txt"),
        ("vacuum t", Body.TEXT, "ID.txt"),
    ],
)
def test_object_names(sql: str, body: Body, suffix: str) -> None:
    form = layout(classify(parse(sql)), "ID")
    assert (form.body, form.suffix) == (body, suffix)


def test_metadata_is_the_documented_protobuf() -> None:
    columns = [ColumnInfo("a", "integer", 10, 0, False), ColumnInfo("b", "array")]
    encoded = encode_metadata("q", columns, update_type="INSERT", update_count=300)
    first = b"\x0a\x04hive\x22\x01a\x2a\x01a\x32\x07integer\x38\x0a\x40\x00\x48\x03\x50\x00"
    second = b"\x0a\x04hive\x22\x01b\x2a\x01b\x32\x05array\x48\x03"
    assert encoded == (
        b"\x0a\x01q\x12\x06INSERT\x18\xac\x02"
        + b"\x22" + bytes([len(first)]) + first
        + b"\x22" + bytes([len(second)]) + second
    )  # fmt: skip


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket/a/b", ("bucket", "a/b")),
        ("s3://bucket", ("bucket", "")),
        ("s3://bucket/", ("bucket", "")),
        ("http://bucket/a", None),
        ("s3:/bucket/a", None),
        ("s3://Bucket/a", None),
        ("", None),
    ],
)
def test_s3_addresses(uri: str, parts: tuple[str, str] | None) -> None:
    location = parse_location(uri)
    assert (None if location is None else (location.bucket, location.key)) == parts
