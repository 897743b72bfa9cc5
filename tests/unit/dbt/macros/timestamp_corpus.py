"""The timestamp corpus: how seeds/timestamp_corpus.csv is read, and its check as a SELECT without a table.

    python -m tests.unit.dbt.macros.timestamp_corpus

prints that statement (`make corpus-check` keeps it in a file), for an Athena workgroup where nothing of this
project is built yet. On a target of dbt the seed's own data test does the same.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

from tests.support.sandbox import ROOT
from tests.unit.dbt.macros.macro_rendering import load_macros

SEED = ROOT / "seeds" / "timestamp_corpus.csv"
QUERY_COLUMNS = (
    "case_id",
    "input_hex",
    "zone",
    "formats",
    "expected_status",
    "expected_class",
    "expected_reason",
    "expected_timestamp",
    "expected_date",
)


@dataclass(frozen=True)
class Case:
    """One row of the seed; None where its cell is empty."""

    case_id: str
    input: str | None
    input_shown: str
    zone: str
    formats: tuple[str, ...]
    status: str
    format_class: str | None
    reason: str | None
    timestamp: str | None
    date: str | None
    note: str


def load_cases() -> list[Case]:
    """The cases of the seed in its order."""
    return [
        Case(
            case_id=row["case_id"],
            input=_decode(row["input_hex"]),
            input_shown=row["input_shown"],
            zone=row["zone"],
            formats=(row["formats"],) if row["formats"] else (),
            status=row["expected_status"],
            format_class=row["expected_class"] or None,
            reason=row["expected_reason"] or None,
            timestamp=row["expected_timestamp"] or None,
            date=row["expected_date"] or None,
            note=row["note"],
        )
        for row in _rows()
    ]


def shown(text: str | None) -> str:
    """A text as the seed's input_shown has it: <...>, with {U+XXXX} for what a reader could not see."""
    if text is None:
        return "(NULL)"
    return (
        "<" + "".join(c if " " <= c <= "~" and c not in "\\{}" else f"{{U+{ord(c):04X}}}" for c in text) + ">"
    )


def check_statement() -> str:
    """A SELECT that returns one row per case that the engine reads differently from the corpus.

    The cases stand in UNNEST and not in VALUES: Trino's planner copies what is computed from VALUES into each
    of its rows, which took it a minute.
    """
    columns = ",\n".join(
        f"    split_part(line, '|', {position}) as {name}"
        for position, name in enumerate(QUERY_COLUMNS, start=1)
    )
    lines = ",\n".join(_line(row) for row in _rows())
    rows = f"select\n{columns}\nfrom unnest(array[\n{lines}\n]) as corpus_lines (line)"
    return str(load_macros().timestamp_corpus_mismatches(f"(\n{rows}\n)"))


def _rows() -> list[dict[str, str]]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _decode(input_hex: str) -> str | None:
    return bytes.fromhex(input_hex.removeprefix("0x")).decode() if input_hex else None


def _line(row: dict[str, str]) -> str:
    cells = [row[name] for name in QUERY_COLUMNS]
    if any(mark in cell for cell in cells for mark in "|'"):
        raise ValueError(f"{row['case_id']}: a cell holds | or ', which a line of the statement can't carry")
    return f"'{'|'.join(cells)}'"


if __name__ == "__main__":
    print(check_statement())
