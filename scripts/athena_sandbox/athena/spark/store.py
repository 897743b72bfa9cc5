"""The history of sessions and calculations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from athena_sandbox.athena.history import open_database, page_of_newest, place_after
from athena_sandbox.athena.spark.model import (
    Calculation,
    CalculationState,
    Session,
    SessionState,
    calculation_from_record,
    session_from_record,
)

_SCHEMA = """
create table if not exists sessions (
    id text primary key, token text, workgroup text not null, started real not null, state text not null,
    record text not null
);
create index if not exists sessions_by_token on sessions (token) where token is not null;
create index if not exists sessions_by_time on sessions (workgroup, started desc, id);
create table if not exists calculations (
    id text primary key, token text, session_id text not null, submitted real not null, state text not null,
    record text not null
);
create index if not exists calculations_by_token on calculations (token) where token is not null;
create index if not exists calculations_by_time on calculations (session_id, submitted desc, id);
"""


class SparkStore:
    """Sessions and calculations by id, token and time; used from one thread."""

    def __init__(self, path: Path) -> None:
        self._db = open_database(path)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def save_session(self, session: Session) -> None:
        """Insert or replace."""
        self._db.execute(
            "insert or replace into sessions (id, token, workgroup, started, state, record) "
            "values (?, ?, ?, ?, ?, ?)",
            (
                session.id,
                session.request.token,
                session.request.workgroup,
                session.started,
                session.state,
                json.dumps(asdict(session)),
            ),
        )

    def session(self, session_id: str) -> Session | None:
        return next(iter(self._sessions("where id = ?", (session_id,))), None)

    def session_by_token(self, token: str) -> Session | None:
        return next(iter(self._sessions("where token = ?", (token,))), None)

    def open_sessions(self) -> list[Session]:
        """Those that have not ended: after a start of the service, what the last one left."""
        ended = [state for state in SessionState if state.ended]
        return list(self._sessions(f"where state not in ({_marks(ended)})", tuple(ended)))

    def sessions(
        self, workgroup: str, state: SessionState | None, limit: int, after: str | None
    ) -> tuple[list[Session], str | None]:
        """Sessions of a work group, newest first, and the next page's token (None at the end).

        `after` is a token from here; raises ValueError for any other text.
        """
        started, last = place_after(after)
        wanted, arguments = ("and state = ?", (state,)) if state else ("", ())
        found = list(
            self._sessions(
                f"where workgroup = ? {wanted} and (started < ? or (started = ? and id > ?)) "
                "order by started desc, id limit ?",
                (workgroup, *arguments, started, started, last, limit + 1),
            )
        )
        return page_of_newest(found, limit, lambda session: (session.started, session.id))

    def save_calculation(self, calculation: Calculation) -> None:
        """Insert or replace."""
        self._db.execute(
            "insert or replace into calculations (id, token, session_id, submitted, state, record) "
            "values (?, ?, ?, ?, ?, ?)",
            (
                calculation.id,
                calculation.request.token,
                calculation.request.session_id,
                calculation.submitted,
                calculation.state,
                json.dumps(asdict(calculation)),
            ),
        )

    def calculation(self, calculation_id: str) -> Calculation | None:
        return next(iter(self._calculations("where id = ?", (calculation_id,))), None)

    def calculation_by_token(self, token: str) -> Calculation | None:
        return next(iter(self._calculations("where token = ?", (token,))), None)

    def open_calculations(self) -> list[Calculation]:
        """Those that have not ended."""
        ended = [state for state in CalculationState if state.ended]
        return list(self._calculations(f"where state not in ({_marks(ended)})", tuple(ended)))

    def calculations(
        self, session_id: str, state: CalculationState | None, limit: int, after: str | None
    ) -> tuple[list[Calculation], str | None]:
        """Calculations of a session, newest first, and the next page's token; as `sessions`."""
        submitted, last = place_after(after)
        wanted, arguments = ("and state = ?", (state,)) if state else ("", ())
        found = list(
            self._calculations(
                f"where session_id = ? {wanted} and (submitted < ? or (submitted = ? and id > ?)) "
                "order by submitted desc, id limit ?",
                (session_id, *arguments, submitted, submitted, last, limit + 1),
            )
        )
        return page_of_newest(found, limit, lambda calculation: (calculation.submitted, calculation.id))

    def forget_before(self, moment: float) -> None:
        """Drop ended sessions that started before that time, with their calculations."""
        ended = [state for state in SessionState if state.ended]
        old = f"select id from sessions where started < ? and state in ({_marks(ended)})"  # noqa: S608
        with self._db:
            self._db.execute("begin")
            self._db.execute(f"delete from calculations where session_id in ({old})", (moment, *ended))  # noqa: S608
            self._db.execute(f"delete from sessions where id in ({old})", (moment, *ended))  # noqa: S608

    def _sessions(self, condition: str, arguments: tuple[object, ...]) -> Iterable[Session]:
        query = f"select record from sessions {condition}"  # noqa: S608 - conditions are written above
        for (record,) in self._db.execute(query, arguments):
            yield session_from_record(json.loads(record))

    def _calculations(self, condition: str, arguments: tuple[object, ...]) -> Iterable[Calculation]:
        query = f"select record from calculations {condition}"  # noqa: S608 - conditions are written above
        for (record,) in self._db.execute(query, arguments):
            yield calculation_from_record(json.loads(record))


def _marks(values: list[object] | list[SessionState] | list[CalculationState]) -> str:
    return ", ".join("?" * len(values))
