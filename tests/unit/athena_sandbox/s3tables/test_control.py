"""The S3 Tables API where it touches data. Shapes are those of botocore's model of it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from tests.unit.athena_sandbox.s3tables.conftest import Storage

ICEBERG = {
    "schemaV2": {
        "type": "struct",
        "fields": [
            {"id": 1, "name": "id", "type": "long", "required": True},
            {
                "id": 2,
                "name": "tags",
                "required": False,
                "type": {"type": "list", "element-id": 3, "element": "string", "element-required": False},
            },
            {"id": 4, "name": "day", "type": "date", "required": False},
        ],
    },
    # The model's location names: on the wire these members are spelled as in Iceberg.
    "partitionSpec": {
        "spec-id": 0,
        "fields": [{"source-id": 4, "field-id": 1000, "transform": "month", "name": "m"}],
    },
    "writeOrder": {
        "order-id": 1,
        "fields": [
            {"source-id": 1, "transform": "identity", "direction": "asc", "null-order": "nulls-first"}
        ],
    },
    "properties": {"write.format.default": "orc"},
}


def test_a_table_made_with_metadata_is_what_the_metadata_says(storage: Storage) -> None:
    body = {"name": "t", "format": "ICEBERG", "metadata": {"iceberg": ICEBERG}}
    created = storage.api("PUT", "/tables/{arn}/ns", body)
    assert created.status_code == 200, created.text
    assert created.json()["versionToken"] == storage.get_table()["versionToken"]
    metadata = storage.load()["metadata"]
    fields = metadata["schemas"][0]["fields"]
    assert [field["name"] for field in fields] == ["id", "tags", "day"]
    assert fields[1]["type"]["element"] == "string"
    spec = metadata["partition-specs"][0]["fields"][0]
    day_id = fields[2]["id"]
    assert (spec["source-id"], spec["transform"], spec["name"]) == (day_id, "month", "m")
    assert metadata["sort-orders"][0]["fields"][0]["source-id"] == fields[0]["id"]
    assert metadata["properties"] == {"write.format.default": "orc"}
    file = storage.get_table()["metadataLocation"]
    assert file.partition("--table-s3/")[2] in storage.keys(metadata["location"])


def test_a_plain_schema_needs_no_ids(storage: Storage) -> None:
    schema = {"fields": [{"name": "n", "type": "int"}, {"name": "p", "type": "decimal(10,2)"}]}
    spec = {"fields": [{"source-id": 1, "transform": "bucket[4]", "name": "b"}]}
    iceberg = {"schema": schema, "partitionSpec": spec}
    body = {"name": "t", "format": "ICEBERG", "metadata": {"iceberg": iceberg}}
    assert storage.api("PUT", "/tables/{arn}/ns", body).status_code == 200
    metadata = storage.load()["metadata"]
    assert metadata["partition-specs"][0]["fields"] == [
        {"source-id": 1, "field-id": 1000, "transform": "bucket[4]", "name": "b"}
    ]
    fields = metadata["schemas"][0]["fields"]
    assert [(field["id"], field["name"], field["type"]) for field in fields] == [
        (1, "n", "int"),
        (2, "p", "decimal(10, 2)"),
    ]


def test_a_table_made_without_metadata_can_be_loaded_and_has_no_columns(storage: Storage) -> None:
    storage.api("PUT", "/tables/{arn}/ns", {"name": "t", "format": "ICEBERG"})
    loaded = storage.load()
    assert loaded["metadata"]["schemas"][0]["fields"] == []
    assert storage.load()["metadata-location"] == loaded["metadata-location"]


def test_a_table_needs_its_namespace(storage: Storage) -> None:
    answer = storage.api("PUT", "/tables/{arn}/nowhere", {"name": "t", "format": "ICEBERG"})
    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (404, "NotFoundException")


@pytest.mark.parametrize("name", ["Upper", "under_score", "xn--a", "aws-mine", "ab", "-dash", 7])
def test_a_bucket_name_that_aws_does_not_take_is_refused(storage: Storage, name: object) -> None:
    assert storage.api("PUT", "/buckets", {"name": name}).status_code == 400


@pytest.mark.parametrize("levels", [["Upper"], ["a", "b"], [], ["with-dash"]])
def test_a_namespace_that_aws_does_not_take_is_refused(storage: Storage, levels: list[str]) -> None:
    assert storage.api("PUT", "/namespaces/{arn}", {"namespace": levels}).status_code == 400


@pytest.mark.parametrize(
    "iceberg",
    [
        {"schema": {"fields": ["n"]}},
        {"schema": {"fields": [{"name": "n", "type": "nonsense"}]}},
        {"schema": {"fields": [{"name": "n", "type": "int"}]}, "partitionSpec": {"fields": [{"a": 1}]}},
    ],
    ids=["no field", "no type", "no spec"],
)
def test_metadata_that_is_not_icebergs_is_refused(storage: Storage, iceberg: object) -> None:
    body = {"name": "t", "format": "ICEBERG", "metadata": {"iceberg": iceberg}}
    refused = storage.api("PUT", "/tables/{arn}/ns", body)
    assert (refused.status_code, refused.headers["x-amzn-errortype"]) == (400, "BadRequestException")
    assert storage.rest("GET", "/namespaces/ns/tables").json() == {"identifiers": []}


def test_deleting_a_table_deletes_its_objects(storage: Storage) -> None:
    location = storage.create()["metadata"]["location"]
    assert storage.api("DELETE", "/tables/{arn}/ns/t").status_code == 204
    assert storage.keys(location) == []
    assert storage.api("DELETE", "/tables/{arn}/ns/t").status_code == 404


def test_a_metadata_location_is_swapped_with_the_present_token_only(storage: Storage) -> None:
    location = storage.create()["metadata"]["location"]
    path = "/tables/{arn}/ns/t/metadata-location"
    token = storage.api("GET", path).json()["versionToken"]
    first = {"metadataLocation": f"{location}/metadata/a.json", "versionToken": token}
    assert storage.api("PUT", path, first).status_code == 200
    late = {"metadataLocation": f"{location}/metadata/b.json", "versionToken": token}
    refused = storage.api("PUT", path, late)
    assert (refused.status_code, refused.headers["x-amzn-errortype"]) == (409, "ConflictException")
    assert storage.get_table()["metadataLocation"] == f"{location}/metadata/a.json"


def test_a_metadata_location_outside_the_table_is_refused(storage: Storage) -> None:
    storage.create()
    path = "/tables/{arn}/ns/t/metadata-location"
    token = storage.api("GET", path).json()["versionToken"]
    body = {"metadataLocation": "s3://elsewhere/metadata/a.json", "versionToken": token}
    assert storage.api("PUT", path, body).status_code == 400


def test_a_namespace_and_a_bucket_are_deleted_when_they_are_empty(storage: Storage) -> None:
    storage.create()
    assert storage.api("DELETE", "/namespaces/{arn}/ns").status_code == 409
    assert storage.api("DELETE", "/buckets/{arn}").status_code == 409
    storage.api("DELETE", "/tables/{arn}/ns/t")
    assert storage.api("DELETE", "/namespaces/{arn}/ns").status_code == 204
    assert storage.api("DELETE", "/buckets/{arn}").status_code == 204
    assert storage.api("GET", "/buckets/{arn}").status_code == 404


def test_other_calls_are_ministacks_and_saved_when_they_change_something(storage: Storage) -> None:
    value = {"status": "disabled", "settings": {"icebergUnreferencedFileRemoval": {"unreferencedDays": 7}}}
    path = "/buckets/{arn}/maintenance/icebergUnreferencedFileRemoval"
    assert storage.api("PUT", path, {"value": value}).status_code == 204
    assert storage.saved == 1
    shown = storage.api("GET", "/buckets/{arn}/maintenance").json()["configuration"]
    assert shown["icebergUnreferencedFileRemoval"]["status"] == "disabled"
    assert storage.saved == 1


def test_a_tables_arn_ends_in_an_id_that_outlives_a_rename(storage: Storage) -> None:
    body = {"name": "t", "format": "ICEBERG"}
    arn = storage.api("PUT", "/tables/{arn}/ns", body).json()["tableARN"]
    bucket, _, number = arn.partition("/table/")
    assert bucket == storage.arn
    assert number != "t"
    assert "/" not in number
    assert storage.get_table()["tableARN"] == arn
    assert storage.api("PUT", "/tables/{arn}/ns/t/rename", {"newName": "u"}).status_code == 204
    found = storage.api("GET", f"/get-table?tableArn={quote(arn, safe='')}")
    assert (found.status_code, found.json()["name"]) == (200, "u")
    gone = storage.api("GET", f"/get-table?tableArn={quote(storage.arn, safe='')}%2Ftable%2Fnone")
    assert gone.status_code == 404
    assert storage.api("GET", "/get-table?tableArn=nonsense").status_code == 400


def test_a_rename_with_another_token_is_refused(storage: Storage) -> None:
    storage.create("t")
    older = storage.get_table()["versionToken"]
    refused = storage.api("PUT", "/tables/{arn}/ns/t/rename", {"newName": "u", "versionToken": "other"})
    assert (refused.status_code, refused.headers["x-amzn-errortype"]) == (409, "ConflictException")
    assert storage.get_table()["versionToken"] == older
    renamed = storage.api("PUT", "/tables/{arn}/ns/t/rename", {"newName": "u", "versionToken": older})
    assert renamed.status_code == 204


_REMOVAL = {"icebergUnreferencedFileRemoval": {"unreferencedDays": 4}}
_COMPACTION = {"icebergCompaction": {"targetFileSizeMB": 128}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/buckets/{arn}/maintenance/icebergUnreferencedFileRemoval", {"settings": _COMPACTION}),
        (
            "/buckets/{arn}/maintenance/icebergUnreferencedFileRemoval",
            {"settings": {**_REMOVAL, **_COMPACTION}},
        ),
        ("/buckets/{arn}/maintenance/icebergUnreferencedFileRemoval", {"settings": "on"}),
        ("/buckets/{arn}/maintenance/icebergUnreferencedFileRemoval", {"status": "on"}),
        ("/buckets/{arn}/maintenance/icebergCompaction", {"settings": _COMPACTION}),
        ("/buckets/{arn}/maintenance/icebergUnreferencedFileRemoval", None),
        ("/tables/{arn}/ns/t/maintenance/icebergCompaction", {"settings": _REMOVAL}),
        ("/tables/{arn}/ns/t/maintenance/icebergCompaction", {"settings": {"icebergSnapshotManagement": {}}}),
        (
            "/tables/{arn}/ns/t/maintenance/icebergCompaction",
            {"settings": {"icebergCompaction": {"strategy": "fast"}}},
        ),
        (
            "/tables/{arn}/ns/t/maintenance/icebergCompaction",
            {"settings": {"icebergCompaction": {"targetFileSizeMB": 0}}},
        ),
    ],
)
def test_settings_that_the_model_does_not_have_are_refused_and_change_nothing(
    storage: Storage, path: str, value: object
) -> None:
    storage.create("t")
    collection = path.rpartition("/")[0]
    before = storage.api("GET", collection).json()
    refused = storage.api("PUT", path, {"value": value})
    assert (refused.status_code, refused.headers["x-amzn-errortype"]) == (400, "BadRequestException")
    assert storage.api("GET", collection).json() == before


def test_settings_of_the_right_kind_are_taken(storage: Storage) -> None:
    storage.create("t")
    removal = {"status": "enabled", "settings": _REMOVAL}
    path = "/buckets/{arn}/maintenance/icebergUnreferencedFileRemoval"
    assert storage.api("PUT", path, {"value": removal}).status_code == 204
    compaction = {"status": "disabled", "settings": _COMPACTION}
    path = "/tables/{arn}/ns/t/maintenance/icebergCompaction"
    assert storage.api("PUT", path, {"value": compaction}).status_code == 204


@pytest.mark.parametrize(
    "path",
    [
        "/buckets/{arn}/encryption",
        "/buckets/{arn}/policy",
        "/tables/{arn}/ns/t/policy",
        "/buckets/{arn}/storage-class",
    ],
)
def test_a_put_without_its_required_member_is_refused(storage: Storage, path: str) -> None:
    storage.create("t")
    assert storage.api("PUT", path, {}).status_code == 400


def test_lists_are_filtered_by_prefix_and_come_in_pages(storage: Storage) -> None:
    for name in ("a1", "a2", "b1"):
        storage.create(name)
    for name in ("ns2", "other"):
        assert storage.api("PUT", "/namespaces/{arn}", {"namespace": [name]}).status_code == 200

    def names(path: str, member: str) -> tuple[list[str], str | None]:
        answer = storage.api("GET", path)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found = [entry.get("name") or entry["namespace"][0] for entry in body[member]]
        return found, body.get("continuationToken")

    assert names("/tables/{arn}?prefix=a", "tables") == (["a1", "a2"], None)
    assert names("/tables/{arn}?namespace=ns2", "tables") == ([], None)
    assert names("/namespaces/{arn}?prefix=ns", "namespaces") == (["ns", "ns2"], None)
    assert names(f"/buckets?prefix={storage.bucket}", "tableBuckets") == ([storage.bucket], None)
    assert names("/buckets?prefix=zzz", "tableBuckets") == ([], None)
    first, token = names("/tables/{arn}?maxTables=2", "tables")
    assert first == ["a1", "a2"]
    assert names(f"/tables/{{arn}}?maxTables=2&continuationToken={token}", "tables") == (["b1"], None)
    first, token = names("/namespaces/{arn}?maxNamespaces=1", "namespaces")
    assert first == ["ns"]
    assert names(f"/namespaces/{{arn}}?continuationToken={token}", "namespaces") == (["ns2", "other"], None)


@pytest.mark.parametrize("query", ["maxTables=0", "maxTables=1001", "maxTables=x", "continuationToken=nope"])
def test_limits_and_tokens_that_are_not_valid_are_refused(storage: Storage, query: str) -> None:
    assert storage.api("GET", f"/tables/{{arn}}?{query}").status_code == 400
