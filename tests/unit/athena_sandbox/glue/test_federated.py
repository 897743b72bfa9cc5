"""Which Glue calls are S3 Tables', and how an Iceberg schema shows in Glue."""

from __future__ import annotations

import json
from typing import Any

import pytest

from athena_sandbox.glue.errors import EntityNotFoundError, NotServedError
from athena_sandbox.glue.federated import Clients, FederatedCatalogs
from athena_sandbox.glue.iceberg_types import hive_columns, hive_type_of_iceberg

CATALOG_ID = "000000000000:s3tablescatalog/acme"


def connect(region: str) -> Clients:
    return Clients(None, None)  # type: ignore[arg-type]


@pytest.fixture
def federated() -> FederatedCatalogs:
    return FederatedCatalogs(connect)


def body(**request: Any) -> bytes:
    return json.dumps(request).encode()


@pytest.mark.parametrize(
    ("operation", "request_body", "served"),
    [
        ("GetTable", body(CatalogId=CATALOG_ID, DatabaseName="ns", Name="t"), True),
        ("GetTable", body(CatalogId="000000000000", DatabaseName="ns", Name="s3tablescatalog"), False),
        ("GetTable", body(DatabaseName="ns", Name="t"), False),
        ("GetTable", b"s3tablescatalog", False),
        ("GetCatalogs", b"", True),
    ],
    ids=["by catalog id", "as a table's name", "default catalog", "no JSON", "catalogs"],
)
def test_a_call_is_theirs_by_its_catalog_id(
    federated: FederatedCatalogs, operation: str, request_body: bytes, served: bool
) -> None:
    assert federated.serves(operation, request_body) is served


def test_an_operation_that_they_lack_is_refused_by_name(federated: FederatedCatalogs) -> None:
    request = body(CatalogId=CATALOG_ID, DatabaseName="ns", TableInput={"Name": "t"})
    with pytest.raises(NotServedError) as caught:
        federated.answer("eu-central-1", "UpdateTable", request)
    assert str(caught.value) == "glue:UpdateTable on an S3 Tables catalog is not supported by this server."


def test_a_catalog_id_that_is_not_a_table_bucket_is_not_found(federated: FederatedCatalogs) -> None:
    request = body(CatalogId="999999999999:s3tablescatalog/acme", DatabaseName="ns", Name="t")
    with pytest.raises(EntityNotFoundError):
        federated.answer("eu-central-1", "GetTable", request)


def test_tables_have_no_versions_in_glue(federated: FederatedCatalogs) -> None:
    request = body(CatalogId=CATALOG_ID, DatabaseName="ns", TableName="t")
    with pytest.raises(EntityNotFoundError):
        federated.answer("eu-central-1", "GetTableVersions", request)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # Expected: IcebergToGlueConverter.toTypeString of iceberg-aws.
        ("long", "bigint"),
        ("int", "int"),
        ("decimal(10, 2)", "decimal(10,2)"),
        ("timestamptz", "timestamp"),
        ("uuid", "string"),
        ("fixed[16]", "binary"),
        (
            {
                "type": "map",
                "key-id": 1,
                "key": "string",
                "value-id": 2,
                "value-required": True,
                "value": {
                    "type": "list",
                    "element-id": 3,
                    "element-required": False,
                    "element": {
                        "type": "struct",
                        "fields": [{"id": 4, "name": "n", "type": "long", "required": True}],
                    },
                },
            },
            "map<string,array<struct<n:bigint>>>",
        ),
    ],
)
def test_types_are_spelled_as_icebergs_own_glue_catalog_does(kind: Any, expected: str) -> None:
    assert hive_type_of_iceberg(kind) == expected


def test_columns_are_those_of_the_current_schema() -> None:
    metadata = {
        "current-schema-id": 1,
        "schemas": [
            {"schema-id": 0, "fields": [{"id": 1, "name": "old", "type": "int", "required": True}]},
            {
                "schema-id": 1,
                "fields": [{"id": 2, "name": "new", "type": "string", "required": False, "doc": "why"}],
            },
        ],
    }
    parameters = {
        "iceberg.field.current": "true",
        "iceberg.field.id": "2",
        "iceberg.field.optional": "true",
    }
    assert hive_columns(metadata) == [
        {"Name": "new", "Type": "string", "Comment": "why", "Parameters": parameters}
    ]
    assert hive_columns({}) == []
