"""The timestamp corpus: how seeds/timestamp_corpus.csv is read, and the macro file that carries it.

A macro can't read a file, and a query that needs no table must carry its rows. Hence
macros/testing/timestamp_corpus_rows.sql, which is written from the seed by

    python tests/unit/dbt/macros/timestamp_corpus.py

and compared with it by test_corpus.py. The seed is the source.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass

from tests.support.sandbox import ROOT

SEED = ROOT / "seeds" / "timestamp_corpus.csv"
ROWS_MACRO = ROOT / "macros" / "testing" / "timestamp_corpus_rows.sql"
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


def rows_macro() -> str:
    """The text that macros/testing/timestamp_corpus_rows.sql must have."""
    rows = list(_rows())
    settings = sorted({(row["zone"], row["formats"]) for row in rows})
    as_json = json.dumps([{"zone": zone, "formats": [order] if order else []} for zone, order in settings])
    lines = ",\n".join(_line(row) for row in rows)
    columns = ",\n".join(
        f"    split_part(line, '|', {position}) as {name}"
        for position, name in enumerate(QUERY_COLUMNS, start=1)
    )
    return (
        "{#- Written from seeds/timestamp_corpus.csv by\n"
        "    tests/unit/dbt/macros/timestamp_corpus.py: change the seed, then run that. -#}\n"
        f"{{%- macro timestamp_corpus_settings() -%}}\n{as_json}\n{{%- endmacro -%}}\n\n"
        "{#- The corpus as a query, to be put in parentheses. UNNEST and not VALUES: Trino's planner copies\n"
        "    what is computed from VALUES into each of its rows, which took it a minute. -#}\n"
        f"{{%- macro timestamp_corpus_rows() -%}}\nselect\n{columns}\nfrom unnest(array[\n{lines}\n"
        "]) as corpus_lines (line)\n{%- endmacro -%}\n"
    )


def _rows() -> list[dict[str, str]]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _decode(input_hex: str) -> str | None:
    return bytes.fromhex(input_hex.removeprefix("0x")).decode() if input_hex else None


def _line(row: dict[str, str]) -> str:
    cells = [row[name] for name in QUERY_COLUMNS]
    if any(mark in cell for cell in cells for mark in "|'"):
        raise ValueError(f"{row['case_id']}: a cell holds | or ', which the macro's lines can't carry")
    return f"'{'|'.join(cells)}'"


if __name__ == "__main__":
    ROWS_MACRO.write_text(rows_macro(), encoding="utf-8")
