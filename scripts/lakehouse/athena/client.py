"""Runs statements on Athena, through PyAthena.

This module decides how the package calls Athena: which workgroup, where results go, how parameters are
written, and how errors of PyAthena and of the SDK become errors of this package.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
import pyathena
from botocore.exceptions import BotoCoreError, ClientError
from pyathena.connection import Connection
from pyathena.converter import Converter, DefaultTypeConverter
from pyathena.cursor import Cursor

from lakehouse.aws import explained
from lakehouse.errors import Interrupted, QueryError

logger = logging.getLogger(__name__)

# Short statements take a fraction of a second, and GetQueryExecution is cheap.
_POLL_SECONDS = 0.1

_WHOLE_SECONDS = re.compile(r"(:[0-9]{2}:[0-9]{2})(?!\.)")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LITERAL = re.compile(r"(null|true|false|((date|time|timestamp|decimal)\s+)?'([^']|'')*')", re.IGNORECASE)


@dataclass(frozen=True)
class QueryResult:
    """The rows of a statement, and what running it took.

    `types` are the columns' types by Athena's names. `truncated` is true if there are more rows than were
    requested. Times are in milliseconds: `engine_ms` in the engine, `total_ms` including the queue.
    `affected_rows` is the number of rows that a write (INSERT, CREATE TABLE AS, ...) wrote or removed, None
    for any other statement.
    """

    columns: list[str]
    types: list[str]
    rows: list[tuple[Any, ...]]
    truncated: bool
    query_id: str
    scanned_bytes: int
    engine_ms: int
    total_ms: int
    affected_rows: int | None = None


class _AsText(Converter):
    """Keeps every value as Athena writes it. PyAthena turns some nested values into NULL."""

    def __init__(self) -> None:
        super().__init__(mappings={})

    def convert(self, type_: str, value: str | None, type_hint: str | None = None) -> str | None:
        return value


@dataclass(frozen=True)
class AthenaClient:
    """One workgroup of Athena. `results` is where results go (s3://...) unless the workgroup overrides it."""

    session: boto3.Session
    workgroup: str
    results: str

    def run(
        self,
        statement: str,
        *,
        database: str,
        parameters: Sequence[str] = (),
        limit: int | None = None,
        as_text: bool = False,
    ) -> QueryResult:
        """Run one statement and return its first `limit` rows, or all rows if `limit` is None.

        Values are Python objects, or with `as_text` the text that Athena writes. `parameters` are SQL
        literals for the question marks, see `literal`. Ctrl-C cancels the statement in Athena and raises
        Interrupted. Raises QueryError if the statement fails, and ServiceError or ConfigurationError if the
        call to Athena fails.
        """
        started: list[str] = []
        try:
            return self._run(statement, database, list(parameters), limit, as_text, started)
        except KeyboardInterrupt as interrupt:
            raise self._cancelled(started) from interrupt
        except (BotoCoreError, ClientError) as error:
            raise explained(error) from error
        except pyathena.error.Error as error:
            if isinstance(error.__cause__, (BotoCoreError, ClientError)):
                raise explained(error.__cause__) from error
            raise QueryError(_one_line(error), started[0] if started else None) from error
        except ValueError as error:
            # PyAthena converts values to Python's types, whose dates end at the years 1 and 9999.
            message = f"the result has a value that no Python type can hold ({error}): cast it to varchar"
            raise QueryError(message, started[0] if started else None) from error

    def _run(
        self,
        statement: str,
        database: str,
        parameters: list[str],
        limit: int | None,
        as_text: bool,
        started: list[str],
    ) -> QueryResult:
        """Run the statement and append the query's id to `started` as soon as it is known."""
        with self._connection(database) as connection, self._cursor(connection, as_text) as cursor:
            cursor.execute(
                statement,
                parameters=parameters or None,
                paramstyle="qmark" if parameters else None,
                on_start_query_execution=started.append,
            )
            rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit + 1)
            return _result(cursor, rows, limit)

    def _cursor(self, connection: Connection[Any], as_text: bool) -> Cursor:
        return connection.cursor(Cursor, converter=_AsText()) if as_text else connection.cursor(Cursor)

    def _connection(self, database: str) -> Connection[Any]:
        return pyathena.connect(
            session=self.session,
            work_group=self.workgroup,
            s3_staging_dir=self.results,
            schema_name=database,
            poll_interval=_POLL_SECONDS,
            # We cancel the query ourselves, because Ctrl-C must also end the command.
            kill_on_interrupt=False,
            converter=_converter(),
        )

    def _cancelled(self, started: Sequence[str]) -> Interrupted:
        for query_id in started:
            self.session.client("athena").stop_query_execution(QueryExecutionId=query_id)
            return Interrupted(f"interrupted: query {query_id} was cancelled")
        return Interrupted("interrupted before the query was started")


def _converter() -> DefaultTypeConverter:
    """PyAthena's converter, which needs a fraction in every time: Athena prints as many digits as the type
    has."""
    converter = DefaultTypeConverter()
    for kind in ("timestamp", "timestamp with time zone", "time"):
        converter.set(kind, partial(_converted, converter.get(kind)))
    return converter


def _converted(convert: Callable[[str | None], Any], text: str | None) -> Any:
    return convert(text and _WHOLE_SECONDS.sub(r"\1.0", text))


def literal(text: str) -> str:
    """Return a parameter as a SQL literal: numbers, quoted text, null, true and false unchanged, else quoted.

    Athena replaces question marks by the parameters exactly as written, so a text needs quotes. A typed
    literal such as `date '2025-08-13'` is not changed, and `'42'` passes a number as text.
    """
    if _NUMBER.fullmatch(text) or _LITERAL.fullmatch(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def _result(cursor: Cursor, rows: Sequence[Any], limit: int | None) -> QueryResult:
    description = cursor.description or []
    query_id = cursor.query_id or ""
    logger.info("query %s", query_id, extra={"query_id": query_id})
    return QueryResult(
        columns=[column[0] for column in description],
        types=[column[1] for column in description],
        rows=[_cells(row, len(description)) for row in (rows if limit is None else rows[:limit])],
        truncated=limit is not None and len(rows) > limit,
        query_id=query_id,
        scanned_bytes=cursor.data_scanned_in_bytes or 0,
        engine_ms=cursor.engine_execution_time_in_millis or 0,
        total_ms=cursor.total_execution_time_in_millis or 0,
        affected_rows=cursor.rowcount if cursor.rowcount >= 0 else None,
    )


def _cells(row: Sequence[Any], columns: int) -> tuple[Any, ...]:
    """A row with a cell for each column: for DESCRIBE and SHOW COLUMNS, Athena returns one text with tabs."""
    if len(row) == columns:
        return tuple(row)
    cells = [part.strip() or None for part in str(row[0]).split("\t")] if len(row) == 1 else list(row)
    return tuple([*cells, *([None] * columns)][:columns])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
