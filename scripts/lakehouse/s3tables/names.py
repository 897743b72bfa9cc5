"""Names in S3 Tables, and ARNs.

Rules: "Amazon S3 table bucket, table, and namespace naming rules" in the S3 User Guide (read in November
2026); for columns, "Names for tables, databases, and columns" in the Athena User Guide, because a column that
Athena can't name is useless here.
"""

import re
from dataclasses import dataclass

from lakehouse.errors import UsageError

MAX_NAME = 255

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-", "aws")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")
_NAME = re.compile(r"[0-9a-z](?:[0-9a-z_]{0,253}[0-9a-z])?")
_BUCKET_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z0-9-]*):s3tables:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):bucket/(?P<name>[^/]+)"
)
_ROLE_ARN = re.compile(r"arn:aws[a-z0-9-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}")


class NameRuleError(UsageError):
    """A name that S3 Tables or Athena doesn't accept."""


@dataclass(frozen=True)
class TableBucket:
    """A table bucket with what its ARN consists of."""

    partition: str
    region: str
    account: str
    name: str

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:s3tables:{self.region}:{self.account}:bucket/{self.name}"

    @property
    def catalog(self) -> str:
        """The name of its catalog in Athena."""
        return f"s3tablescatalog/{self.name}"


@dataclass(frozen=True)
class TableName:
    """The name of a table in a bucket."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}"


def check_bucket_name(name: str) -> str:
    """Return the name of a table bucket. Raises NameRuleError if it isn't valid."""
    if not _BUCKET.fullmatch(name):
        raise NameRuleError(
            f"{name!r} is not a valid table bucket name: use 3 to 63 lower-case letters, digits and hyphens, "
            "with a letter or digit at both ends"
        )
    for prefix in _RESERVED_PREFIXES:
        if name.startswith(prefix):
            raise NameRuleError(
                f"{name!r} is not a valid table bucket name: AWS reserves the prefix {prefix!r}"
            )
    for suffix in _RESERVED_SUFFIXES:
        if name.endswith(suffix):
            raise NameRuleError(
                f"{name!r} is not a valid table bucket name: AWS reserves the suffix {suffix!r}"
            )
    return name


def check_namespace(name: str) -> str:
    """Return the name of a namespace. Raises NameRuleError if it isn't valid."""
    _check_name("namespace", name)
    if name.startswith("aws"):
        raise NameRuleError(f"{name!r} is not a valid namespace name: AWS reserves the prefix 'aws'")
    return name


def check_table(name: str) -> str:
    """Return the name of a table. Raises NameRuleError if it isn't valid."""
    return _check_name("table", name)


def _check_name(kind: str, name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    advice = f"; {name.lower()!r} would be valid" if _NAME.fullmatch(name.lower()) else ""
    raise NameRuleError(
        f"{name!r} is not a valid {kind} name: use 1 to {MAX_NAME} lower-case letters, digits and "
        f"underscores, with a letter or digit at both ends{advice}"
    )


def check_column(name: str) -> str:
    """Return the name of a column or of a nested field. Raises NameRuleError if Athena couldn't use it.

    A capital letter makes the whole table invisible to Athena and Glue ("Considerations and limitations" of
    S3 Tables), so this is more than a matter of style.
    """
    if not 1 <= len(name.encode("utf-8", "surrogatepass")) <= MAX_NAME:
        raise NameRuleError(f"a column's name has 1 to {MAX_NAME} bytes; this one has {len(name.encode())}")
    if any(not character.isprintable() for character in name):
        raise NameRuleError(f"{name!r} is not a valid column name: it contains an invisible character")
    if name != name.strip():
        raise NameRuleError(f"{name!r} is not a valid column name: it begins or ends with a space")
    if name != name.lower():
        raise NameRuleError(
            f"{name!r} has a capital letter, which hides the table from Athena; --lower-case makes it "
            f"{name.lower()!r}"
        )
    return name


def parse_bucket_arn(text: str) -> TableBucket:
    """Return the bucket of an ARN. Raises NameRuleError if it is not the ARN of a table bucket."""
    match = _BUCKET_ARN.fullmatch(text)
    if not match:
        raise NameRuleError(
            f"{text!r} is not the ARN of a table bucket: arn:aws:s3tables:REGION:ACCOUNT:bucket/NAME"
        )
    return TableBucket(
        match["partition"], match["region"], match["account"], check_bucket_name(match["name"])
    )


def parse_table_name(text: str, namespace: str) -> TableName:
    """Return the table that `ns.t` or `t` names; `namespace` is used for a name without one."""
    first, dot, second = text.partition(".")
    if not dot:
        return TableName(check_namespace(namespace), check_table(first))
    return TableName(check_namespace(first), check_table(second))


def role_arn(text: str, bucket: TableBucket) -> str:
    """Return the ARN of a role given by ARN, or by name (then it is a role in the bucket's account).

    Only roles are accepted: the grants of this package are not meant for wildcards, accounts or users.
    """
    if _ROLE_ARN.fullmatch(text):
        return text
    if _ROLE_NAME.fullmatch(text):
        return f"arn:{bucket.partition}:iam::{bucket.account}:role/{text}"
    raise NameRuleError(
        f"{text!r} is not a valid role: give a name, or an ARN arn:aws:iam::ACCOUNT:role/NAME"
    )
