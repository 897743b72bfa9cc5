"""Where ministack 1.5.33 differs from AWS in its own code, and no request can be answered in its place.

- The ARN of a table ends in an id, which outlives a rename; ministack's ends in namespace and name.
- Of CloudFormation's AWS::S3Tables::TableBucket it reads only the name: removal of unreferenced files and
  encryption are left out, and an existing bucket is replaced by an empty entry, where AWS refuses.
- An object that is written without an encryption is encrypted with S3's own key (SSE-S3), as every later
  answer about it says; ministack says so for buckets only.

Source: S3 User Guide and CloudFormation's AWS::S3Tables::TableBucket, read by November 2026.
"""

import uuid
from collections.abc import Callable
from functools import cache
from typing import Any

Json = dict[str, Any]
Handler = Callable[..., tuple[str, Json]]

_TYPE = "AWS::S3Tables::TableBucket"
_REMOVAL = "icebergUnreferencedFileRemoval"
_DEFAULTS = {"unreferencedDays": 3, "nonCurrentDays": 10}


@cache
def correct_ministack() -> None:
    """Correct the ministack of this process, once."""
    from ministack.services import s3, s3tables
    from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

    s3tables._table_arn = _table_arn
    s3._bucket_default_sse_headers = _by_default(s3._bucket_default_sse_headers)
    handlers = _RESOURCE_HANDLERS[_TYPE]
    handlers["create"] = _creating(handlers["create"])
    handlers["update"] = _updating(handlers["update"])


def _table_arn(bucket_arn: str, _namespace: str, _table: str) -> str:
    return f"{bucket_arn}/table/{uuid.uuid4()}"


def _by_default(of_bucket: Callable[[str], dict[str, str]]) -> Callable[[str], dict[str, str]]:
    return lambda bucket: of_bucket(bucket) or {"x-amz-server-side-encryption": "AES256"}


def _creating(create: Handler) -> Handler:
    def created(logical_id: str, props: Json, stack_name: str) -> tuple[str, Json]:
        from ministack.services import s3tables

        if props.get("TableBucketName") in s3tables._table_buckets:
            raise ValueError("The bucket that you tried to create already exists, and you own it.")
        physical_id, attributes = create(logical_id, props, stack_name)
        _complete(physical_id, props)
        return physical_id, attributes

    return created


def _updating(update: Handler) -> Handler:
    def updated(physical_id: str, old: Json, new: Json, *rest: Any, **more: Any) -> tuple[str, Json]:
        new_id, attributes = update(physical_id, old, new, *rest, **more)
        _complete(new_id, new)
        return new_id, attributes

    return updated


def _complete(arn: str, props: Json) -> None:
    """Set what ministack leaves out of a bucket's entry."""
    from ministack.core.responses import new_uuid
    from ministack.services import s3tables

    entry = s3tables._table_buckets[arn.rpartition("/")[2]]
    entry.setdefault("type", "customer")
    entry.setdefault("tableBucketId", new_uuid())
    if removal := props.get("UnreferencedFileRemoval"):
        days = {
            "unreferencedDays": int(removal.get("UnreferencedDays", _DEFAULTS["unreferencedDays"])),
            "nonCurrentDays": int(removal.get("NoncurrentDays", _DEFAULTS["nonCurrentDays"])),
        }
        status = str(removal.get("Status", "Enabled")).lower()
        entry.setdefault("_maintenance", {})[_REMOVAL] = {"status": status, "settings": {_REMOVAL: days}}
    if encryption := props.get("EncryptionConfiguration"):
        key = {"kmsKeyArn": encryption["KMSKeyArn"]} if "KMSKeyArn" in encryption else {}
        entry["_encryption"] = {"sseAlgorithm": encryption.get("SSEAlgorithm", "AES256"), **key}
