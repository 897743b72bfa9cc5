"""Names in S3 Tables, and ARNs made of them.

Rules: "Amazon S3 table bucket, table, and namespace naming rules" in the S3 User Guide (read in November
2026); for columns, "Names for tables, databases, and columns" in the Athena User Guide, since a column that
Athena can't name is of no use here.
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
    """A name that S3 Tables or Athena doesn't take."""


@dataclass(frozen=True)
class TableBucket:
    """A table bucket, wherever its name came from."""

    partition: str
    region: str
    account: str
    name: str

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:s3tables:{self.region}:{self.account}:bucket/{self.name}"

    @property
    def catalog(self) -> str:
        """What Athena calls it."""
        return f"s3tablescatalog/{self.name}"


@dataclass(frozen=True)
class TableName:
    """A table within a bucket."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}"


def check_bucket_name(name: str) -> str:
    """Return the name of a table bucket; NameRuleError if it can't be one."""
    if not _BUCKET.fullmatch(name):
        raise NameRuleError(
            f"{name!r} can't be a table bucket: 3 to 63 lower-case letters, digits and hyphens, "
            "with a letter or digit at both ends"
        )
    for prefix in _RESERVED_PREFIXES:
        if name.startswith(prefix):
            raise NameRuleError(f"{name!r} can't be a table bucket: the prefix {prefix!r} is reserved by AWS")
    for suffix in _RESERVED_SUFFIXES:
        if name.endswith(suffix):
            raise NameRuleError(f"{name!r} can't be a table bucket: the suffix {suffix!r} is reserved by AWS")
    return name


def check_namespace(name: str) -> str:
    """Return the name of a namespace; NameRuleError if it can't be one."""
    _check_name("namespace", name)
    if name.startswith("aws"):
        raise NameRuleError(f"{name!r} can't be a namespace: the prefix 'aws' is reserved by AWS")
    return name


def check_table(name: str) -> str:
    """Return the name of a table; NameRuleError if it can't be one."""
    return _check_name("table", name)


def _check_name(kind: str, name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    advice = f"; {name.lower()!r} would do" if _NAME.fullmatch(name.lower()) else ""
    raise NameRuleError(
        f"{name!r} can't be a {kind}: 1 to {MAX_NAME} lower-case letters, digits and underscores, "
        f"with a letter or digit at both ends{advice}"
    )


def check_column(name: str) -> str:
    """Return the name of a column or of a field within one; NameRuleError if Athena couldn't use it.

    A capital letter makes the whole table invisible to Athena and Glue ("Considerations and limitations" of
    S3 Tables), so it is no matter of taste.
    """
    if not 1 <= len(name.encode("utf-8", "surrogatepass")) <= MAX_NAME:
        raise NameRuleError(f"a column's name has 1 to {MAX_NAME} bytes, this one {len(name.encode())}")
    if any(not character.isprintable() for character in name):
        raise NameRuleError(f"{name!r} can't be a column: it holds a character that can't be seen")
    if name != name.strip():
        raise NameRuleError(f"{name!r} can't be a column: it begins or ends with a space")
    if name != name.lower():
        raise NameRuleError(
            f"{name!r} has a capital letter, which hides the table from Athena; --lower-case makes it "
            f"{name.lower()!r}"
        )
    return name


def parse_bucket_arn(text: str) -> TableBucket:
    """Return the bucket of an ARN; NameRuleError if it is not the ARN of a table bucket."""
    match = _BUCKET_ARN.fullmatch(text)
    if not match:
        raise NameRuleError(
            f"{text!r} is not the ARN of a table bucket: arn:aws:s3tables:REGION:ACCOUNT:bucket/NAME"
        )
    return TableBucket(
        match["partition"], match["region"], match["account"], check_bucket_name(match["name"])
    )


def parse_table_name(text: str, namespace: str) -> TableName:
    """Return the table that `ns.t` or `t` names; `namespace` is that of a bare name."""
    first, dot, second = text.partition(".")
    if not dot:
        return TableName(check_namespace(namespace), check_table(first))
    return TableName(check_namespace(first), check_table(second))


def role_arn(text: str, bucket: TableBucket) -> str:
    """Return the ARN of a role given by ARN or by name (then it is one of the bucket's account).

    Only roles: a wildcard, a whole account or a user is not what a grant of this package is for.
    """
    if _ROLE_ARN.fullmatch(text):
        return text
    if _ROLE_NAME.fullmatch(text):
        return f"arn:{bucket.partition}:iam::{bucket.account}:role/{text}"
    raise NameRuleError(f"{text!r} is neither the name of a role nor arn:aws:iam::ACCOUNT:role/NAME")
