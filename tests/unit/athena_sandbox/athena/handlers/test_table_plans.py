"""What DDL becomes: Glue entries of Hive tables, Trino statements for Iceberg ones and for CTAS."""

from __future__ import annotations

from typing import Any

import pytest

from athena_sandbox.athena.catalog.definition import stored_location, table_input
from athena_sandbox.athena.errors import InvalidRequestError, StatementFailedError
from athena_sandbox.athena.handlers.base import Target
from athena_sandbox.athena.handlers.columns import plan_add_columns, plan_iceberg_change
from athena_sandbox.athena.handlers.ctas import create_text, plan_table
from athena_sandbox.athena.handlers.maintenance import plan_vacuum
from athena_sandbox.athena.handlers.partitions import path_of
from athena_sandbox.athena.handlers.properties import plan_iceberg_properties, refuse_unserved
from athena_sandbox.athena.handlers.tables import check_create_table, plan_iceberg_create
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.parser import parse

DEFAULT = "s3://results/tables/id/"


def created(sql: str) -> ast.CreateTable:
    statement = parse(sql)
    assert isinstance(statement, ast.CreateTable)
    return statement


def test_a_csv_seed_becomes_a_glue_table() -> None:
    statement = created(
        "create external table `d`.`t` (`a` string, b string comment 'x') "
        "row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde' "
        "location 's3://b/t/' tblproperties ('skip.header.line.count'='1')"
    )
    assert table_input(statement, now=1700000000.9) == {
        "Name": "t",
        "TableType": "EXTERNAL_TABLE",
        "Owner": "hadoop",
        "Retention": 0,
        "Parameters": {
            "EXTERNAL": "TRUE",
            "transient_lastDdlTime": "1700000000",
            "skip.header.line.count": "1",
        },
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "string"}, {"Name": "b", "Type": "string", "Comment": "x"}],
            "Location": "s3://b/t",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "Compressed": False,
            "NumberOfBuckets": -1,
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
                "Parameters": {"serialization.format": "1"},
            },
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": {},
            "StoredAsSubDirectories": False,
        },
    }


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("s3://b/t/", "s3://b/t"),
        ("s3://b/t", "s3://b/t"),
        ("s3://b/a/t/", "s3://b/a/t"),
        ("s3://b/", "s3://b/"),
        ("s3://b", "s3://b"),
        ("s3://b/t//", "s3://b/t//"),
    ],
)
def test_a_location_is_stored_without_its_last_slash(given: str, stored: str) -> None:
    assert stored_location(given) == stored


@pytest.mark.parametrize(
    ("row_format", "output"),
    [
        ("", "HiveIgnoreKeyTextOutputFormat"),
        ("row format serde 'org.openx.data.jsonserde.JsonSerDe'", "IgnoreKeyTextOutputFormat"),
        ("row format serde 'org.apache.hadoop.hive.serde2.OpenCSVSerde'", "HiveIgnoreKeyTextOutputFormat"),
        (
            "row format serde 'org.openx.data.jsonserde.JsonSerDe' stored as textfile",
            "HiveIgnoreKeyTextOutputFormat",
        ),
    ],
)
def test_the_output_format_where_none_is_given(row_format: str, output: str) -> None:
    statement = created(f"create external table t (a int) {row_format} location 's3://b/t/'")
    descriptor = table_input(statement, now=0)["StorageDescriptor"]
    assert descriptor["OutputFormat"] == f"org.apache.hadoop.hive.ql.io.{output}"


def test_blanks_in_comments_and_serde_properties_are_squashed() -> None:
    statement = created(
        "create external table t (a int comment ' one\n\n two\t') comment '\n table\n  comment\n' "
        "row format serde 'org.apache.hadoop.hive.serde2.avro.AvroSerDe' "
        "with serdeproperties ('avro.schema.literal'='\n{\n  \"a\": 1\n}', 'field.delim'='\t', "
        "'x'='a\\n  b') location 's3://b/t' tblproperties ('kept'='a  b')"
    )
    definition = table_input(statement, now=0)
    assert definition["StorageDescriptor"]["Columns"][0]["Comment"] == " one two "
    assert definition["Parameters"]["comment"] == " table comment "
    assert definition["Parameters"]["kept"] == "a  b"
    assert definition["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {
        "serialization.format": "1",
        "avro.schema.literal": '\n{\n "a": 1\n}',
        "field.delim": "\t",
        "x": "a\n b",
    }


