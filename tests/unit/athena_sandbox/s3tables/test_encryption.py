"""How objects say that they are encrypted, as S3 does since January 2023: SSE-S3 by default."""

from __future__ import annotations

import pytest
from tests.unit.athena_sandbox.s3tables.conftest import REGION, Storage

HEADER = "x-amz-server-side-encryption"
KMS = """<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>
<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>
</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"""


@pytest.fixture
def bucket(storage: Storage) -> str:
    place = f"<LocationConstraint>{REGION}</LocationConstraint>"
    body = f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>".encode()
    assert storage.call("s3", "PUT", f"/{storage.bucket}-objects", body).status_code == 200
    return f"/{storage.bucket}-objects"


def test_an_object_is_encrypted_by_s3s_own_key(storage: Storage, bucket: str) -> None:
    for method, body in (("PUT", b"x"), ("HEAD", None), ("GET", None)):
        assert storage.call("s3", method, f"{bucket}/a", body).headers[HEADER] == "AES256"


def test_an_upload_in_parts_too(storage: Storage, bucket: str) -> None:
    started = storage.call("s3", "POST", f"{bucket}/parts?uploads")
    assert started.headers[HEADER] == "AES256"
    upload = started.text.partition("<UploadId>")[2].partition("<")[0]
    part = storage.call("s3", "PUT", f"{bucket}/parts?partNumber=1&uploadId={upload}", b"x")
    complete = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{part.headers['etag']}</ETag></Part></CompleteMultipartUpload>"
    )
    ended = storage.call("s3", "POST", f"{bucket}/parts?uploadId={upload}", complete.encode())
    assert ended.headers[HEADER] == "AES256"
    assert storage.call("s3", "HEAD", f"{bucket}/parts").headers[HEADER] == "AES256"


def test_a_buckets_own_default_holds(storage: Storage, bucket: str) -> None:
    assert storage.call("s3", "PUT", f"{bucket}?encryption", KMS.encode()).status_code == 200
    storage.call("s3", "PUT", f"{bucket}/b", b"x")
    assert storage.call("s3", "HEAD", f"{bucket}/b").headers[HEADER] == "aws:kms"
