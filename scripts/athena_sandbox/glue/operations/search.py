"""SearchTables: tables of all databases by text, by properties, sorted.

The rules are the API reference's: a property's text is cut at punctuation and one of its words must be the
value; a text in quotes is a whole value; comparators are for times. Which properties a text is looked for in
is documented no closer than "the table metadata as well as the parent database".

Source: Glue API reference, SearchTables, read by November 2026.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from athena_sandbox.glue.catalog import Json
from athena_sandbox.glue.errors import InvalidInputError
from athena_sandbox.glue.operations.call import Call, Operation, Outcome
from athena_sandbox.glue.operations.databases import listed_databases
from athena_sandbox.glue.operations.tables import describe
from athena_sandbox.glue.paging import page

_TIMES = ("CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime")
_COMPARATORS: dict[str, Callable[[float, float], bool]] = {
    "EQUALS": lambda mine, asked: mine == asked,
    "GREATER_THAN": lambda mine, asked: mine > asked,
    "LESS_THAN": lambda mine, asked: mine < asked,
    "GREATER_THAN_EQUALS": lambda mine, asked: mine >= asked,
    "LESS_THAN_EQUALS": lambda mine, asked: mine <= asked,
}


def search_tables(call: Call) -> Outcome:
    request = call.request
    found: list[Json] = []
    # No other account exists that could share tables with this one.
    shared = request.get("ResourceShareType") in ("FOREIGN", "FEDERATED")
    for database in () if shared else listed_databases(call.catalog):
        for _, table in sorted(database.tables.items()):
            described = describe(call, database.name, table, table.latest)
            texts = [*_texts(described), *_texts(database.input)]
            if _has_text(request.get("SearchText"), texts) and all(
                _fits(described, predicate) for predicate in request.get("Filters") or ()
            ):
                found.append(described)
    for criterion in request.get("SortCriteria") or ():
        found.sort(key=_sort_key(criterion["FieldName"]), reverse=criterion.get("Sort") == "DESC")
    numbered = list(enumerate(found))
    shown, token = page(numbered, lambda item: item[0], request, default=100)
    return Outcome({"TableList": [table for _, table in shown], **token})


def _texts(value: Any) -> Iterator[str]:
    """Every text in a structure; of a map its keys too, because they are the user's own there."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "Parameters":
                yield from item or ()
            yield from _texts(item)


def _has_text(asked: str | None, texts: list[str]) -> bool:
    if not asked:
        return True
    wanted = asked.lower()
    if len(wanted) > 1 and wanted[0] == wanted[-1] == '"':
        return any(text.lower() == wanted[1:-1] for text in texts)
    return any(wanted in text.lower() for text in texts)


def _property(table: Json, key: str) -> Any:
    """A member of the table, or one of its parameters."""
    members = {name.lower(): value for name, value in table.items()}
    parameters = {name.lower(): value for name, value in (table.get("Parameters") or {}).items()}
    return members.get(key.lower(), parameters.get(key.lower()))


def _fits(table: Json, predicate: Json) -> bool:
    key, asked = predicate.get("Key", ""), predicate.get("Value", "")
    mine = _property(table, key)
    if mine is None:
        return False
    if key.lower() in map(str.lower, _TIMES):
        return _COMPARATORS[predicate.get("Comparator", "EQUALS")](float(mine), _time(key, asked))
    wanted = asked.lower()
    return str(mine).lower() == wanted or wanted in re.split(r"[\W_]+", str(mine).lower())


def _time(key: str, text: str) -> float:
    """A time of a filter in epoch seconds: a number of them, or ISO 8601 (UTC without a zone)."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"{key}: {text!r} is not a valid time.") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _sort_key(field: str) -> Callable[[Json], tuple[bool, float, str]]:
    def key(table: Json) -> tuple[bool, float, str]:
        value = _property(table, field)
        number = float(value) if isinstance(value, int | float) else 0.0
        return (value is not None, number, str(value).lower())

    return key


OPERATIONS: dict[str, Operation] = {"SearchTables": search_tables}
