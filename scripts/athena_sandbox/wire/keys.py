"""The one secret of a stack: its access key, and what is derived from it.

On the loopback address the access key is the secret: who sends it may do everything, and no signature is
computed. It is made once, kept in the state file, and handed to the parts by their environment.

Environment of a part:
    ATHENA_SANDBOX_ACCESS_KEY   the key, for calls to other parts, and required of every request
    ATHENA_SANDBOX_OPEN         set when a request may carry any key, or none
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping

KEY_VARIABLE = "ATHENA_SANDBOX_ACCESS_KEY"
OPEN_VARIABLE = "ATHENA_SANDBOX_OPEN"
SECRET_KEY = "test"  # noqa: S105 - SDKs want one to sign with; it guards nothing
ENGINE_USER = "athena"


def new_access_key() -> str:
    """A random key; storage can't mistake it for an account's number."""
    return "LOCAL" + base64.b32encode(secrets.token_bytes(15)).decode()


def required_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """The key that a part requires of its clients; None when any key is accepted."""
    return None if environ.get(OPEN_VARIABLE) else given_key(environ)


def given_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """The stack's key; None for a part that runs without a stack."""
    return environ.get(KEY_VARIABLE) or None


def own_key(environ: Mapping[str, str] = os.environ) -> str:
    """The key that a part sends to other parts; outside a stack any key is accepted."""
    return given_key(environ) or "test"


def derived(access_key: str, purpose: str) -> bytes:
    """32 bytes for one purpose, from which the key can't be derived."""
    return hmac.digest(access_key.encode(), purpose.encode(), hashlib.sha256)


def engine_token(access_key: str) -> str:
    """The JSON web token by which the SQL engine knows the stack's user; signed with `engine_key`."""
    claims = [{"alg": "HS256", "typ": "JWT"}, {"sub": ENGINE_USER}]
    signed = b".".join(_base64url(json.dumps(claim).encode()) for claim in claims)
    signature = hmac.digest(derived(access_key, "engine"), signed, hashlib.sha256)
    return f"{signed.decode()}.{_base64url(signature).decode()}"


def engine_key(access_key: str) -> str:
    """The key that the SQL engine checks `engine_token` with, as its key file has it."""
    return base64.b64encode(derived(access_key, "engine")).decode()


def page_token(access_key: str) -> str:
    """The first segment of the query page's address; it opens the page and nothing else."""
    return derived(access_key, "page").hex()[:32]


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
