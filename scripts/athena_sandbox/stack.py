"""The stack as this package ships it: which parts it has, what they need, and its first buckets."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from athena_sandbox.errors import NotRunningError, SandboxError
from athena_sandbox.parts import Part
from athena_sandbox.reporting import Reporter
from athena_sandbox.runtime.artifacts import TRINO, spark_program
from athena_sandbox.runtime.install import install, program_path
from athena_sandbox.services import athena_part, glue_part
from athena_sandbox.settings import LOOPBACK, Settings
from athena_sandbox.state import State, read_state
from athena_sandbox.storage import storage_part
from athena_sandbox.trino import trino_part


def stack_parts(settings: Settings) -> list[Part]:
    """Every part, in the order in which they are started and shown. Nothing need be installed yet."""
    return [
        # First, since it takes the longest; it asks for no catalog before the first query.
        trino_part(program_path(settings.cache_home, TRINO)),
        storage_part(),
        glue_part(),
        athena_part(),
    ]


def install_programs(settings: Settings, reporter: Reporter) -> Path:
    """Everything the parts need and no Python package brings; returns the cache folder.

    Raises:
        DownloadError, MachineError: as `runtime.install.install`.
    """
    for program in (TRINO, spark_program()):
        install(settings.cache_home, program, reporter)
    return settings.cache_home


def running_state(settings: Settings, parts: Sequence[Part]) -> State:
    """The stack's state when every part has a live process.

    Raises:
        NotRunningError: one has none, or there is no stack.
    """
    state = read_state(settings.state.state_file)
    known = state.parts if state else {}
    missing = [
        part.name
        for part in parts
        if part.name not in known or not (process := known[part.name].process) or not process.find()
    ]
    if state is None or missing:
        names = f" (missing: {', '.join(missing)})" if state else ""
        raise NotRunningError(
            f"the sandbox of {settings.state.root} is not running{names}: start it with `athena-sandbox up`"
        )
    return state


def make_buckets(state: State, names: Iterable[str]) -> None:
    """Create S3 buckets that are not there.

    Raises:
        SandboxError: the storage part refuses a name.
    """
    wanted = list(names)
    if not wanted:
        return
    # boto3 takes longer to import than everything else that `up` does when all is running.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    # us-east-1 is the region that S3 wants unnamed.
    place: Any = {"CreateBucketConfiguration": {"LocationConstraint": state.region}}
    arguments = {} if state.region == "us-east-1" else place
    client = boto3.client(
        "s3",
        region_name=state.region,
        endpoint_url=f"http://{LOOPBACK}:{state.ports['storage']}",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 (any key is accepted)
    )
    for name in wanted:
        try:
            client.create_bucket(Bucket=name, **arguments)
        except (BotoCoreError, ClientError, ValueError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
            if code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise SandboxError(f"bucket {name!r} cannot be made: {error}") from error
