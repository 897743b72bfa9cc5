"""Which Spark properties a session may set, and what its Spark is configured with."""

from __future__ import annotations

import pytest

from athena_sandbox.athena.errors import InvalidRequestError
from athena_sandbox.athena.spark.properties import Endpoints, check_properties, session_configuration

ENDPOINTS = Endpoints("http://127.0.0.1:1", "http://127.0.0.1:2", "eu-central-1")
# As dbt-athena sends them (dbt/adapters/athena/constants.py).
ICEBERG = {
    "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
    "spark.sql.catalog.spark_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.spark_catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
}


def configured(properties: dict[str, str]) -> dict[str, str]:
    return session_configuration(properties, ENDPOINTS, warehouse="s3://b/w", local_directory="/x")


def test_dbts_iceberg_properties_are_accepted() -> None:
    check_properties(ICEBERG)


def test_a_catalog_of_iceberg_is_led_to_this_stack() -> None:
    properties = configured(ICEBERG | {"spark.sql.catalog.other": "org.apache.iceberg.spark.SparkCatalog"})
    for catalog in ("spark_catalog", "other"):
        assert properties[f"spark.sql.catalog.{catalog}.glue.endpoint"] == "http://127.0.0.1:1"
        assert properties[f"spark.sql.catalog.{catalog}.s3.endpoint"] == "http://127.0.0.1:2"


def test_without_icebergs_properties_there_is_no_iceberg() -> None:
    assert not [name for name in configured({}) if name.startswith("spark.sql.catalog.")]


def test_uploads_are_buffered_where_they_can_be_sent_again_from() -> None:
    properties = configured({})
    assert properties["spark.hadoop.fs.s3a.fast.upload.buffer"] == "disk"
    assert properties["spark.hadoop.fs.s3a.buffer.dir"] == "/x"


def test_a_session_stays_on_the_loopback_address_without_a_ui() -> None:
    properties = configured({})
    assert properties["spark.driver.bindAddress"] == "127.0.0.1"
    assert properties["spark.ui.enabled"] == "false"
    assert properties["spark.master"] == "local[2]"


def test_a_session_may_change_a_default() -> None:
    assert configured({"spark.sql.shuffle.partitions": "7"})["spark.sql.shuffle.partitions"] == "7"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("spark.master", "yarn", "spark.master is set by this server"),
        ("spark.driver.memory", "64g", "spark.driver.memory is set by this server"),
        ("spark.driver.extraJavaOptions", "-Dx=y", "is set by this server"),
        ("spark.jars.packages", "a:b:1", "is set by this server"),
        (
            "spark.sql.catalog.spark_catalog",
            "org.apache.spark.sql.hudi.catalog.HoodieCatalog",
            "HoodieCatalog is not supported by this server",
        ),
        (
            "spark.sql.catalog.spark_catalog",
            "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            "DeltaCatalog is not supported by this server",
        ),
        (
            "spark.sql.extensions",
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions,io.delta.sql.Other",
            "The Spark extension io.delta.sql.Other is not supported by this server",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(name: str, value: str, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        check_properties({name: value})
