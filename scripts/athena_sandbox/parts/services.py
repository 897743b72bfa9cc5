"""The two parts that are Python programs of this package: the Glue endpoint and the Athena endpoint."""

import shlex
import sys
from importlib.metadata import version

from athena_sandbox.runtime.artifacts import spark_program
from athena_sandbox.runtime.install import program_path
from athena_sandbox.settings import ACCOUNT_ID
from athena_sandbox.stack.parts import Launch, Part, Site, source_digests
from athena_sandbox.wire.keys import SECRET_KEY

ATHENA = "athena"


def glue_part() -> Part:
    """Glue, STS and Lake Formation."""
    return Part("glue", plan=_plan_glue)


def athena_part() -> Part:
    """The Athena API in front of Trino, which it meets at the first query and not before."""
    return Part(ATHENA, plan=_plan_athena, needs=("storage", "glue"))


def _plan_glue(site: Site) -> Launch:
    return Launch(
        command=(
            *(sys.executable, "-m", "athena_sandbox.glue"),
            *("--port", str(site.ports["glue"])),
            *("--data-dir", str(site.folder("glue"))),
            *("--storage-url", site.url("storage")),
        ),
        environ=_environ(site),
        versions=(f"moto {version('moto')}", *source_digests("glue", "wire")),
    )


def _plan_athena(site: Site) -> Launch:
    return Launch(
        command=(
            *(sys.executable, "-m", "athena_sandbox.athena"),
            *("--port", str(site.ports["athena"])),
            *("--data-dir", str(site.folder("athena"))),
            *("--trino-url", site.url("trino")),
            *("--glue-url", site.url("glue")),
            *("--s3-url", site.url("storage")),
            *("--s3tables-url", site.url("storage")),
            *("--region", site.settings.region),
            *("--engine-start", shlex.join(_up_again(site))),
            *("--spark-dir", str(program_path(site.settings.cache_home, spark_program()))),
        ),
        environ=_environ(site),
        versions=(f"sqlglot {version('sqlglot')}", *source_digests("athena", "wire")),
    )


def _up_again(site: Site) -> tuple[str, ...]:
    """The command that starts the stack's dead parts again, with the same settings."""
    settings = site.settings
    return (
        *(sys.executable, "-m", "athena_sandbox", "up"),
        *("--state", str(settings.state.root)),
        *("--memory", f"{settings.heap_mb}M"),
        *("--region", settings.region),
        *(("--open",) if settings.open else ()),
    )


def _environ(site: Site) -> dict[str, str]:
    return {
        **site.key_environ,
        "MOTO_ACCOUNT_ID": ACCOUNT_ID,
        "AWS_ACCESS_KEY_ID": site.access_key,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": site.settings.region,
    }
