"""Tags of work groups and data catalogs."""

from __future__ import annotations

from pathlib import Path

import pytest

from athena_sandbox.athena.errors import InvalidRequestError, ResourceNotFoundError
from athena_sandbox.athena.resources.catalogs import DataCatalogs
from athena_sandbox.athena.resources.documents import DocumentStore
from athena_sandbox.athena.resources.tags import Tags
from athena_sandbox.athena.resources.workgroups import WorkGroups

PRIMARY = "arn:aws:athena:eu-central-1:000000000000:workgroup/primary"


@pytest.fixture
def tags(tmp_path: Path) -> Tags:
    documents = DocumentStore(tmp_path / "resources.sqlite")
    return Tags(documents, WorkGroups(documents), DataCatalogs(documents, "000000000000"))


def test_tags_are_added_replaced_and_removed(tags: Tags) -> None:
    tags.add(PRIMARY, [{"Key": "team", "Value": "a"}, {"Key": "cost"}])
    tags.add(PRIMARY, [{"Key": "team", "Value": "b"}])
    assert tags.of(PRIMARY) == [{"Key": "cost", "Value": ""}, {"Key": "team", "Value": "b"}]
    tags.remove(PRIMARY, ["cost", "unknown"])
    assert tags.of(PRIMARY) == [{"Key": "team", "Value": "b"}]


def test_fifty_tags_are_the_limit(tags: Tags) -> None:
    tags.add(PRIMARY, [{"Key": str(number)} for number in range(50)])
    with pytest.raises(InvalidRequestError, match="at most 50 tags"):
        tags.add(PRIMARY, [{"Key": "one too many"}])
    assert len(tags.of(PRIMARY)) == 50


@pytest.mark.parametrize(
    ("arn", "error"),
    [
        ("workgroup/primary", InvalidRequestError),
        ("arn:aws:s3:eu-central-1:000000000000:workgroup/primary", InvalidRequestError),
        ("arn:aws:athena:eu-central-1:000000000000:workgroup/", InvalidRequestError),
        ("arn:aws:athena:eu-central-1:000000000000:capacity-reservation/x", InvalidRequestError),
        ("arn:aws:athena:eu-central-1:000000000000:workgroup/nothing", ResourceNotFoundError),
        ("arn:aws:athena:eu-central-1:000000000000:datacatalog/nothing", ResourceNotFoundError),
    ],
)
def test_a_text_that_is_not_a_resource_is_refused(tags: Tags, arn: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        tags.of(arn)
