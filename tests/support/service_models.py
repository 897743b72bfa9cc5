"""One reading of AWS's service models for all sessions of a process.

boto3 reads and parses a service's model for each session anew, tens of milliseconds of a core for each
client. dbt-athena makes a session for each connection and a dozen clients for each node, tests make many,
too. The models are constant data; what is shared is what clients of one session share anyway.
"""

from __future__ import annotations

import functools

import botocore.loaders
import botocore.session


def share() -> None:
    botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)  # type: ignore[attr-defined]
