"""The stack as this package ships it: its parts, what they need, its first buckets and work groups."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from athena_sandbox.athena.spark.archive import failure_log, make_archive, needs_archive
from athena_sandbox.athena.spark.runtime import SparkInstallation
from athena_sandbox.errors import NotRunningError, SandboxError
from athena_sandbox.parts.services import athena_part, glue_part
from athena_sandbox.parts.storage import storage_part
from athena_sandbox.parts.trino import trino_part
from athena_sandbox.reporting import Reporter
from athena_sandbox.runtime.artifacts import TRINO, spark_program
from athena_sandbox.runtime.install import install, program_path
from athena_sandbox.settings import ACCOUNT_ID, LOOPBACK, Settings
from athena_sandbox.stack.parts import Part
from athena_sandbox.stack.state import State, read_state
from athena_sandbox.wire.keys import SECRET_KEY

_SPARK_ENGINE = "PySpark engine version 3"


def stack_parts(settings: Settings) -> list[Part]:
    """Every part, in the order in which they are started and shown. Nothing has to be installed yet."""
    return [
        # First, since it takes longest; it needs no catalog before the first query.
        trino_part(program_path(settings.cache_home, TRINO)),
        storage_part(),
        glue_part(),
        athena_part(),
    ]


def install_programs(settings: Settings, reporter: Reporter) -> Path:
    """Install everything that the parts need and no Python package contains; returns the cache folder.

    Raises DownloadError and MachineError as `runtime.install.install` does.
    """
    install(settings.cache_home, TRINO, reporter)
    spark = SparkInstallation(install(settings.cache_home, spark_program(), reporter))
    if needs_archive(spark):
        reporter.busy("Preparing Spark's class archive ...")
        made = make_archive(spark)
        reporter.busy("")
        if not made:
            reporter.say(
                "Spark's class archive could not be made, so its sessions start slower for now; "
                f"the next `up` after a day tries again. The reason: {failure_log(spark)}"
            )
    return settings.cache_home


def running_state(settings: Settings, parts: Sequence[Part]) -> State:
    """The stack's state, if every part has a live process. Raises NotRunningError if one has none, or there
    is no stack.
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
    """Create the S3 buckets that don't exist. Raises SandboxError if the storage part refuses a name."""
    wanted = list(names)
    if not wanted:
        return
    from botocore.exceptions import BotoCoreError, ClientError

    # us-east-1 is the region that S3 wants unnamed.
    place: Any = {"CreateBucketConfiguration": {"LocationConstraint": state.region}}
    arguments = {} if state.region == "us-east-1" else place
    client = _client(state, "s3", "storage")
    for name in wanted:
        try:
            client.create_bucket(Bucket=name, **arguments)
        except (BotoCoreError, ClientError, ValueError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
            if code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise SandboxError(f"bucket {name!r} cannot be made: {error}") from error


def make_spark_workgroups(state: State, groups: Mapping[str, str]) -> None:
    """Create the work groups for Apache Spark that don't exist; existing ones stay as they are.

    `groups` has the location of each group's results, an `s3://` address, by name. Raises SandboxError if the
    Athena part refuses one, or if it exists and runs SQL or has another location.
    """
    if not groups:
        return
    from botocore.exceptions import BotoCoreError, ClientError

    client = _client(state, "athena", "athena")
    for name, location in groups.items():
        try:
            client.create_work_group(Name=name, Configuration=_spark_configuration(location))
        except ClientError as error:
            there = _spark_results(client, name)
            if there is None:
                raise SandboxError(f"work group {name!r} cannot be made for Spark: {error}") from error
            if there.rstrip("/") != location.rstrip("/"):
                raise SandboxError(
                    f"work group {name} is there already and writes its results to {there}: name that place, "
                    "or choose another name for the group"
                ) from error
        except BotoCoreError as error:
            raise SandboxError(f"work group {name!r} cannot be made: {error}") from error


def _spark_results(client: Any, name: str) -> str | None:
    """Where a work group for Spark writes its results; None if there is none of this name that runs Spark."""
    from botocore.exceptions import ClientError

    try:
        configuration = client.get_work_group(WorkGroup=name)["WorkGroup"]["Configuration"]
    except ClientError:
        return None
    if configuration["EngineVersion"]["EffectiveEngineVersion"] != _SPARK_ENGINE:
        return None
    return str(configuration["ResultConfiguration"]["OutputLocation"])


def _spark_configuration(location: str) -> dict[str, Any]:
    return {
        "EngineVersion": {"SelectedEngineVersion": _SPARK_ENGINE},
        "ResultConfiguration": {"OutputLocation": location},
        # Athena requires one; here any role may do everything.
        "ExecutionRole": f"arn:aws:iam::{ACCOUNT_ID}:role/spark",
    }


def _client(state: State, service: str, part: str) -> Any:
    # boto3 takes longer to import than everything else that `up` does when all is running.
    import boto3

    session = boto3.Session(state.access_key, SECRET_KEY, region_name=state.region)
    endpoint = f"http://{LOOPBACK}:{state.ports[part]}"
    # The name is not known to the type checker.
    make: Any = session.client
    return make(service, endpoint_url=endpoint)
