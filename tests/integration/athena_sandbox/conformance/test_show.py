"""Section 3.6: the layout of SHOW and DESCRIBE."""

from __future__ import annotations

import pytest

from .conftest import Athena


def padded(*fields: str) -> str:
    return "\t".join(field.ljust(20) for field in fields)


def test_show_tables(athena: Athena) -> None:
    ended = athena.do("show tables")
    assert ended.columns == [("tab_name", "string")]
    assert {"hive", "ice", "v"} <= set(ended.lines)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [("'hiv*'", ["hive"]), ("'hive|ice'", ["hive", "ice"]), ("like 'hive'", ["hive"]), ("'iv'", [])],
)
def test_show_tables_by_pattern(athena: Athena, pattern: str, names: list[str]) -> None:
    assert athena.do(f"show tables {pattern}").lines == names
    assert athena.do(f"show tables in {athena.database} {pattern}").lines == names


def test_show_tables_of_a_missing_database(athena: Athena) -> None:
    ended = athena.run("show tables in nothing")
    assert ended.reason == "FAILED: SemanticException [Error 10072]: Database does not exist: nothing"
    assert (ended.error["ErrorCategory"], ended.error["ErrorType"]) == (1, 1502)


def test_show_databases(athena: Athena) -> None:
    ended = athena.do(f"show databases like '{athena.database}'")
    assert (ended.columns, ended.lines) == ([("database_name", "string")], [athena.database])
    assert athena.database in athena.do("show schemas like '*'").lines
    assert athena.do(f"show databases like '{athena.database[:-1]}'").lines == []


def test_show_views(athena: Athena) -> None:
    ended = athena.do("show views")
    assert (ended.columns, ended.lines) == ([("views", "varchar")], ["v"])


def test_show_partitions(athena: Athena) -> None:
    ended = athena.do("show partitions hive")
    assert ended.columns == [("partition", "string")]
    assert sorted(map(str, ended.lines)) == ["p=x", "p=y"]


def test_show_properties(athena: Athena) -> None:
    ended = athena.do("show tblproperties hive")
    assert ended.columns == [("prpt_name", "string"), ("prpt_value", "string")]
    assert "EXTERNAL\tTRUE" in ended.lines


def test_show_columns_pads_names_of_hive_tables_only(athena: Athena) -> None:
    assert athena.do("show columns in hive").columns == [("field", "string")]
    assert athena.do("show columns in hive").lines == [name.ljust(20) for name in ("n", "s", "p")]
    assert athena.do(f"show columns from ice in {athena.database}").lines == ["n", "s", "ts"]


def test_show_columns_and_describe_of_a_view(athena: Athena) -> None:
    for sql in ("show columns in v", "describe v"):
        ended = athena.do(sql)
        assert ended.columns == [("column", "varchar"), ("type", "varchar")]
        assert ended.lines == ["n\tinteger", "s\tvarchar"]


def test_show_create_view(athena: Athena) -> None:
    ended = athena.do("show create view v")
    assert ended.columns == [("create view", "varchar")]
    assert ended.lines[0] == f"CREATE VIEW {athena.database}.v AS"


def test_show_create_of_a_hive_table(athena: Athena) -> None:
    ended = athena.do("show create table hive")
    assert ended.columns == [("createtab_stmt", "string")]
    lines = [str(line).strip() for line in ended.lines]
    assert lines[0].startswith("CREATE EXTERNAL TABLE `")
    assert lines[0].endswith("hive`(")
    for line in (
        "`n` int COMMENT 'a number',",
        "`s` string)",
        "PARTITIONED BY (",
        "`p` string)",
        "ROW FORMAT SERDE",
        "STORED AS INPUTFORMAT",
        "OUTPUTFORMAT",
        "LOCATION",
        "TBLPROPERTIES (",
    ):
        assert line in lines


def test_show_create_of_an_iceberg_table(athena: Athena) -> None:
    ended = athena.do("show create table ice")
    assert ended.lines[0] == f"CREATE TABLE {athena.database}.ice ("
    assert ended.lines[-1] == ");"
    text = "\n".join(map(str, ended.lines))
    assert "\n  ts timestamp)\n" in text
    assert "\nPARTITIONED BY (" in text
    assert "\nLOCATION 's3://" in text
    assert "\nTBLPROPERTIES (\n  'table_type'='iceberg'" in text


def test_describe_of_a_hive_table(athena: Athena) -> None:
    ended = athena.do("describe hive")
    assert ended.columns == [("col_name", "string"), ("data_type", "string"), ("comment", "string")]
    assert ended.lines == [
        padded("n", "int", "a number"),
        padded("s", "string", ""),
        padded("p", "string", ""),
        "\t \t ",
        "# Partition Information\t \t ",
        "# col_name            \tdata_type           \tcomment             ",
        "\t \t ",
        padded("p", "string", ""),
    ]


def test_describe_of_an_iceberg_table(athena: Athena) -> None:
    assert athena.do("describe ice").lines == [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "n\tint\ta number",
        "s\tstring\t",
        "ts\ttimestamp\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "n_bucket\tbucket[4]\tn",
        "ts_day\tday\tts",
        "s_trunc\ttruncate[3]\ts",
        "s\tidentity\ts",
    ]


def test_describe_extended_and_formatted(athena: Athena) -> None:
    extended = athena.do("describe extended hive").lines
    assert any(
        "Detailed Table Information" in str(line) and "Table(tableName:hive" in str(line) for line in extended
    )
    formatted = [str(line).strip() for line in athena.do("describe formatted hive").lines]
    assert "# Detailed Table Information" in formatted
    assert "# Storage Information" in formatted
    refused = athena.problem("describe extended ice")
    assert "EXTENDED keyword is not supported for Iceberg tables." in refused


@pytest.mark.parametrize("sql", ["describe nothing", "show columns in nothing"])
def test_missing_tables_are_answered_at_once(athena: Athena, sql: str) -> None:
    error = athena.refusal(sql)
    assert error["AthenaErrorCode"] == "INVALID_INPUT"
    assert error["Message"].startswith(
        "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; "
        "Error Code: EntityNotFoundException; "
    )


def test_a_missing_partition(athena: Athena) -> None:
    ended = athena.run("describe hive partition (p = 'z')")
    assert "SemanticException [Error 10006]: Partition not found {p=z}" in ended.reason


def test_a_column_alone(athena: Athena) -> None:
    assert athena.do("describe hive n").lines[0] == padded("n", "int", "a number")
