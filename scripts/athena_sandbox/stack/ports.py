"""Which loopback port a part listens on."""

import errno
import random
import socket
from collections.abc import Iterable

import psutil

from athena_sandbox.errors import PortTakenError
from athena_sandbox.settings import LOOPBACK

# Below the ranges that Linux (from 32768) and macOS (from 49152) give to outgoing connections: a port from
# those could be in use just when a stopped part needs it again.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether nobody listens on the port, on the loopback address or on all addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        if probe.connect_ex((LOOPBACK, port)) == 0:
            return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As the servers do: connections of a stopped part that linger in TIME_WAIT don't matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def choose(taken: Iterable[int] = ()) -> int:
    """A free port that is not in `taken`. Raises PortTakenError if none was found."""
    excluded = set(taken)
    for port in random.sample(range(_FIRST, _LAST), _ATTEMPTS):
        if port not in excluded and is_free(port):
            return port
    raise PortTakenError(f"no free port between {_FIRST} and {_LAST} in {_ATTEMPTS} attempts: free some")


def listens(process: psutil.Process, port: int) -> bool:
    """Whether it is this process that listens on the port; taken for granted where the system hides it."""
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections)


def owner_of(port: int) -> str | None:
    """Who listens on the port, as "name (pid 123)"; None when the system hides it."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or connection.laddr.port != port:
            continue
        if connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                return f"pid {connection.pid}"
    return None
