"""Which objects a statement leaves under its output location, and their names.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: result-files).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from athena_sandbox.athena.statements.classify import Classification, StatementType


class Body(StrEnum):
    """The content of the result object: CSV, lines of text, or nothing (then no object is written)."""

    CSV = "csv"
    TEXT = "text"
    NONE = "none"


@dataclass(frozen=True)
class Layout:
    """`suffix` follows the output prefix; it is what GetQueryExecution shows as OutputLocation."""

    body: Body
    suffix: str


def layout(kind: Classification, query_id: str) -> Layout:
    """The layout for a statement of this class."""
    if kind.subtype in ("SELECT", "SHOW_FUNCTIONS"):
        return Layout(Body.CSV, f"{query_id}.csv")
    if kind.subtype in ("UPDATE", "DELETE", "MERGE"):
        return Layout(Body.NONE, f"{query_id}.csv")
    if kind.subtype in ("INSERT", "UNLOAD"):
        return Layout(Body.NONE, query_id)
    if kind.subtype == "CREATE_TABLE_AS_SELECT" and kind.type is StatementType.DDL:
        return Layout(Body.NONE, f"tables/{query_id}")
    return Layout(Body.TEXT, f"{query_id}.txt")
