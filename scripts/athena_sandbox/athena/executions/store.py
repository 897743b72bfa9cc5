"""The history of executions.

Source: chosen here; 45 days of history: Athena User Guide, page querying, read by November 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from athena_sandbox.athena.executions.model import Execution, State, from_record, to_record
from athena_sandbox.athena.history import open_database, page_of_newest, place_after

_SCHEMA = """
create table if not exists executions (
    id text primary key, token text, workgroup text not null, submitted real not null,
    state text not null, record text not null, reuse_key text
);
create index if not exists executions_by_token on executions (token) where token is not null;
create index if not exists executions_by_time on executions (workgroup, submitted desc, id);
create index if not exists executions_by_reuse_key on executions (reuse_key, submitted desc);
create index if not exists executions_open on executions (state) where state in ('QUEUED', 'RUNNING');
"""


class ExecutionStore:
    """Executions by id, token and time; used from one thread."""

    def __init__(self, path: Path) -> None:
        self._db = open_database(path)
        self._add_missing_column()
        self._db.executescript(_SCHEMA)

    def _add_missing_column(self) -> None:
        """A history that an earlier version began has no reuse_key."""
        columns = {row[1] for row in self._db.execute("pragma table_info(executions)")}
        if columns and "reuse_key" not in columns:
            self._db.execute("alter table executions add column reuse_key text")

    def close(self) -> None:
        self._db.close()

    def save(self, execution: Execution) -> None:
        """Insert or replace."""
        self._db.execute(
            "insert or replace into executions (id, token, workgroup, submitted, state, record, reuse_key) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            (
                execution.id,
                execution.request.token,
                execution.request.workgroup,
                execution.submitted,
                execution.state,
                json.dumps(to_record(execution)),
                execution.request.reuse_key() if execution.is_reusable else None,
            ),
        )

    def remove(self, execution_id: str) -> None:
        self._db.execute("delete from executions where id = ?", (execution_id,))

    def get(self, execution_id: str) -> Execution | None:
        return next(iter(self._select("where id = ?", (execution_id,))), None)

    def by_token(self, token: str) -> Execution | None:
        return next(iter(self._select("where token = ? order by submitted desc limit 1", (token,))), None)

    def open_executions(self) -> list[Execution]:
        """Those QUEUED or RUNNING: after a start of the service, what the last one left unfinished."""
        return list(self._select("where state in (?, ?)", (State.QUEUED, State.RUNNING)))

    def recent(self, limit: int) -> list[Execution]:
        """The newest executions of all work groups."""
        return list(self._select("order by submitted desc, id limit ?", (limit,)))

    def reusable(self, reuse_key: str, since: float) -> list[Execution]:
        """The newest executions with a result of their own that ended at or after a time, newest first."""
        found = self._select("where reuse_key = ? order by submitted desc limit 20", (reuse_key,))
        return [one for one in found if (one.completed or 0) >= since]

    def page(self, workgroup: str, limit: int, after: str | None) -> tuple[list[str], str | None]:
        """Ids of a work group, newest first, and the token of the next page (None at the end).

        `after` is a token from here; raises ValueError for any other text.
        """
        submitted, last = place_after(after)
        rows = self._db.execute(
            "select id, submitted from executions where workgroup = ? "
            "and (submitted < ? or (submitted = ? and id > ?)) order by submitted desc, id limit ?",
            (workgroup, submitted, submitted, last, limit + 1),
        ).fetchall()
        shown, token = page_of_newest(rows, limit, lambda row: (row[1], row[0]))
        return [row[0] for row in shown], token

    def forget_before(self, moment: float) -> None:
        """Drop ended executions submitted before that time."""
        self._db.execute(
            "delete from executions where submitted < ? and state not in ('QUEUED', 'RUNNING')", (moment,)
        )

    def forget_workgroup(self, workgroup: str) -> None:
        """Drop the ended executions of a work group."""
        self._db.execute(
            "delete from executions where workgroup = ? and state not in ('QUEUED', 'RUNNING')", (workgroup,)
        )

    def _select(self, condition: str, arguments: tuple[object, ...]) -> Iterable[Execution]:
        query = f"select record from executions {condition}"  # noqa: S608 - conditions are written above
        for (record,) in self._db.execute(query, arguments):
            yield from_record(json.loads(record))
