"""The storage part: ministack as S3 and S3 Tables (and CloudFormation), with everything on disk.

It loads ministack inside applications of this package: `athena_sandbox.s3tables` adds an Iceberg REST catalog
and the durability of S3 Tables, `athena_sandbox.gateway` makes it the one address of all services.

Facts of ministack 1.5.33 that this rests on:

- With S3_PERSIST=1 each object is written to its own file and its body leaves the memory.
  `gateway.durability` has it written and synced before the request is answered. The rest of its state is
  written at a graceful stop only, and by `s3tables.state`. Parts of an open multipart upload are in memory: a
  restart loses them, and completing the upload is then refused (NoSuchUpload).
- At its start it takes a bucket's folder for a bucket unless the folder is empty. `keep_empty_buckets` puts
  an empty folder in, so that an empty bucket outlives a crash.
- Its own launcher listens on all interfaces and opens an SFTP and an MQTT port; run under hypercorn with
  those two switched off, it has one port on the loopback address.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from athena_sandbox.gateway.durability import settle
from athena_sandbox.settings import ACCOUNT_ID, LOOPBACK
from athena_sandbox.stack.aws_config import SERVICE_PARTS
from athena_sandbox.stack.parts import Launch, Part, Site, source_digests
from athena_sandbox.wire.keys import SECRET_KEY

NAME = "storage"
HEALTH_PATH = "/health"
_KEEPER = ".bucket"


def storage_part() -> Part:
    """The part for the supervisor."""
    return Part(
        NAME,
        plan=plan_storage,
        health_path=HEALTH_PATH,
        prepare=_prepare,
    )


def plan_storage(site: Site) -> Launch:
    """ministack in one process, its data in the part's folder."""
    port = site.ports[NAME]
    return Launch(
        command=(
            *(sys.executable, "-m", "hypercorn", "athena_sandbox.gateway.asgi:app"),
            *("--bind", f"{LOOPBACK}:{port}"),
            # In this very process: killing it leaves no worker behind that holds the port.
            *("--workers", "0"),
            # Engines keep connections open between statements; a closed one costs a retry.
            *("--keep-alive", "60"),
        ),
        environ={
            **site.key_environ,
            # ministack checks the signature of a presigned address with it.
            "AWS_ACCESS_KEY_ID": site.access_key,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "STORAGE_FORWARDS": json.dumps(_forwards(site)),
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": LOOPBACK,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_REGION": site.settings.region,
            "LOG_LEVEL": "WARNING",
            "IOT_MTLS_ENABLED": "0",
            "IOT_MTLS_PORT": "off",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(site.folder(NAME) / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(_objects(site)),
            # It would look for containers to clean up; a socket that doesn't exist keeps it away from Docker.
            "DOCKER_HOST": f"unix://{site.folder(NAME) / 'no-docker'}",
        },
        versions=(
            f"ministack {version('ministack')}",
            f"hypercorn {version('hypercorn')}",
            f"pyiceberg {version('pyiceberg')}",
            *source_digests("s3tables", "gateway", "wire"),
        ),
    )


def _forwards(site: Site) -> dict[str, str]:
    """Which services other parts answer for, and where; a stack may lack a part."""
    return {
        service: site.url(part)
        for service, part in SERVICE_PARTS.items()
        if part != NAME and part in site.ports
    }


def _prepare(site: Site) -> None:
    settle(_objects(site))
    keep_empty_buckets(_objects(site))


def _objects(site: Site) -> Path:
    return site.folder(NAME) / "objects"


def keep_empty_buckets(objects: Path) -> None:
    """Make every bucket folder look like a bucket to ministack (see the module's text)."""
    for bucket in objects.glob("[0-9]*/*"):
        if bucket.is_dir() and not any(bucket.iterdir()):
            (bucket / _KEEPER).mkdir()
