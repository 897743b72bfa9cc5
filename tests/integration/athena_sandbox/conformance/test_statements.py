"""Sections 2 and 3.1: what each statement form counts as, the objects it leaves, the shape of its rows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from .conftest import RESULTS, Athena


@dataclass(frozen=True)
class Form:
    """A statement form; `{name}` is a table that is there for it alone, `{place}` an empty location.

    `suffix` is what follows the result prefix and `{id}` in it the execution's; `header` says whether the
    first row holds column names; `count` is UpdateCount, None for absent.
    """

    sql: str
    kind: tuple[str, str]
    suffix: str
    header: bool
    count: int | None
    before: str = ""


DDL, DML, UTILITY = "DDL", "DML", "UTILITY"
TXT, CSV = "{id}.txt", "{id}.csv"
ICE = "create table {name} (n int, s string) location '{place}' tblproperties ('table_type' = 'ICEBERG')"
HIVE = "create external table {name} (n int) partitioned by (p string) location '{place}/'"
FORMS = [
    Form("select n from hive where n = 1", (DML, "SELECT"), CSV, True, 0),
    Form("with x as (select 1 as n) select n from x", (DML, "SELECT"), CSV, True, 0),
    Form("values 1", (DML, "SELECT"), CSV, True, 0),
    Form("table hive", (DML, "SELECT"), CSV, True, 0),
    Form("(select 1 as n)", (DML, "SELECT"), CSV, True, 0),
    Form("explain select 1", (DML, "EXPLAIN"), TXT, True, None),
    Form("insert into {name} values (1, 'a'), (2, 'b')", (DML, "INSERT"), "{id}", False, 2, ICE),
    Form("update {name} set n = 2", (DML, "UPDATE"), CSV, False, 0, ICE),
    Form("delete from {name}", (DML, "DELETE"), CSV, False, 0, ICE),
    Form(
        "merge into {name} as t using (select 1 as n) as s on t.n = s.n when not matched then insert (n) "
        "values (s.n)",
        (DML, "MERGE"),
        CSV,
        False,
        1,
        ICE,
    ),
    Form("create table {name} as select 1 as a", (DDL, "CREATE_TABLE_AS_SELECT"), "tables/{id}", False, 1),
    Form(HIVE, (DDL, "CREATE_TABLE"), TXT, False, None),
    Form(ICE, (DDL, "CREATE_TABLE"), TXT, False, None),
    Form("create view {name} as select 1 as a", (DDL, "CREATE_VIEW"), TXT, False, None),
    Form("create or replace view {name} as select 1 as a", (DDL, "CREATE_VIEW"), TXT, False, None),
    Form("drop view {name}", (DDL, "DROP_VIEW"), TXT, False, None, "create view {name} as select 1 as a"),
    Form("drop table {name}", (DDL, "DROP_TABLE"), TXT, False, None, HIVE),
    Form("create database {name}", (DDL, "CREATE_DATABASE"), TXT, False, None),
    Form("drop schema {name}", (DDL, "DROP_DATABASE"), TXT, False, None, "create schema {name}"),
    Form("alter table {name} add columns (x int)", (DDL, "ALTER_TABLE_ADD_COLUMN"), TXT, False, None, HIVE),
    Form("alter table {name} add columns (x int)", (DDL, "ALTER_TABLE_ADD_COLUMN"), TXT, False, None, ICE),
    Form(
        "alter table {name} replace columns (x int)",
        (DDL, "ALTER_TABLE_REPLACE_COLUMN"),
        TXT,
        False,
        None,
        HIVE,
    ),
    Form("alter table {name} change n m int", (DDL, "ALTER_TABLE_CHANGE_COLUMN"), TXT, False, None, HIVE),
    Form("alter table {name} drop column s", (DDL, "ALTER_TABLE_DROP_COLUMN"), TXT, False, None, ICE),
    Form("alter table {name} rename to {name}_r", (DDL, "ALTER_TABLE_RENAME"), TXT, False, None, ICE),
    Form(
        "alter table {name} set tblproperties ('a' = 'b')",
        (DDL, "ALTER_TABLE_PROPERTIES"),
        TXT,
        False,
        None,
        HIVE,
    ),
    Form(
        "alter table {name} unset tblproperties ('EXTERNAL')",
        (DDL, "ALTER_TABLE_PROPERTIES"),
        TXT,
        False,
        None,
        HIVE,
    ),
    Form(
        "alter table {name} set location '{place}/'",
        (DDL, "ALTER_TABLE_SET_LOCATION"),
        TXT,
        False,
        None,
        HIVE,
    ),
    Form(
        "alter table {name} add if not exists partition (p = 'a') partition (p = 'b') location '{place}/b/'",
        (DDL, "ALTER_TABLE_ADD_PARTITION"),
        TXT,
        False,
        None,
        HIVE,
    ),
    Form(
        "alter table {name} drop if exists partition (p = 'a'), partition (p = 'b')",
        (DDL, "ALTER_TABLE_DROP_PARTITION"),
        TXT,
        False,
        None,
        HIVE,
    ),
    Form("msck repair table {name}", (DDL, "MSCK_REPAIR"), TXT, False, None, HIVE),
    Form(
        "optimize {name} rewrite data using bin_pack",
        (DDL, "CREATE_TABLE_AS_SELECT"),
        "tables/{id}",
        False,
        None,
        ICE,
    ),
    Form("vacuum {name}", (DML, "VACUUM_TABLE"), TXT, False, None, ICE),
    Form("show tables", (UTILITY, "SHOW_TABLES"), TXT, False, 0),
    Form("show databases", (UTILITY, "SHOW_DATABASES"), TXT, False, 0),
    Form("show schemas", (UTILITY, "SHOW_DATABASES"), TXT, False, 0),
    Form("show columns in hive", (UTILITY, "SHOW_COLUMNS"), TXT, False, 0),
    Form("show partitions hive", (UTILITY, "SHOW_PARTITIONS"), TXT, False, 0),
    Form("show tblproperties hive", (UTILITY, "SHOW_TABLE_PROPERTIES"), TXT, False, 0),
    Form("show create table hive", (UTILITY, "SHOW_CREATE_TABLE"), TXT, False, None),
    Form("show create view v", (UTILITY, "SHOW_CREATE_VIEW"), TXT, False, 0),
    Form("show views", (UTILITY, "SHOW_VIEWS"), TXT, False, 0),
    Form("describe hive", (UTILITY, "DESCRIBE_TABLE"), TXT, False, None),
    Form("desc ice", (UTILITY, "DESCRIBE_TABLE"), TXT, False, 0),
    Form("describe v", (UTILITY, "DESC_VIEW"), TXT, False, 0),
    Form("show functions", (UTILITY, "SHOW_FUNCTIONS"), CSV, True, 0),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: " ".join(form.sql.split()[:5]))
def test_a_form_counts_as_athena_counts_it(athena: Athena, form: Form) -> None:
    words = {"name": f"t_{uuid.uuid4().hex}", "place": athena.place}
    if form.before:
        athena.do(form.before.format(**words))
    words["place"] = athena.place
    ended = athena.do(form.sql.format(**words))
    assert ended.kind == form.kind
    assert ended.location == RESULTS + form.suffix.format(id=ended.id)
    assert ended.results is not None
    assert ended.results.get("UpdateCount") == form.count
    names = [name for name, _ in ended.columns]
    assert bool(ended.rows and ended.rows[0] == names) == form.header
    if form.kind[1] in ("INSERT", "UPDATE", "DELETE", "MERGE", "CREATE_TABLE_AS_SELECT") and (
        not form.sql.startswith("optimize")
    ):
        assert ended.rows == []
        assert ended.columns == [("rows", "bigint")]


# -- 2.1 objects ----------------------------------------------------------------------------------


def test_a_query_leaves_a_file_and_its_metadata(athena: Athena) -> None:
    ended = athena.do("select 1 as x")
    assert athena.read(ended.location) == b'"x"\n"1"\n'
    metadata = athena.read(f"{ended.location}.metadata")
    assert metadata is not None
    # Field 1, a text of 36 bytes: the query's id.
    assert metadata.startswith(b"\x0a\x24" + ended.id.encode())


def test_changes_leave_only_metadata(athena: Athena) -> None:
    ended = athena.do("delete from ice where n = 99")
    assert athena.read(ended.location) is None
    assert athena.read(f"{ended.location}.metadata") is not None


def test_an_insert_into_a_hive_table_leaves_a_manifest(athena: Athena) -> None:
    name, place = f"t_{uuid.uuid4().hex}", athena.place
    athena.do(f"create external table {name} (n int) partitioned by (p string) location '{place}/'")
    first = athena.do(f"insert into {name} values (1, 'x')")
    second = athena.do(f"insert into {name} values (2, 'x'), (3, 'y')")
    manifest = athena.read(f"{RESULTS}{second.id}-manifest.csv")
    assert manifest is not None
    assert second.execution["Statistics"]["DataManifestLocation"] == f"{RESULTS}{second.id}-manifest.csv"
    lines = manifest.decode().splitlines()
    assert sorted(line.rsplit("/", 1)[0] for line in lines) == [f"{place}/p=x", f"{place}/p=y"]
    earlier = athena.read(f"{RESULTS}{first.id}-manifest.csv")
    assert earlier is not None
    assert not set(lines) & set(earlier.decode().splitlines())


@pytest.mark.parametrize(
    "sql",
    ["insert into ice select * from ice where false", "insert into hive select * from hive where false"],
)
def test_no_rows_no_manifest(athena: Athena, sql: str) -> None:
    ended = athena.do(sql)
    assert athena.read(f"{RESULTS}{ended.id}-manifest.csv") is None
    assert athena.read(f"{RESULTS}{ended.id}.metadata") is not None


def test_an_insert_into_iceberg_leaves_none_either(athena: Athena) -> None:
    ended = athena.do("insert into ice values (50, 'm', null)")
    assert athena.read(f"{RESULTS}{ended.id}-manifest.csv") is None
    athena.do("delete from ice where n = 50")


def test_a_failed_hive_statement_leaves_its_message_and_an_empty_result(athena: Athena) -> None:
    ended = athena.run("drop table nothing")
    assert ended.rows == []
    message = f"FAILED: SemanticException [Error 10001]: Table not found {athena.database}.nothing"
    assert athena.read(ended.location) == message.encode()
    assert ended.reason == message


def test_a_failed_query_leaves_nothing(athena: Athena) -> None:
    ended = athena.run("select 1 / 0")
    assert athena.read(ended.location) is None
    assert athena.read(f"{ended.location}.metadata") is None


# -- 3.1 names and quotes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ('describe "hive"', "no viable alternative at input 'describe \"hive\"'"),
        ("select * from `hive`", "backquoted identifiers are not supported"),
        ("drop table a.b.c.d", "Invalid table name a.b.c.d"),
    ],
)
def test_quotes_of_the_other_path_are_refused(athena: Athena, sql: str, message: str) -> None:
    assert message in athena.refusal(sql)["Message"]


@pytest.mark.parametrize("sql", ["select N from HIVE where n = 1", 'select "N" from "Hive" where n = 1'])
def test_names_fold_to_lower_case(athena: Athena, sql: str) -> None:
    rows = athena.do(sql).rows
    assert rows is not None
    assert rows[1:] == [["1"]]


@pytest.mark.parametrize(
    ("sql", "catalog", "reason"),
    [
        ("select * from t", "nothing", "CATALOG_NOT_FOUND: line 1:15: Catalog 'nothing' does not exist"),
        (
            "create table x as select 1 as a",
            "nothing",
            "NOT_FOUND: Session property catalog does not exist: nothing",
        ),
        (
            "insert into hive values (1, 'a', 'b')",
            "nothing",
            "NOT_FOUND: Session property catalog does not exist: nothing",
        ),
        ("select * from iceberg.a.b", None, "CATALOG_NOT_FOUND: line 1:15: Catalog 'iceberg' does not exist"),
        (
            "select * from system.runtime.nodes",
            None,
            "CATALOG_NOT_FOUND: line 1:15: Catalog 'system' does not exist",
        ),
        ("select * from a.b.c", None, "CATALOG_NOT_FOUND: line 1:15: Catalog 'a' does not exist"),
    ],
)
def test_unknown_catalogs(athena: Athena, sql: str, catalog: str | None, reason: str) -> None:
    ended = athena.run(sql, context={"Catalog": catalog} if catalog else {})
    assert ended.state == "FAILED"
    assert ended.reason.startswith(reason)


def test_ddl_falls_back_to_the_default_catalog(athena: Athena) -> None:
    assert athena.do("show columns in ice", context={"Catalog": "nothing"}).lines == ["n", "s", "ts"]


@pytest.mark.parametrize("comment", ["-- why\n", "/* why */ "])
def test_comments_before_a_query(athena: Athena, comment: str) -> None:
    assert athena.do(f"{comment}select 1 as x").rows == [["x"], ["1"]]
    assert athena.do(f"{comment}describe ice").lines[0] == "# Table schema:\t\t"


@pytest.mark.parametrize("sql", ["describe hive", "show create table hive", "drop table if exists nothing"])
def test_line_comments_before_ddl(athena: Athena, sql: str) -> None:
    athena.do(f"-- why /* */\n{sql}")


@pytest.mark.parametrize(
    "options",
    [
        "",
        "(format text) ",
        "(type logical) ",
        "(type validate) ",
        "(type io) ",
        "(format json) ",
        "(format graphviz) ",
        "(type distributed, format json) ",
    ],
)
def test_explain_variants(athena: Athena, options: str) -> None:
    ended = athena.do(f"explain {options}select n from hive")
    assert ended.rows is not None
    assert ended.rows[0] == ["Query Plan"]
    assert len(ended.rows) > 1


@pytest.mark.parametrize("options", ["", "(format text) "])
def test_explain_analyze(athena: Athena, options: str) -> None:
    ended = athena.do(f"explain analyze {options}select n from hive")
    assert ended.lines[0] == "Query Plan"
    assert ended.execution["Statistics"]["DataScannedInBytes"] > 0


def test_explain_analyze_as_json_is_refused_by_name(athena: Athena) -> None:
    """Athena has it, the engine here does not."""
    message = athena.refusal("explain analyze (format json) select 1")["Message"]
    assert message == "EXPLAIN ANALYZE (format json) is not supported by this server"
