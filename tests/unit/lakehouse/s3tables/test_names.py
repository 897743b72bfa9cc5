"""Names: one case for each class that is refused, and the bounds of what is not."""

import pytest
from moto import mock_aws

from lakehouse.errors import UsageError
from lakehouse.s3tables.buckets import resolve_bucket
from lakehouse.s3tables.names import (
    NameRuleError,
    TableBucket,
    TableName,
    check_bucket_name,
    check_column,
    check_namespace,
    check_table,
    parse_bucket_arn,
    parse_table_name,
    role_arn,
)

BUCKET = TableBucket("aws", "eu-central-1", "123456789012", "tables")


@pytest.mark.parametrize("name", ["abc", "a-b", "1a2", "a" * 63, "a--b"])
def test_a_bucket_name_is_taken(name: str) -> None:
    assert check_bucket_name(name) == name


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("ab", "3 to 63"),
        ("a" * 64, "3 to 63"),
        ("", "3 to 63"),
        ("Abc", "lower-case"),
        ("a_b", "hyphens"),
        ("a.b", "hyphens"),
        ("-ab", "both ends"),
        ("ab-", "both ends"),
        ("abc\n", "both ends"),
        ("xn--abc", "'xn--'"),
        ("sthree-abc", "'sthree-'"),
        ("amzn-s3-demo-abc", "'amzn-s3-demo-'"),
        ("aws-tables", "'aws'"),
        ("abc-s3alias", "'-s3alias'"),
        ("abc--ol-s3", "'--ol-s3'"),
        ("abc--x-s3", "'--x-s3'"),
        ("abc--table-s3", "'--table-s3'"),
    ],
)
def test_a_bucket_name_is_refused(name: str, part: str) -> None:
    with pytest.raises(NameRuleError, match=part):
        check_bucket_name(name)


@pytest.mark.parametrize("name", ["a", "1", "a_b", "a" * 255, "0_0"])
def test_a_table_name_is_taken(name: str) -> None:
    assert check_table(name) == check_namespace(name) == name


@pytest.mark.parametrize("name", ["", "_a", "a_", "a-b", "a.b", "A", "a" * 256, "ä", "a b", "a\n"])
def test_a_table_name_is_refused(name: str) -> None:
    with pytest.raises(NameRuleError, match="lower-case letters, digits and underscores"):
        check_table(name)


def test_a_refused_name_comes_with_one_that_would_do() -> None:
    with pytest.raises(NameRuleError, match="'dailysales' would be valid"):
        check_table("DailySales")


def test_aws_keeps_namespaces_but_no_tables_for_itself() -> None:
    assert check_table("aws_t") == "aws_t"
    with pytest.raises(NameRuleError, match="AWS reserves the prefix 'aws'"):
        check_namespace("aws_s3_metadata")


@pytest.mark.parametrize("name", ["a", "A".lower(), "two words", "größe", "a.b", "1st", "x" * 255])
def test_a_column_name_is_taken(name: str) -> None:
    assert check_column(name) == name


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("", "1 to 255 bytes"),
        ("x" * 256, "this one has 256"),
        ("ä" * 128, "this one has 256"),
        ("userId", "capital letter"),
        (" a", "begins or ends"),
        ("a\tb", "an invisible character"),
        ("a\u200bb", "an invisible character"),
    ],
)
def test_a_column_name_is_refused(name: str, part: str) -> None:
    with pytest.raises(NameRuleError, match=part):
        check_column(name)


def test_an_arn_names_its_bucket() -> None:
    found = parse_bucket_arn("arn:aws-cn:s3tables:cn-north-1:123456789012:bucket/tables")
    assert found == TableBucket("aws-cn", "cn-north-1", "123456789012", "tables")
    assert found.arn == "arn:aws-cn:s3tables:cn-north-1:123456789012:bucket/tables"


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:s3:::tables",
        "arn:aws:s3tables:eu-central-1:123456789012:bucket/tables/table/id",
        "arn:aws:s3tables:eu-central-1:12345:bucket/tables",
        "arn:aws:s3tables:eu-central-1:123456789012:bucket/A_B",
        "arn:aws:s3tables:eu-central-1:123456789012:bucket/",
    ],
)
def test_what_is_no_arn_of_a_bucket_is_refused(text: str) -> None:
    with pytest.raises(NameRuleError):
        parse_bucket_arn(text)


def test_a_table_is_named_with_or_without_its_namespace() -> None:
    assert parse_table_name("t", "ns") == TableName("ns", "t")
    assert parse_table_name("other.t", "ns") == TableName("other", "t")
    with pytest.raises(NameRuleError):
        parse_table_name("a.b.c", "ns")


def test_a_role_is_named_by_arn_or_by_name() -> None:
    assert role_arn("analyst", BUCKET) == "arn:aws:iam::123456789012:role/analyst"
    path = "arn:aws:iam::999999999999:role/team/analyst"
    assert role_arn(path, BUCKET) == path


@pytest.mark.parametrize(
    "text", ["*", "", "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/u", "a b", "role/x"]
)
def test_what_is_no_role_is_refused(text: str) -> None:
    with pytest.raises(NameRuleError, match="is not a valid role"):
        role_arn(text, BUCKET)


def test_a_bucket_by_name_is_one_of_the_callers_account() -> None:
    import boto3

    with mock_aws():
        sts = boto3.client(
            "sts", region_name="eu-central-1", aws_access_key_id="t", aws_secret_access_key="t"
        )
        found = resolve_bucket("tables", sts, "eu-central-1")
        assert found == TableBucket("aws", "eu-central-1", "123456789012", "tables")
        arn = "arn:aws:s3tables:eu-west-1:999999999999:bucket/tables"
        assert resolve_bucket(arn, sts, "eu-west-1").account == "999999999999"
        with pytest.raises(UsageError, match="AWS_REGION=eu-west-1"):
            resolve_bucket(arn, sts, "eu-central-1")
