"""`validate` is green on what a backfill wrote, and lists exactly what was then made wrong."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.migration import Ground, prepare
from tests.support.sandbox import ROOT, Sandbox
from tests.unit.dbt.macros import timestamp_corpus

from lakehouse.athena.sql import with_relations
from lakehouse.cli import main
from lakehouse.errors import ExitCode
from lakehouse.migration.config import ColumnConfig
from lakehouse.migration.context import Migration
from lakehouse.migration.copying.backfill import backfill
from lakehouse.migration.copying.plan import apply_plan, plan_table
from lakehouse.migration.validation import run
from lakehouse.migration.validation.checksums import check_checksums
from lakehouse.migration.validation.counts import check_counts
from lakehouse.migration.validation.derivation import derivations, derived
from lakehouse.migration.validation.differences import Check, DifferenceKind
from lakehouse.migration.validation.relations import last
from lakehouse.migration.validation.rows import check_rows
from lakehouse.migration.validation.run import Options, open_scope, validate_table

# Its own name in each run, so that a sandbox can be used again.
DATABASE = f"validated_{uuid.uuid4().hex[:8]}"
PLAYS, LINES = f"{DATABASE}.plays", f"{DATABASE}_lines"
COLUMNS = ("event_id", "event_timestamp", "ended", "watched", "share")
DDL = "event_id string, event_timestamp string, ended string, watched int, share double"
# Of e1 there are two equal copies in one file, of e2 a second one from a later file.
FIRST = [
    ("e1", "2025-08-13T06:08:46.600648Z", "2025-08-13", 1, 0.1),
    ("e1", "2025-08-13T06:08:46.600648Z", "2025-08-13", 1, 0.1),
    ("e2", "2025-08-13 07:00:00", "13.08.2025", 2, 0.2),
    ("e3", "1755065326600", None, 3, None),
    ("e4", "2025-08-14T23:30:00+02:00", "2025-08-14T01:00:00+02:00", 4, 0.4),
    ("e5", "20250812T060846Z", "", 5, 0.5),
    ("e6", "2025/08/11 06:08", "n/a", 6, 0.6),
    ("e7", "01/02/2025", "2025-08-13", 7, 0.7),
    ("e8", " ", "2025-08-13", 8, 0.8),
    (" ", "2025-08-13T06:08:46Z", "2025-08-13", 9, 0.9),
]
LATER = [
    ("e2", "2025-08-13T07:00:00Z", "2025-08-13", 22, 0.22),
    ("e9", "2025-08-15 00:00:00.123456789", "2025-08-15", 9, 9.0),
]
NOT_LOADED = ("e10", "2025-08-16T00:00:00Z", None, 10, 0.1)
FILES: dict[str, list[tuple[Any, ...]]] = {"a.json": FIRST, "b.json": LATER}
TIMES = {"event_timestamp": {"type": "timestamp"}, "ended": {"type": "date"}}
COMMON = {"columns": TIMES, "partition_by": {"column": "event_timestamp"}}
QUERIES = {
    "cast": f"select max(event_id) from {PLAYS} "
    "where cast(event_timestamp as timestamp) >= timestamp '2025-08-13 00:00:00'",
    "copies": f"select count(*) as plays, sum(watched) as watched from {PLAYS}",
    "third": f"select max(watched) as watched from {PLAYS} p where p.event_id = 'e3'",
    "recent": "-- of the last two hours\nwith recent as (select event_id from "
    f"{PLAYS} where try_cast(event_timestamp as timestamp) >= current_timestamp - interval '2' hour) "
    "select event_id from recent order by event_id",
    "broken": f"select no_such_column from {PLAYS}",
    # A date that the engine has and Python hasn't.
    "year 0": f"select distinct try_cast('0000-01-01' as date) from {PLAYS}",
}


def migrated(
    sandbox: Sandbox,
    folder: Path,
    name: str,
    files: dict[str, list[tuple[Any, ...]]] = FILES,
    **config: Any,
) -> Ground:
    """A table of these rows in a database of its own, backfilled."""
    ground = prepare(sandbox, folder, name, [{"source": "plays", **COMMON, **config}])
    for file, rows in files.items():
        ground.put("plays", file, [dict(zip(COLUMNS, row, strict=True)) for row in rows])
    ground.create("plays", DDL)
    migration = ground.migration
    apply_plan(migration, plan_table(migration, ground.table, lambda *_: None))
    backfill(migration, ground.table, 2, NoProgress(), lambda _: None)
    return ground


class NoProgress:
    """Takes progress and shows none."""

    def start(self, *_: Any) -> None:
        """Nothing to show."""

    def advance(self, *_: Any) -> None:
        """Nothing to show."""


@pytest.fixture(scope="module")
def keyed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("validated")
    queries = folder / "queries"
    queries.mkdir()
    for name, query in QUERIES.items():
        (queries / f"{name}.sql").write_text(query)
    return migrated(sandbox, folder, DATABASE, key=["event_id"])


def validated(
    ground: Ground, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of the command."""
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE"):
        monkeypatch.setenv(name, ground.sandbox.env[name])
    file = ground.config_file
    queries = ["--queries", str(file.parent / "queries"), "--as-of", "2025-08-13T08:00:00"]
    code = main(["migrate", "validate", "-f", str(file), "--project-dir", str(ROOT), *queries, "--json"])
    printed = json.loads(capsys.readouterr().out)["tables"]
    assert len(printed) == 1
    return code, printed[0]


