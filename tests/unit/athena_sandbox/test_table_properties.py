"""Properties that would change rows and that the engine doesn't read are refused by name."""

from __future__ import annotations

import pytest

from athena_sandbox.glue.engine_tables import for_engine
from athena_sandbox.glue.errors import InvalidInputError
from athena_sandbox.table_properties import unserved_property

ORC = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
TEXT = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


@pytest.mark.parametrize("of_the_serde", [True, False])
@pytest.mark.parametrize(
    ("library", "name", "refused", "served"),
    [
        # Athena's defaults: ORC by position, Parquet by name.
        (ORC, "orc.column.index.access", "false", "TRUE"),
        (PARQUET, "parquet.column.index.access", "True", "false"),
        (TEXT, "serialization.encoding", "ISO-8859-1", "utf-8"),
        (TEXT, "line.delim", ";", "\n"),
        (TEXT, "hive.lazysimple.extended_boolean_literal", "true", "false"),
        (PARQUET, "has_encrypted_data", "true", "false"),
    ],
)
def test_refused(library: str, name: str, refused: str, served: str, *, of_the_serde: bool) -> None:
    def table(value: str) -> dict[str, object]:
        serde = {"SerializationLibrary": library, "Parameters": {name: value} if of_the_serde else {}}
        return {
            "Name": "t",
            "DatabaseName": "d",
            "Parameters": {} if of_the_serde else {name: value},
            "StorageDescriptor": {"SerdeInfo": serde},
        }

    assert unserved_property(table(served)) is None
    problem = unserved_property(table(refused))
    assert problem is not None
    assert problem.startswith(
        f"Table property '{name}' = '{refused}' is not served by the sandbox: its engine"
    )
    with pytest.raises(InvalidInputError, match=f"NOT_SUPPORTED: Table property '{name}'"):
        for_engine(table(refused))


def test_a_property_of_another_format_says_nothing() -> None:
    descriptor = {"SerdeInfo": {"SerializationLibrary": TEXT, "Parameters": {}}}
    given = {"Parameters": {"orc.column.index.access": "false"}, "StorageDescriptor": descriptor}
    assert unserved_property(given) is None


def test_the_engine_reads_all_files_of_a_table_that_spark_bucketed() -> None:
    descriptor = {"NumberOfBuckets": 4, "BucketColumns": ["a"], "SortColumns": []}
    table = {"Parameters": {"bucketing_format": "spark"}, "StorageDescriptor": descriptor}
    assert for_engine(table)["StorageDescriptor"] == {
        "NumberOfBuckets": -1,
        "BucketColumns": [],
        "SortColumns": [],
    }
    assert for_engine({"Parameters": {}, "StorageDescriptor": descriptor})["StorageDescriptor"] == descriptor
