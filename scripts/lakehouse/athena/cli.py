"""The command `lakehouse sql`: it parses arguments and prints."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lakehouse.athena.client import AthenaClient, QueryResult, literal
from lakehouse.errors import UsageError
from lakehouse.files import read_text
from lakehouse.output import Output, counted, size_text
from lakehouse.toolbox import toolbox_of


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def sql(
    context: typer.Context,
    statement: Annotated[
        str | None,
        typer.Argument(help="One statement, with ? for each parameter; - reads it from standard input."),
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the statement from a file.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.TABLE,
    database: Annotated[str, typer.Option(help="Database of table names without one.")] = "default",
    limit: Annotated[int, typer.Option(min=0, help="Number of rows to print at most; 0 prints all.")] = 1000,
    param: Annotated[
        list[str] | None,
        typer.Option(
            help="Value of the next ?. Text is quoted; numbers, null, true, false, 'text' and date '...' "
            "are passed unchanged."
        ),
    ] = None,
) -> None:
    """Run a statement on Athena; print its rows, the time it took and the bytes it read."""
    toolbox = toolbox_of(context)
    client = AthenaClient(toolbox.aws.session, toolbox.settings.workgroup, toolbox.settings.results)
    parameters = [literal(text) for text in param or []]
    text = _statement(statement, file)
    result = client.run(
        text, database=database, parameters=parameters, limit=limit or None, as_text=form is not Format.JSON
    )
    output = Output()
    _print_rows(result, form, output)
    output.say(
        f"{_outcome(result)}; {result.total_ms / 1000:.2f} s, {size_text(result.scanned_bytes)} scanned; "
        f"query {result.query_id}"
    )


def _outcome(result: QueryResult) -> str:
    if result.affected_rows is not None:
        return f"{counted(result.affected_rows, 'row')} affected"
    if not result.columns:
        return "done"
    left_out = ", more are not shown (--limit 0 prints all)" if result.truncated else ""
    return counted(len(result.rows), "row") + left_out


def _statement(argument: str | None, file: Path | None) -> str:
    """The statement. Raises UsageError unless exactly one source is given and can be read."""
    if (argument is None) == (file is None):
        raise UsageError("give one statement: as an argument, as - for standard input, or with --file")
    if file is None:
        return sys.stdin.read() if argument == "-" else str(argument)
    return read_text(file, "a statement")


def _print_rows(result: QueryResult, form: Format, output: Output) -> None:
    match form:
        case Format.JSON:
            output.json(
                {
                    "columns": [
                        {"name": name, "type": kind}
                        for name, kind in zip(result.columns, result.types, strict=True)
                    ],
                    "rows": [list(row) for row in result.rows],
                    "truncated": result.truncated,
                    "affected_rows": result.affected_rows,
                    "query_id": result.query_id,
                    "scanned_bytes": result.scanned_bytes,
                    "engine_ms": result.engine_ms,
                    "total_ms": result.total_ms,
                }
            )
        case _ if not result.columns or result.affected_rows is not None:
            # A statement such as CREATE TABLE or INSERT has no rows to print.
            return
        case Format.CSV:
            output.csv(result.columns, result.rows)
        case Format.TABLE:
            output.table(result.columns, result.rows, types=result.types)
