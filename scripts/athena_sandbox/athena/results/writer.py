"""Writes result files: CSV for queries, lines of text for utilities; spooled to disk, then uploaded.

A result of a million rows needs memory for one page: rows go to a temporary file that leaves memory when it
grows beyond `_SPOOL_BYTES`.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: result-files).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from athena_sandbox.athena.results.layout import Body
from athena_sandbox.athena.results.storage import Location, ObjectStore

Row = list[str | None]

_SPOOL_BYTES = 8 * 1024 * 1024
# Below it one PUT is cheaper than the transfer manager.
_SINGLE_PUT_BYTES = 8 * 1024 * 1024


def csv_line(row: Row) -> str:
    """One line as Athena writes it: every value quoted, NULL is nothing at all."""
    return ",".join(["" if value is None else f'"{_doubled(value)}"' for value in row]) + "\n"


def _doubled(value: str) -> str:
    return value.replace('"', '""') if '"' in value else value


class ResultWriter:
    """One result file in the making; use as a context manager, `upload` once at the end."""

    def __init__(self, body: Body, spool_directory: Path | None = None) -> None:
        self._body = body
        directory = None if spool_directory is None else str(spool_directory)
        # Closed by __exit__; the object itself outlives this method.
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            max_size=_SPOOL_BYTES, dir=directory, prefix="result-"
        )
        self._lines = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write_rows(self, rows: list[Row]) -> None:
        """Append rows. Text files join fields by tabs and lines without a final newline."""
        if self._body is Body.CSV:
            text = "".join([csv_line(row) for row in rows])
        else:
            lines = ["\t".join(value or "" for value in row) for row in rows]
            text = ("\n" if self._lines and lines else "") + "\n".join(lines)
        self._lines += len(rows)
        self._file.write(text.encode())

    def upload(self, store: ObjectStore, location: Location) -> int:
        """Write the object and return its size in bytes. Raises StorageError."""
        size = self._file.tell()
        self._file.seek(0)
        if size <= _SINGLE_PUT_BYTES:
            store.put(location, self._file.read())
        else:
            store.upload(location, self._file)
        return size
