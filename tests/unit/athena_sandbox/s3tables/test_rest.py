"""The Iceberg REST catalog: Apache Iceberg's REST specification with the limits of Amazon S3 Tables."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.athena_sandbox.s3tables.conftest import SCHEMA, Storage

SNAPSHOT = {
    "snapshot-id": 11,
    "sequence-number": 1,
    "timestamp-ms": 1_700_000_000_000,
    "manifest-list": "s3://x/m.avro",
    "summary": {"operation": "append"},
    "schema-id": 0,
}


def append(snapshot: dict[str, Any], after: int | None = None) -> dict[str, Any]:
    """A commit that puts a snapshot on the main branch, whose head must be `after`."""
    return {
        "requirements": [{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": after}],
        "updates": [
            {"action": "add-snapshot", "snapshot": snapshot},
            {
                "action": "set-snapshot-ref",
                "ref-name": "main",
                "type": "branch",
                "snapshot-id": snapshot["snapshot-id"],
            },
        ],
    }


def error(answer: Any) -> tuple[int, str, str]:
    model = answer.json()["error"]
    assert model["code"] == answer.status_code
    return answer.status_code, model["type"], model["message"]


def test_the_prefix_is_the_encoded_arn_of_the_warehouse(storage: Storage) -> None:
    answer = storage.call("s3tables", "GET", f"/iceberg/v1/config?warehouse={quote(storage.arn, safe='')}")
    assert answer.json()["overrides"] == {"prefix": quote(storage.arn, safe="")}
    assert answer.json()["defaults"]["s3.endpoint"] == "http://127.0.0.1:4566"


def test_a_warehouse_that_is_not_a_table_bucket_is_refused(storage: Storage) -> None:
    answer = storage.call("s3tables", "GET", "/iceberg/v1/config?warehouse=s3://bucket/path")
    assert error(answer) == (400, "BadRequestException", "The specified table bucket ARN is not valid.")


def test_a_table_as_trino_creates_it_has_a_metadata_file_of_its_own(storage: Storage) -> None:
    # Trino 476 sends exactly these nulls.
    created = storage.create(**{"stage-create": False, "location": None, "write-order": None})
    metadata = created["metadata"]
    assert metadata["location"].endswith("--table-s3")
    assert [field["name"] for field in metadata["schemas"][0]["fields"]] == ["id", "at"]
    assert storage.load()["metadata"] == metadata
    assert storage.keys(metadata["location"]) == [created["metadata-location"].partition("--table-s3/")[2]]


def test_a_table_that_is_created_again_is_empty_and_elsewhere(storage: Storage) -> None:
    first = storage.create()
    assert storage.rest("POST", "/namespaces/ns/tables/t", append(SNAPSHOT)).status_code == 200
    assert storage.rest("DELETE", "/namespaces/ns/tables/t?purgeRequested=true").status_code == 204
    assert storage.keys(first["metadata"]["location"]) == []
    second = storage.create()
    assert storage.load()["metadata"].get("snapshots", []) == []
    assert second["metadata"]["location"] != first["metadata"]["location"]


def test_a_commit_is_seen_by_both_apis_and_leaves_a_log(storage: Storage) -> None:
    created = storage.create()
    answer = storage.rest("POST", "/namespaces/ns/tables/t", append(SNAPSHOT)).json()
    assert answer["metadata"]["current-snapshot-id"] == 11
    assert [entry["metadata-file"] for entry in answer["metadata"]["metadata-log"]] == [
        created["metadata-location"]
    ]
    assert storage.load()["metadata-location"] == answer["metadata-location"]
    entry = storage.get_table()
    assert entry["metadataLocation"] == answer["metadata-location"]
    assert entry["warehouseLocation"] == created["metadata"]["location"]


def test_of_ten_commits_on_the_same_state_one_succeeds(storage: Storage) -> None:
    storage.create()
    path = f"/iceberg/v1/{quote(storage.arn, safe='')}/namespaces/ns/tables/t"
    commits = [append({**SNAPSHOT, "snapshot-id": number}) for number in range(1, 11)]
    answers = storage.together(*(storage.send("s3tables", "POST", path, body) for body in commits))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    refused = [error(answer)[1] for answer in answers if answer.status_code == 409]
    assert set(refused) == {"CommitFailedException"}
    assert len(storage.load()["metadata"]["snapshots"]) == 1


def test_expired_snapshots_are_gone(storage: Storage) -> None:
    # ministack's own catalog ignores this update and answers 200.
    storage.create()
    storage.rest("POST", "/namespaces/ns/tables/t", append(SNAPSHOT))
    later = {**SNAPSHOT, "snapshot-id": 12, "sequence-number": 2, "parent-snapshot-id": 11}
    storage.rest("POST", "/namespaces/ns/tables/t", append(later, after=11))
    expire = {"requirements": [], "updates": [{"action": "remove-snapshots", "snapshot-ids": [11]}]}
    assert storage.rest("POST", "/namespaces/ns/tables/t", expire).status_code == 200
    assert [one["snapshot-id"] for one in storage.load()["metadata"]["snapshots"]] == [12]


def test_a_refused_commit_changes_nothing(storage: Storage) -> None:
    storage.create()
    before = storage.load()
    commit = append(SNAPSHOT)
    commit["updates"].append({"action": "set-current-schema", "schema-id": 99})
    assert storage.rest("POST", "/namespaces/ns/tables/t", commit).status_code == 400
    assert storage.load() == before


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"stage-create": True}, "The stage-create option is not supported for S3 Tables."),
        (
            {"location": "s3://mine/here"},
            "Table location can not be specified for tables hosted in S3 table buckets",
        ),
        ({"schema": {"type": "struct", "fields": [{"id": 1}]}}, "Invalid Iceberg metadata"),
    ],
    ids=["staged", "location", "schema"],
)
def test_a_create_that_s3_tables_does_not_take_leaves_no_table(
    storage: Storage, more: dict[str, Any], text: str
) -> None:
    body = {"name": "t", "schema": SCHEMA, **more}
    status, kind, message = error(storage.rest("POST", "/namespaces/ns/tables", body))
    assert (status, kind) == (400, "BadRequestException")
    assert message.startswith(text)
    assert storage.rest("GET", "/namespaces/ns/tables").json() == {"identifiers": []}


@pytest.mark.parametrize("name", ["Upper", "with-dash", "_first", "last_", "", "x" * 256])
def test_a_name_that_s3_tables_does_not_take_is_refused(storage: Storage, name: str) -> None:
    body = {"name": name, "schema": SCHEMA}
    assert storage.rest("POST", "/namespaces/ns/tables", body).status_code == 400


def test_what_is_missing_or_there_is_said_as_iceberg_clients_expect(storage: Storage) -> None:
    storage.create()
    again = storage.rest("POST", "/namespaces/ns/tables", {"name": "t", "schema": SCHEMA})
    assert error(again)[:2] == (409, "AlreadyExistsException")
    elsewhere = storage.rest("POST", "/namespaces/other/tables", {"name": "t", "schema": SCHEMA})
    assert error(elsewhere)[:2] == (404, "NoSuchNamespaceException")
    assert error(storage.rest("GET", "/namespaces/ns/tables/no"))[:2] == (404, "NoSuchTableException")
    assert storage.rest("HEAD", "/namespaces/ns/tables/no").status_code == 404
    assert storage.rest("HEAD", "/namespaces/ns/tables/t").status_code == 204
    full = storage.rest("DELETE", "/namespaces/ns")
    assert error(full)[:2] == (409, "NamespaceNotEmptyException")


@pytest.mark.parametrize(
    "commit",
    [
        {"requirements": [], "updates": ["nonsense"]},
        {"requirements": [], "updates": [{"action": "no-such-action"}]},
        {"requirements": "none", "updates": []},
        {"requirements": []},
        {"requirements": [], "updates": [{"action": "set-location", "location": "s3://mine/here"}]},
    ],
    ids=["no update", "unknown update", "no requirements", "no updates", "location"],
)
def test_a_commit_that_makes_no_sense_is_refused(storage: Storage, commit: dict[str, Any]) -> None:
    before = storage.create()
    answer = storage.rest("POST", "/namespaces/ns/tables/t", commit)
    assert error(answer)[:2] == (400, "BadRequestException")
    assert storage.load()["metadata-location"] == before["metadata-location"]


def test_a_drop_without_purge_is_refused(storage: Storage) -> None:
    storage.create()
    answer = storage.rest("DELETE", "/namespaces/ns/tables/t?purgeRequested=false")
    assert error(answer)[:2] == (400, "BadRequestException")
    storage.load()


def test_a_renamed_table_keeps_its_data_when_its_old_name_is_used_again(storage: Storage) -> None:
    storage.create("old")
    storage.rest("POST", "/namespaces/ns/tables/old", append(SNAPSHOT))
    body = {
        "source": {"namespace": ["ns"], "name": "old"},
        "destination": {"namespace": ["ns"], "name": "new"},
    }
    assert storage.rest("POST", "/tables/rename", body).status_code == 204
    storage.create("old")
    assert storage.rest("DELETE", "/namespaces/ns/tables/old?purgeRequested=true").status_code == 204
    renamed = storage.load("new")["metadata"]
    assert renamed["current-snapshot-id"] == 11
    assert storage.keys(renamed["location"])


def test_an_operation_that_s3_tables_lacks_is_refused_by_name(storage: Storage) -> None:
    status, kind, message = error(storage.rest("POST", "/namespaces/ns/views", {}))
    assert (status, kind) == (406, "UnsupportedOperationException")
    assert message.endswith("/namespaces/ns/views is not supported by this server")


def test_state_is_saved_before_a_change_is_answered_and_not_for_reading(storage: Storage) -> None:
    storage.create()
    assert storage.saved == 1
    storage.rest("GET", "/namespaces/ns/tables")
    storage.get_table()
    assert storage.saved == 1
    storage.rest("POST", "/namespaces/ns/tables/t", append(SNAPSHOT))
    assert storage.saved == 2


def test_a_metadata_file_that_is_gone_is_not_taken_for_an_empty_table(storage: Storage) -> None:
    created = storage.create()
    file = created["metadata-location"].removeprefix("s3:/")
    assert storage.call("s3", "DELETE", file).status_code == 204
    status, _, message = error(storage.rest("GET", "/namespaces/ns/tables/t"))
    assert (status, message) == (
        500,
        f"The metadata file of ns.t is gone: {created['metadata-location']}",
    )
