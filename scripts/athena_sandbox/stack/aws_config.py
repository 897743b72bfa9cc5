"""The AWS shared configuration file that directs clients to a stack, and the environment that selects it.

Clients need two variables, AWS_CONFIG_FILE and AWS_PROFILE, and no change in their code.
"""

import os
import shlex
from collections.abc import Mapping

from athena_sandbox.settings import StateLayout
from athena_sandbox.wire.keys import SECRET_KEY

PROFILE = "local"

# Which part answers for which AWS service, by the service names of the [services] section.
SERVICE_PARTS = {
    "athena": "athena",
    "glue": "glue",
    "lakeformation": "glue",
    "sts": "glue",
    "cloudformation": "storage",
    "kms": "storage",
    "s3": "storage",
    "s3tables": "storage",
}

# botocore lets each of these win over the profile: with one of them set, a call meant for the stack would
# go to AWS, or to another region.
_OVERRULING = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_SHARED_CREDENTIALS_FILE",
)
_ENDPOINT_PREFIX = "AWS_ENDPOINT_URL"
_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def config_text(region: str, urls: Mapping[str, str], access_key: str) -> str:
    """The file's content.

    `urls` has the base address of each part that `SERVICE_PARTS` names; `access_key` is the stack's.
    """
    lines = [
        "# Written by athena-sandbox at every start; changes are lost.",
        f"[profile {PROFILE}]",
        f"region = {region}",
        "output = json",
        f"aws_access_key_id = {access_key}",
        f"aws_secret_access_key = {SECRET_KEY}",
        f"services = {PROFILE}",
        "s3 =",
        "    addressing_style = path",
        "",
        f"[services {PROFILE}]",
    ]
    for service, part in sorted(SERVICE_PARTS.items()):
        lines += [f"{service} =", f"    endpoint_url = {urls[part]}"]
    return "\n".join(lines) + "\n"


def client_environment(layout: StateLayout, environ: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """Variables that direct clients to the stack; None means that the variable must be unset."""
    changes: dict[str, str | None] = {
        name: None for name in sorted(environ) if name in _OVERRULING or name.startswith(_ENDPOINT_PREFIX)
    }
    changes["AWS_CONFIG_FILE"] = str(layout.aws_config)
    changes["AWS_PROFILE"] = PROFILE
    if any(environ.get(name) for name in _PROXIES):
        for name in ("NO_PROXY", "no_proxy"):
            changes[name] = without_proxy(environ.get(name, ""))
    return changes


def one_address(url: str, region: str, access_key: str) -> dict[str, str | None]:
    """The extra variables for a tool that doesn't read the configuration file: one address for all services.

    `url` is the base address of the storage part.
    """
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # Rust's object_store, which is in polars and delta-rs, asks for it.
        "AWS_ALLOW_HTTP": "true",
    }


def without_proxy(no_proxy: str) -> str:
    """A NO_PROXY value that covers the loopback address too."""
    names = [name.strip() for name in no_proxy.split(",") if name.strip()]
    return ",".join(dict.fromkeys([*names, "127.0.0.1", "localhost"]))


def shell_exports(changes: Mapping[str, str | None]) -> str:
    """The changes as lines for `eval` in a POSIX shell."""
    lines = [
        f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"
        for name, value in changes.items()
    ]
    return "\n".join(lines) + "\n"