@pytest.mark.parametrize("scheme", ["s3a", "s3n", "hdfs", "file"])
def test_a_template_that_is_not_in_s3_is_refused(scheme: str) -> None:
    template = f"{scheme}://b/t/${{day}}/"

    def definition(enabled: str) -> dict[str, Any]:
        properties = f"'projection.enabled'='{enabled}', 'storage.location.template'='{template}'"
        ddl = "create external table t (a int) partitioned by (day string) location 's3://b/t/' tblproperties"
        return table_input(created(f"{ddl} ({properties})"), now=0)

    with pytest.raises(StatementFailedError) as caught:
        refuse_unserved(definition("TRUE"))
    assert caught.value.failure.reason == (
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
        f"MetaException(message:storage.location.template {template} is not a valid S3 location: "
        "it must begin with s3://)"
    )
    # Nothing reads it then.
    refuse_unserved(definition("false"))


@pytest.mark.parametrize(
    "clauses",
    [
        "row format serde 'com.amazonaws.glue.serde.GrokSerDe'",
        "row format serde 'com.amazon.emr.hive.serde.CloudTrailSerde'",
        "row format serde 'com.amazon.ionhiveserde.IonHiveSerDe'",
        "row format serde 'com.esri.hadoop.hive.serde.EsriJsonSerDe'",
        "row format serde 'org.apache.hive.hcatalog.data.JsonSerDe' "
        "stored as inputformat 'com.amazon.emr.cloudtrail.CloudTrailInputFormat' outputformat 'o'",
    ],
)
def test_a_table_that_only_athena_could_read_is_refused(clauses: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"not supported: the sandbox's engine can't read com\."):
        check_create_table(created(f"create external table t (a int) {clauses} location 's3://b/t/'"))


@pytest.mark.parametrize(
    ("clauses", "reason"),
    [
        ("row format serde 'a.B'", "Cannot validate serde: a.B"),
        ("stored as inputformat 'a.B' outputformat 'o'", "Cannot find class 'a.B'"),
    ],
)
def test_an_unknown_class_is_refused(clauses: str, reason: str) -> None:
    with pytest.raises(StatementFailedError, match=reason):
        check_create_table(created(f"create external table t (a int) {clauses} location 's3://b/t/'"))


