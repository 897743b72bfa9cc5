"""The timestamp macros on the engine, through the Athena API: the corpus, texts nobody wrote down, and
whether the checks notice a broken macro.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.support.sandbox import Sandbox
from tests.unit.dbt.macros import timestamp_corpus
from tests.unit.dbt.macros.macro_rendering import load_macros

from lakehouse.times import reference
from lakehouse.times.reference import Reading

MUTATION_LETTERS = (
    "0123456789" * 4 + "-/.:+ ,TtZzUCGM" * 2 + "\\n\t\r\0\u00a0\ufeff\uff13\u0662\u00e9[]EAP|'%$"
)
STATEMENT_ROOM_BYTES = 200_000
CASES = timestamp_corpus.load_cases()


@pytest.fixture(scope="module")
def macros() -> Any:
    return load_macros()


def as_rows(texts: list[str | None]) -> str:
    """A relation (position, input) of texts, every byte of them exact; None is NULL."""
    lines = ", ".join("null" if text is None else f"'{text.encode().hex()}'" for text in texts)
    return (
        "(select position, from_utf8(from_hex(input_hex)) as input "
        f"from unnest(array[{lines}]) with ordinality as texts (input_hex, position))"
    )


def mutate(text: str, chance: random.Random) -> str:
    """The text with one to three letters added, dropped, replaced or swapped."""
    letters = list(text)
    for _ in range(chance.choice([1, 1, 2, 3])):
        at = chance.randrange(len(letters) + 1)
        new = chance.choice([[chance.choice(MUTATION_LETTERS)], [], letters[at : at + 2][::-1]])
        letters[at : at + chance.choice([0, 1])] = new
    return "".join(letters)


def mutated_corpus(seed: int) -> list[str | None]:
    """As many mutated texts of the corpus as one statement can carry."""
    chance = random.Random(seed)  # noqa: S311
    sources = [case.input for case in CASES if case.input and len(case.input) < 60]
    texts: list[str | None] = []
    size = 0
    while size < STATEMENT_ROOM_BYTES:
        texts.append(mutate(chance.choice(sources), chance))
        size += 2 * len((texts[-1] or "").encode()) + 4
    return texts


def read_on_engine(
    sandbox: Sandbox, macros: Any, texts: list[str | None], zone: str, formats: tuple[str, ...]
) -> dict[int, Reading]:
    """What the engine makes of each text, by its place in the list."""
    arguments = {"zone": zone, "formats": list(formats)}
    derived = {**arguments, "parsed": "parsed_timestamp"}
    rows = sandbox.sql(f"""
        with parsed as (
            select
                *,
                {macros.parse_timestamp("input", **arguments)} as parsed_timestamp,
                {macros.parse_date("input", **arguments)} as parsed_date
            from {as_rows(texts)}
        )
        select
            position,
            {macros.timestamp_status("input", **derived)},
            {macros.timestamp_format_class("input", **derived)},
            {macros.timestamp_reject_reason("input", **derived)},
            cast(parsed_timestamp as varchar),
            cast(parsed_date as varchar)
        from parsed""")
    assert len(rows) == len(texts)
    return {int(position or 0) - 1: Reading(*actual) for position, *actual in rows}  # type: ignore[arg-type]


def test_self_contained_corpus_check_returns_no_row(sandbox: Sandbox) -> None:
    assert sandbox.sql(timestamp_corpus.check_statement()) == []


def test_seed_arrives_whole_and_passed_its_data_test(built: Sandbox) -> None:
    """The build ran the test on it; here: that it judged every case, NULL and the empty text included."""
    loaded = built.sql("select case_id, nullif(input_hex, '') from local_reference.timestamp_corpus")
    written = [(c.case_id, None if c.input is None else f"0x{c.input.encode().hex()}") for c in CASES]
    assert sorted((str(case_id), hexadecimal) for case_id, hexadecimal in loaded) == sorted(written)


def test_corpus_check_reports_a_wrong_expectation_and_unknown_settings(sandbox: Sandbox, macros: Any) -> None:
    rows = """
        ('right', '0x', 'UTC', '', 'empty', '', '', '', ''),
        ('wrong', '0x', 'UTC', '', 'rejected', '', 'unknown_format', '', ''),
        ('no group', '0x', 'Asia/Tokyo', '', 'empty', '', '', '', '')"""
    relation = f"(select * from (values {rows}) as t ({', '.join(timestamp_corpus.QUERY_COLUMNS)}))"
    found = sandbox.sql(macros.timestamp_corpus_mismatches(relation))
    assert [row[0] for row in found] == ["no group", "wrong"]


BREAKAGES = [
    ("([.,][0-9]{1,6})[0-9]*", "([.,][0-9]{1,9})", "2025-08-13T06:08:46.123456789", ()),
    ("at time zone 'UTC' as timestamp(6)", "as timestamp(6)", "2025-08-13T06:08:46+02:00", ()),
    ("chr(160)", "chr(32)", "\u00a02025-08-13T06:08:46Z\u00a0", ()),
    ("e < timestamp '2100", "e < timestamp '2300", "4102444800", ()),
    ("v not like '0000%'", "v is not null", "0000-12-31T23:59:59-14:00", ()),
    ("'$5-$2$3$4-$1'", "'$5-$1-$2$3$4'", "01/02/2025", ("dmy",)),
    ("'nan', ", "", "NaN", ()),
    ("BST|CDT|CEST", "BST|CDT", "2025-08-13 06:08:46CEST", ()),
    ("(?: ?[AP]M)?", "", "1/2/2025 3:04 PM", ()),
    ("[T ]([0-9]{1,2}:", "[T _]([0-9]{1,2}:", "2025-08-13_06:08:46", ()),
]


@pytest.mark.parametrize(
    ("macro_text", "broken", "text", "formats"), BREAKAGES, ids=[breakage[0] for breakage in BREAKAGES]
)
def test_corpus_has_a_case_that_a_broken_macro_fails(
    sandbox: Sandbox, macros: Any, macro_text: str, broken: str, text: str, formats: tuple[str, ...]
) -> None:
    (case,) = (c for c in CASES if (c.input, c.zone, c.formats) == (text, "UTC", formats))
    expected = Reading(case.status, case.format_class, case.reason, case.timestamp, case.date)
    broken_macros = load_macros((macro_text, broken))
    assert read_on_engine(sandbox, macros, [text], "UTC", formats) == {0: expected}
    assert read_on_engine(sandbox, broken_macros, [text], "UTC", formats) != {0: expected}


@pytest.mark.parametrize(
    ("zone", "formats"), [("UTC", ()), ("Europe/Berlin", ("dmy",)), ("America/New_York", ("mdy",))]
)
def test_engine_and_reference_agree_on_mutated_texts(
    sandbox: Sandbox, macros: Any, zone: str, formats: tuple[str, ...]
) -> None:
    texts = mutated_corpus(seed=len(zone))
    readings = read_on_engine(sandbox, macros, texts, zone, formats)
    expected = [reference.read(text, zone, formats) for text in texts]
    assert [(texts[at], readings[at]) for at in readings if readings[at] != expected[at]] == []


def test_very_long_texts_are_rejected_and_not_an_error(sandbox: Sandbox, macros: Any) -> None:
    lengths = ("rpad('', 100000, 'x')", "rpad('', 100000, ' ') || 'x'", "rpad('1', 100000, '1')")
    lengths += ("'2025-08-13 06:08:46' || rpad('', 100000, ' ') || 'x'", "rpad('-', 100000, '-')")
    rows = sandbox.sql(
        f"select {macros.timestamp_status('input')} from unnest(array[{', '.join(lengths)}]) as texts (input)"
    )
    assert rows == [["rejected"]] * len(lengths)


EPOCHS = [
    ("bigint '1755065326600'", None, "2025-08-13 06:08:46.600000"),
    ("'1755065326.6006489'", None, "2025-08-13 06:08:46.600648"),
    ("1755065326.6e0", None, "2025-08-13 06:08:46.600000"),
    ("decimal '1755065326600.000'", None, "2025-08-13 06:08:46.600000"),
    ("86400", None, None),
    ("86400", "seconds", "1970-01-02 00:00:00.000000"),
    ("'1755065326,9999999'", "seconds", "2025-08-13 06:08:46.999999"),
    ("0", "millis", "1970-01-01 00:00:00.000000"),
    ("'1755065326600.6489'", "millis", "2025-08-13 06:08:46.600648"),
    ("1755065326600648", "micros", "2025-08-13 06:08:46.600648"),
    ("'1755065326600648.9'", "micros", "2025-08-13 06:08:46.600648"),
    ("1755065326600648999", "nanos", "2025-08-13 06:08:46.600648"),
    ("999", "nanos", "1970-01-01 00:00:00.000000"),
    ("4102444799", "seconds", "2099-12-31 23:59:59.000000"),
    ("4102444800", "seconds", None),
    ("9223372036854775807", "seconds", None),
    ("-1", "seconds", None),
    ("1e300", "seconds", None),
    ("nan()", None, None),
    ("'1e999999999'", "seconds", None),
    ("cast(null as bigint)", "seconds", None),
    ("'abc'", "seconds", None),
]


def test_epochs_of_every_type_and_unit(sandbox: Sandbox, macros: Any) -> None:
    columns = ", ".join(f"cast({macros.parse_epoch(text, unit)} as varchar)" for text, unit, _ in EPOCHS)
    assert sandbox.sql(f"select {columns}") == [[expected for _, _, expected in EPOCHS]]


VALUES = [
    ("' 12 '", "int", "12"),
    ("'+7'", "bigint", "7"),
    ("'12.0'", "int", None),
    ("'2147483648'", "int", None),
    ("'\u0661\u0662'", "int", None),
    ("''", "int", None),
    ("'NaN'", "double", None),
    ("'Infinity'", "double", None),
    ("'1e999'", "double", None),
    ("'1d'", "double", None),
    ("'0x1p3'", "double", None),
    ("'-1.5e3'", "double", "-1.5E3"),
    ("'.5'", "double", "5.0E-1"),
    ("' 12.345 '", "decimal(10,2)", "12.35"),
    ("'123456789.01'", "decimal(10,2)", None),
    ("'1e2'", "decimal(10,2)", None),
    ("' TRUE'", "boolean", "true"),
    ("'maybe'", "boolean", None),
    ("42", "int", "42"),
    ("'2025-08-13T08:08:46+02:00'", "timestamp", "2025-08-13 06:08:46.000000"),
    ("'2025-08-13'", "date", "2025-08-13"),
    ("cast(null as varchar)", "date", None),
]


def test_values_of_every_type(sandbox: Sandbox, macros: Any) -> None:
    columns = ", ".join(f"cast({macros.parse_value(text, name)} as varchar)" for text, name, _ in VALUES)
    assert sandbox.sql(f"select {columns}") == [[expected for _, _, expected in VALUES]]


def test_canonical_text_passes_and_anything_else_is_found(sandbox: Sandbox, macros: Any) -> None:
    good = ["2025-08-13 06:08:46.600648", "2025-08-13 06:08:46", "2025-08-13", None]
    bad = [
        "2025-08-13 06:08:46+02:00",
        "2025-02-30 00:00:00",
        "2025-08-13T06:08:46Z",
        "2025-08-13 06:08:46\n",
    ]
    found = sandbox.sql(macros.test_zero_invalid_timestamps(as_rows([*good, *bad]), ["input"], True))
    assert sorted(row[1] or "" for row in found) == sorted(bad)
