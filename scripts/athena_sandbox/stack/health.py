"""Asking a part whether it works. Straight to the loopback address: no proxy setting applies."""

import http.client
from collections.abc import Callable

import psutil

from athena_sandbox.settings import LOOPBACK
from athena_sandbox.stack import ports


def is_healthy(
    process: psutil.Process,
    port: int,
    path: str,
    accepts: Callable[[bytes], bool],
    access_key: str,
    timeout: float = 1.0,
) -> bool:
    """Whether the process answers a GET with 200 and an acceptable body within `timeout` seconds.

    Another user's program that has taken the port before the process could is not asked: the request would
    give it the key.
    """
    if not ports.listens(process, port):
        return False
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {access_key}"})
        response = connection.getresponse()
        return response.status == http.client.OK and accepts(response.read())
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