def test_a_projected_parquet_table_keeps_its_properties() -> None:
    statement = created(
        "create external table t (a int) partitioned by (day date) clustered by (a) into 3 buckets "
        "stored as parquet location 's3://b/t/' tblproperties ('projection.enabled'='true')"
    )
    definition = table_input(statement, now=0)
    storage = definition["StorageDescriptor"]
    assert storage["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert (storage["NumberOfBuckets"], storage["BucketColumns"]) == (3, ["a"])
    assert definition["PartitionKeys"] == [{"Name": "day", "Type": "date"}]
    assert definition["Parameters"]["projection.enabled"] == "true"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("create external table t (a int)", "No location was specified for table."),
        ("create table t (a int) location 's3://b/'", "External keyword required for table type HIVE"),
        (
            "create external table t (a int) location 's3://b/' tblproperties ('table_type'='iceberg')",
            "External keyword not supported for table type ICEBERG",
        ),
        ("create external table t (a int) stored as ion location 's3://b/'", "STORED AS ION"),
    ],
)
def test_create_table_refusals(sql: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        check_create_table(created(sql))


@pytest.mark.parametrize("uri", ["s3a://b/t/", "s3n://b/t/", "file:///b/t/", "b/t"])
@pytest.mark.parametrize("kind", ["", "tblproperties ('table_type'='ICEBERG')"])
def test_a_location_is_an_s3_address(uri: str, kind: str) -> None:
    external = "" if kind else "external"
    with pytest.raises(StatementFailedError, match=rf"{uri} is not a valid S3 location"):
        check_create_table(created(f"create {external} table t (a int) location '{uri}' {kind}"))


def test_an_iceberg_table_is_created_by_trino() -> None:
    statement = created(
        "create table if not exists t (id bigint comment 'it''s', ts timestamp, s struct<x:int>) "
        "comment 'all' partitioned by (day(ts), bucket(4, id), id) location 's3://b/t/' "
        "tblproperties ('table_type'='ICEBERG', 'format'='parquet', 'vacuum_min_snapshots_to_keep'='2')"
    )
    assert plan_iceberg_create(statement, "d") == (
        'CREATE TABLE IF NOT EXISTS "iceberg"."d"."t" ("id" bigint COMMENT \'it\'\'s\', "ts" timestamp(6), '
        "\"s\" row(\"x\" integer)) COMMENT 'all' WITH (location = 's3://b/t', format = 'PARQUET', "
        "extra_properties = MAP(ARRAY['vacuum_min_snapshots_to_keep'], ARRAY['2']), "
        "partitioning = ARRAY['day(ts)', 'bucket(id, 4)', 'id'])"
    )


def test_an_unknown_iceberg_property_is_named() -> None:
    statement = created(
        "create table t (a int) location 's3://b/t' tblproperties ('table_type'='ICEBERG', 'comment'='x')"
    )
    with pytest.raises(StatementFailedError) as caught:
        plan_iceberg_create(statement, "d")
    failure = caught.value.failure
    assert (failure.reason, failure.category, failure.error_type) == (
        "Unsupported table property key: comment",
        2,
        1200,
    )


def test_hive_ctas_properties() -> None:
    plan = plan_table(
        {
            "table_type": "hive",
            "is_external": True,
            "external_location": "s3://b/t",
            "format": "textfile",
            "field_delimiter": "|",
            "write_compression": "gzip",
            "partitioned_by": ("a", "b"),
            "bucketed_by": ("c",),
            "bucket_count": 4,
        },
        DEFAULT,
    )
    assert plan.catalog == "awsdatacatalog"
    assert plan.properties == {
        "external_location": "'s3://b/t'",
        "format": "'TEXTFILE'",
        "textfile_field_separator": "'|'",
        "partitioned_by": "ARRAY['a', 'b']",
        "bucketed_by": "ARRAY['c']",
        "bucket_count": "4",
    }
    assert plan.session == {"awsdatacatalog.compression_codec": "GZIP", "task_max_writer_count": "1"}


def test_hive_ctas_defaults_to_parquet_in_the_result_location() -> None:
    plan = plan_table({}, DEFAULT)
    assert plan.properties == {"format": "'PARQUET'", "external_location": f"'{DEFAULT}'"}


def test_iceberg_ctas_properties() -> None:
    plan = plan_table(
        {
            "table_type": "ICEBERG",
            "is_external": False,
            "location": "s3://b/t/",
            "format": "orc",
            "partitioning": ("day(ts)", "bucket(16, id)", "bucket(id, 16)", "truncate(s, 3)", "x"),
            "write_compression": "zstd",
            "vacuum_max_snapshot_age_seconds": 60,
        },
        DEFAULT,
    )
    assert plan.catalog == "iceberg"
    assert plan.properties == {
        "location": "'s3://b/t'",
        "format": "'ORC'",
        "partitioning": "ARRAY['day(ts)', 'bucket(id, 16)', 'bucket(id, 16)', 'truncate(s, 3)', 'x']",
        "extra_properties": (
            "MAP(ARRAY['write_compression', 'vacuum_max_snapshot_age_seconds'], ARRAY['zstd', '60'])"
        ),
    }
    assert plan.session == {"iceberg.compression_codec": "ZSTD", "task_max_writer_count": "1"}


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"colour": "red"}, "INVALID_TABLE_PROPERTY: Catalog 'awsdatacatalog' table property 'colour'"),
        ({"table_type": "DELTA"}, "INVALID_TABLE_PROPERTY: Unsupported table type: DELTA"),
        ({"format": "ION"}, "NOT_SUPPORTED: Unsupported format: ION"),
        ({"write_compression": "LZO"}, "NOT_SUPPORTED: Unsupported compression: LZO"),
        ({"bucket_count": "four"}, "INVALID_TABLE_PROPERTY: Invalid value for table property 'bucket_count'"),
        ({"table_type": "ICEBERG"}, "INVALID_TABLE_PROPERTY: Iceberg tables are managed"),
        (
            {"table_type": "ICEBERG", "is_external": False, "partitioning": ("day(",)},
            r"INVALID_TABLE_PROPERTY: Unable to parse partitioning value: day\(",
        ),
        (
            {"table_type": "ICEBERG", "is_external": False, "bucket_count": 4},
            "INVALID_TABLE_PROPERTY: Catalog 'awsdatacatalog' table property 'bucket_count'",
        ),
    ],
)
def test_ctas_refusals(properties: dict[str, Any], reason: str) -> None:
    with pytest.raises(StatementFailedError, match=f"^{reason}"):
        plan_table(properties, DEFAULT)