def found(report: dict[str, Any]) -> dict[str, int]:
    return {check["check"]: check["found"] for check in report["checks"]}


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    (queries,) = (check for check in report["checks"] if check["check"] == "queries")
    return {each["query"]: each["verdict"] for each in queries["detail"]["queries"]}


def test_backfilled_table_is_green(
    keyed: Ground,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Three parts of a table that needs one: what holds of a large table is seen on a small one.
    monkeypatch.setattr(run, "ROWS_PER_PART", 5)
    code, report = validated(keyed, capsys, monkeypatch)
    assert (code, report["green"], report["differences"]) == (ExitCode.OK, True, [])
    assert set(found(report).values()) == {0}
    (counts,) = (check["detail"] for check in report["checks"] if check["check"] == "counts")
    assert counts == {
        "raw": 12,
        "in_target": 7,
        "copies": 2,
        "unreadable": {"rejected": 1, "empty": 1, "missing_key": 1},
    }
    assert {day["day"]: day["new"] for day in report["days"]} == {
        "2025-08-11": 1,
        "2025-08-12": 1,
        "2025-08-13": 3,
        "2025-08-14": 1,
        "2025-08-15": 1,
    }
    assert verdicts(report) == {
        "cast": "old fails, new answers",
        "copies": "same but for copies, unreadable rows and the form of times",
        "third": "same",
        "recent": "same but for copies, unreadable rows and the form of times",
        "broken": "fails on both",
        "year 0": "fails on both",
    }
    entry = keyed.migration.ledger.last("validate", "green", PLAYS)
    assert entry is not None
    assert (entry.detail["files"], entry.detail["differences"]) == (2, 0)
    assert entry.detail["snapshot"] == report["snapshot"]


@pytest.fixture(scope="module")
def spoiled(keyed: Ground) -> str:
    """The same table after somebody wrote to its target by hand, and a file that arrived since; its path."""
    target = f"{PLAYS}_v2"
    path = f"s3://acme-lakehouse-bronze/{DATABASE}/plays/a.json"
    for statement in (
        f"update {target} set event_timestamp = event_timestamp + interval '1' second where event_id = 'e1'",
        f"delete from {target} where event_id = 'e2'",
        f"insert into {target} values ('x1', timestamp '2025-08-13 00:00:00', null, 1, 1.0, '{path}')",
        f"update {target} set watched = 33 where event_id = 'e3'",
        f"update {target} set event_timestamp = event_timestamp + interval '1' day where event_id = 'e4'",
        f"insert into {target} select * from {target} where event_id = 'e6'",
        f"delete from {target}_rejects where raw_value = '01/02/2025'",
        f"delete from {target} where event_id = 'e5'",
        f"insert into {target}_rejects values ('r', '{PLAYS}', 'event_timestamp', '20250812T060846Z', "
        f"'out_of_range', '{{\"event_id\": \"e5\"}}', 1, '{path}')",
    ):
        keyed.sandbox.sql(statement)
    return keyed.put("plays", "c.json", [dict(zip(COLUMNS, NOT_LOADED, strict=True))])


def test_each_planted_difference_is_listed_and_no_other(
    keyed: Ground,
    spoiled: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, report = validated(keyed, capsys, monkeypatch)
    assert (code, report["green"]) == (ExitCode.DIFFERENCE, False)
    rows = [
        (each["kind"], each["key"]["event_id"], each["column"], each["old"], each["new"], each["why"])
        for each in report["differences"]
        if each["kind"] in ("missing", "extra", "value", "repeated key")
    ]
    old_e2, new_x1 = rows[2][3], rows[7][4]
    assert rows == [
        ("value", "e1", "event_timestamp", "2025-08-13 06:08:46.600648", "2025-08-13 06:08:47.600648", ""),
        ("missing", "e10", "", rows[1][3], None, "its file arrived later and is not loaded yet"),
        ("missing", "e2", "", old_e2, None, ""),
        ("value", "e3", "watched", "3", "33", ""),
        ("value", "e4", "event_timestamp", "2025-08-14 21:30:00.000000", "2025-08-15 21:30:00.000000", ""),
        ("missing", "e5", "", rows[5][3], None, "rejected by the migration as out_of_range"),
        ("repeated key", "e6", "rows", "1", "2", ""),
        ("extra", "x1", "", None, new_x1, "the old table has no such key"),
    ]
    assert json.loads(old_e2)["event_timestamp"] == "2025-08-13 07:00:00.000000"
    assert json.loads(new_x1)["watched"] == "1"
    days = [
        (each["key"]["day"], each["old"], each["new"])
        for each in report["differences"]
        if each["kind"] == "count" and "day" in each["key"]
    ]
    assert days == [
        ("2025-08-11", "1", "2"),
        ("2025-08-12", "1", "0"),
        ("2025-08-14", "1", "0"),
        ("2025-08-15", "1", "2"),
        ("2025-08-16", "1", "0"),
    ]
    checksums = [each["key"]["partition"] for each in report["differences"] if each["kind"] == "checksum"]
    assert checksums == [f"2025-08-{day}" for day in range(11, 17)]
    rejects = {
        (each["key"]["text"], each["column"], each["old"], each["new"])
        for each in report["differences"]
        if each["kind"] == "reject"
    }
    assert rejects == {
        ("01/02/2025", "event_timestamp", "1 times", "0 times"),
        ("20250812T060846Z", "event_timestamp", "0 times", "1 times"),
    }
    assert [each["key"] for each in report["differences"] if each["kind"] == "file"] == [{"file": spoiled}]
    sampled = {each["key"]["event_id"] for each in report["differences"] if each["kind"] == "sample"}
    assert sampled == {"e1", "e10", "e2", "e3", "e4", "e5", "e6"}
    assert verdicts(report) == {
        "cast": "different",
        "copies": "different",
        "third": "different",
        "recent": "different",
        "broken": "fails on both",
        "year 0": "fails on both",
    }
    assert keyed.migration.ledger.last("validate", "red", PLAYS) is not None


@pytest.mark.usefixtures("spoiled")
def test_newest_days_alone_say_what_lies_on_another_day(keyed: Ground) -> None:
    options = Options(days=1, sample=0)
    report = validate_table(keyed.migration, keyed.table, options, lambda _: None)
    assert str(report.scope.since) == "2025-08-15"
    (rows,) = (check for check in report.checks if check.name == "rows")
    assert [(each.kind, each.key["event_id"], each.why) for each in rows.differences] == [
        (DifferenceKind.MISSING, "e10", "its file arrived later and is not loaded yet"),
        (
            DifferenceKind.EXTRA,
            "e4",
            "in the old table outside what is compared: '2025-08-14T23:30:00+02:00'",
        ),
    ]


@pytest.mark.usefixtures("spoiled")
def test_parts_of_a_table_find_together_what_the_whole_finds(keyed: Ground) -> None:
    whole = open_scope(keyed.migration, keyed.table)
    found = []
    for scope in (whole, replace(whole, parts=3)):
        counts, days = check_counts(scope, keyed.migration.statements, None)
        rows = check_rows(scope, keyed.migration.statements, 100)
        sums = check_checksums(scope, keyed.migration.statements, frozenset())
        partitions = {str(each.key) for each in sums.differences}
        found.append((counts.detail, days, rows.found, rows.differences, partitions))
    assert found[0] == found[1]
    assert found[0][2] == 8


# Of t1 there are copies on two days, of t2 too, with the day of one copy for it alone; all in one file.
TIED = [
    ("t1", "2025-08-14T06:00:00Z", "2025-08-13", 1, 0.1),
    ("t1", "2025-08-13T06:00:00Z", "2025-08-13", 2, 0.1),
    ("t2", "2025-08-11T06:00:00Z", "2025-08-13", 1, 0.1),
    ("t2", "2025-08-13T06:00:00Z", "2025-08-13", 1, 0.1),
    ("t2", "2025-08-13T06:00:00Z", "2025-08-13", 3, 0.1),
    ("t3", "2025-08-13T07:00:00Z", "2025-08-13", 1, 0.1),
    ("t4", "2025-08-12T07:00:00Z", "2025-08-13", 1, 0.1),
]


@pytest.mark.parametrize("keep", [{}, {"keep": "latest", "latest_by": "share"}], ids=["first", "latest"])
def test_copies_of_one_file_on_different_days_agree_in_every_check(
    sandbox: Sandbox, tmp_path: Path, keep: dict[str, str]
) -> None:
    name = f"{DATABASE}_tied_{len(keep)}"
    ground = migrated(sandbox, tmp_path, name, {"a.json": TIED}, key=["event_id"], **keep)
    # The smallest values stay, or the greatest; days of August.
    stayed = [["t1", "13"], ["t2", "11"], ["t3", "13"], ["t4", "12"]]
    if keep:
        stayed = [["t1", "14"], ["t2", "13"], ["t3", "13"], ["t4", "12"]]
    target = f"{name}.plays_v2"
    kept = f"select event_id, cast(day(event_timestamp) as varchar) from {target} order by 1"
    assert sandbox.sql(kept) == stayed

    def red() -> set[str]:
        report = validate_table(ground.migration, ground.table, Options(), lambda _: None)
        return {check.name for check in report.checks if not check.is_green}

    assert red() == set()
    # The other copies of that file would be as good: which one is taken for the old row is not to matter.
    for key, other in (("t1", 27 - int(stayed[0][1])), ("t2", 24 - int(stayed[1][1]))):
        watched = {"t1": {14: 1, 13: 2}, "t2": {11: 1, 13: 1}}[key][other]
        sandbox.sql(
            f"update {target} set watched = {watched}, "
            f"event_timestamp = timestamp '2025-08-{other} 06:00:00' where event_id = '{key}'"
        )
    assert red() == set()
    # A row that is gone, and one that is where no copy has it, are found as ever.
    sandbox.sql(f"delete from {target} where event_id = 't3'")
    assert red() >= {"counts", "rows"}
    sandbox.sql(
        f"update {target} set event_timestamp = timestamp '2025-08-12 06:00:00' where event_id = 't1'"
    )
    assert red() >= {"counts", "checksums", "rows"}


def rows_of(migration: Migration) -> Check:
    return check_rows(open_scope(migration, migration.config.tables[0]), migration.statements, 10)


def test_table_without_a_key_is_compared_row_by_row(sandbox: Sandbox, tmp_path: Path) -> None:
    migration = migrated(sandbox, tmp_path, LINES).migration
    assert rows_of(migration).differences == ()
    target = f"{LINES}.plays_v2"
    sandbox.sql(f"update {target} set ended = date '2025-08-16' where event_id = 'e9'")
    sandbox.sql(
        f"delete from {target} where event_id = 'e1' and _row_key = "
        f"(select max(_row_key) from {target} where event_id = 'e1')"
    )
    check = rows_of(migration)
    assert check.found == 2
    assert {(each.kind, each.column, each.old, each.new) for each in check.differences} == {
        (DifferenceKind.VALUE, "ended", "2025-08-15", "2025-08-16"),
        (DifferenceKind.MISSING, "", None, None),
    }


def test_derivation_reads_the_corpus_as_it_says(sandbox: Sandbox) -> None:
    groups: dict[tuple[str, tuple[str, ...]], list[timestamp_corpus.Case]] = {}
    for case in timestamp_corpus.load_cases():
        groups.setdefault((case.zone, case.formats), []).append(case)
    wrong = []
    for (zone, formats), cases in groups.items():
        readings = derived_on_engine(sandbox, [case.input for case in cases], zone, formats)
        for case, reading in zip(cases, readings, strict=True):
            if reading != (case.timestamp, case.date, case.status == "empty"):
                wrong.append((case.case_id, reading))
    assert wrong == []


def derived_on_engine(
    sandbox: Sandbox, texts: list[str | None], zone: str, formats: tuple[str, ...]
) -> list[tuple[str | None, str | None, bool]]:
    """Timestamp and date that the derivation makes of texts, and whether it takes them for empty."""
    # By unnest: rows of VALUES would be worked out by the planner, which takes minutes.
    literals = ", ".join(
        "cast(null as varchar)" if text is None else f"from_utf8(x'{text.encode().hex()}')" for text in texts
    )
    relation = f"select at, time, time as day from unnest(array[{literals}]) with ordinality as t (time, at)"
    columns = derivations(
        {
            "time": ColumnConfig(type="timestamp", zone=zone, formats=formats),
            "day": ColumnConfig(type="date", zone=zone, formats=formats),
        }
    )
    values = ", ".join(f"cast({column.value} as varchar)" for column in columns)
    relations = {"raw": relation, **derived("raw", columns)}
    select = f"select {values}, {columns[0].is_empty} from {last(relations)} order by at"
    rows = sandbox.sql(with_relations(relations, select))
    return [(row[0], row[1], row[2] == "true") for row in rows]
