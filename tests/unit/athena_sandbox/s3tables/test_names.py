import pytest

from athena_sandbox.s3tables.errors import InvalidError
from athena_sandbox.s3tables.names import (
    Bucket,
    metadata_file,
    new_location,
    parse_bucket,
    table_location,
    version_of,
)

BUCKET = Bucket("eu-central-1", "000000000000", "acme")


@pytest.mark.parametrize(
    "text",
    ["arn:aws:s3tables:eu-central-1:000000000000:bucket/acme", "000000000000:s3tablescatalog/acme"],
)
def test_a_bucket_is_known_by_its_arn_and_as_a_catalog(text: str) -> None:
    assert parse_bucket(text, "eu-central-1") == BUCKET


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acme",
        "arn:aws:s3:::acme",
        "arn:aws:s3tables:eu-central-1:1:bucket/acme",
        "arn:aws:s3tables:eu-central-1:000000000000:bucket/Acme",
        "arn:aws:s3tables:eu-central-1:000000000000:bucket/a",
        "arn:aws:s3tables:eu-central-1:000000000000:bucket/acme/table/t",
        "arn:aws:s3tables:eu-central-1:000000000000:bucket/acme\n",
    ],
)
def test_a_text_that_is_not_a_table_bucket_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        parse_bucket(text, "eu-central-1")


def test_a_metadata_file_names_its_table_and_number() -> None:
    location = new_location()
    file = metadata_file(location, 7)
    assert file.startswith(f"{location}/metadata/00007-")
    assert table_location(file) == location
    assert version_of(file) == 7


def test_a_metadata_file_of_another_writer_has_no_number() -> None:
    assert version_of("s3://b/t/metadata/v0.metadata.json") == -1


def test_no_location_comes_twice() -> None:
    # Trino's Locations.isS3Tables: s3://(?!.*/).*--table-s3
    locations = {new_location() for _ in range(100)}
    assert len(locations) == 100
    assert all(one.endswith("--table-s3") and "/" not in one.removeprefix("s3://") for one in locations)