def test_ctas_text_quotes_names_and_types_decimals() -> None:
    statement = ast.CreateTableAs(ast.Name('we"ird', "d"), (), "select 1.5 x")
    plan = plan_table({"external_location": "s3://b/it's"}, DEFAULT)
    assert create_text(plan, "d", statement) == (
        'CREATE TABLE "awsdatacatalog"."d"."we""ird" WITH (format = \'PARQUET\', '
        "external_location = 's3://b/it''s') AS\nselect 1.5E0 x"
    )


def iceberg(*columns: tuple[str, str]) -> Target:
    storage = {"Columns": [{"Name": name, "Type": kind} for name, kind in columns]}
    return Target("d", "t", {"Parameters": {"table_type": "ICEBERG"}, "StorageDescriptor": storage})


def test_iceberg_columns_are_added_one_by_one() -> None:
    statement = parse("alter table t add columns (a string, b int comment 'c')")
    assert isinstance(statement, ast.AddColumns)
    assert plan_add_columns("T", statement.columns) == [
        'ALTER TABLE T ADD COLUMN "a" varchar',
        "ALTER TABLE T ADD COLUMN \"b\" integer COMMENT 'c'",
    ]


@pytest.mark.parametrize(
    ("change", "plan"),
    [
        ("a b string", ['ALTER TABLE "iceberg"."d"."t" RENAME COLUMN "a" TO "b"']),
        ("a a int", ['ALTER TABLE "iceberg"."d"."t" ALTER COLUMN "a" SET DATA TYPE integer']),
        (
            "a b int comment 'x'",
            [
                'ALTER TABLE "iceberg"."d"."t" RENAME COLUMN "a" TO "b"',
                'ALTER TABLE "iceberg"."d"."t" ALTER COLUMN "b" SET DATA TYPE integer',
                'COMMENT ON COLUMN "iceberg"."d"."t"."b" IS \'x\'',
            ],
        ),
        ("a a string", []),
    ],
)
def test_changing_an_iceberg_column_does_only_what_differs(change: str, plan: list[str]) -> None:
    statement = parse(f"alter table t change column {change}")
    assert isinstance(statement, ast.ChangeColumn)
    assert plan_iceberg_change(iceberg(("a", "string")), statement) == plan


def test_iceberg_properties_in_one_statement() -> None:
    assert plan_iceberg_properties("T", {"format": "orc", "vacuum_min_snapshots_to_keep": "3"}) == (
        "ALTER TABLE T SET PROPERTIES format = 'ORC', "
        "extra_properties = MAP(ARRAY['vacuum_min_snapshots_to_keep'], ARRAY['3'])"
    )


def test_vacuum_lowers_the_engines_floor_for_its_session() -> None:
    first, second = plan_vacuum("T", 60)
    assert first.sql == "ALTER TABLE T EXECUTE expire_snapshots(retention_threshold => '60s')"
    assert first.session == {"iceberg.expire_snapshots_min_retention": "60s"}
    assert second.session == {"iceberg.remove_orphan_files_min_retention": "259200s"}


def test_partition_paths_are_escaped_like_hives() -> None:
    assert path_of(["year", "city"], ["2025", "a/b:c d"]) == "year=2025/city=a%2Fb%3Ac d"
