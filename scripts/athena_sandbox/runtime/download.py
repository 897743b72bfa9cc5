"""Downloading artifacts: several at once, resumed where they stopped, verified while they arrive.

A file appears under its own name only when it is complete and has the pinned checksum; until then it is
`<name>.part`, which the next run continues. The caller holds the lock that keeps two runs apart.
"""

import errno
import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import httpx

from athena_sandbox.errors import ChecksumError, DownloadError, MachineError, OfflineError, SandboxError
from athena_sandbox.files import sync_folder
from athena_sandbox.reporting import Advance, Reporter
from athena_sandbox.runtime.artifacts import IndexFile, Pinned

UrlsOf = Callable[[Pinned], Sequence[str]]

_CHUNK = 1 << 20
# Seconds to wait after attempts that brought nothing. An attempt that brought bytes starts over with them, so
# a download over a slow or broken line finishes as long as it progresses.
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_PAUSE = 30.0


class Hash(Protocol):
    """The part of hashlib's objects that this module uses."""

    def update(self, data: bytes, /) -> None: ...

    def hexdigest(self) -> str: ...


class _TransientError(Exception):
    """Worth another attempt, after `pause` seconds when the server named a time."""

    def __init__(self, reason: str, *, connected: bool, pause: float | None = None) -> None:
        super().__init__(reason)
        self.connected = connected
        self.pause = pause


class _NotThereError(Exception):
    """This repository does not have the artifact."""


class Downloader:
    """Downloads artifacts into one folder.

    `folder` holds the files and their `.part` files. `urls_of` returns the addresses of an artifact, best
    first. The caller closes the HTTP `client`; `sleep` waits for a number of seconds.
    """

    def __init__(
        self, folder: Path, urls_of: UrlsOf, client: httpx.Client, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._folder = folder
        self._urls_of = urls_of
        self._client = client
        self._sleep = sleep
        self._cancelled = threading.Event()

    def bytes_there(self, artifact: Pinned) -> int:
        """How many bytes of an artifact have been downloaded already."""
        if self.path_of(artifact).exists():
            return artifact.size
        part = self._part_of(artifact)
        return min(part.stat().st_size, artifact.size) if part.exists() else 0

    def path_of(self, artifact: Pinned) -> Path:
        """Where the complete file is or will be."""
        return self._folder / artifact.file_name

    def fetch_all(self, title: str, artifacts: Sequence[Pinned], reporter: Reporter) -> list[Path]:
        """Download what is missing, all at once; returns the complete files in the order asked for.

        Raises DownloadError (or one of its subclasses) if a file could not be downloaded; the parts of the
        others are kept.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        total = sum(artifact.size for artifact in artifacts)
        done = sum(self.bytes_there(artifact) for artifact in artifacts)
        failures: list[BaseException] = []
        with reporter.transfer(title, total, done) as advance:
            threads = [
                # Daemons, so that Ctrl-C need not wait for a read that hangs in a dead connection.
                threading.Thread(target=self._run, args=(artifact, advance, failures), daemon=True)
                for artifact in artifacts
            ]
            for thread in threads:
                thread.start()
            try:
                for thread in threads:
                    thread.join()
            except BaseException:
                self._cancelled.set()
                raise
        if failures:
            raise failures[0]
        return [self.path_of(artifact) for artifact in artifacts]

    def _run(self, artifact: Pinned, advance: Advance, failures: list[BaseException]) -> None:
        try:
            self.fetch(artifact, advance)
        except SandboxError as error:
            failures.append(error)
            self._cancelled.set()
        except OSError as error:
            failures.append(_not_written(artifact, self._folder, error))
            self._cancelled.set()

    def fetch(self, artifact: Pinned, advance: Advance) -> None:
        """Download one artifact unless it is there.

        Raises ChecksumError if the complete file is not the pinned one, OfflineError if no repository could
        be reached, and DownloadError if no repository has it or none delivers it.
        """
        if self.path_of(artifact).exists():
            if self._is_whole(artifact):
                return
            # Damaged since, by a full disk or a crash: a program unpacked from it would be damaged too.
            self.path_of(artifact).unlink()
            advance(-artifact.size)
        resumed = self._part_of(artifact).exists()
        try:
            self._fetch_part(artifact, advance)
        except ChecksumError:
            # The part of an earlier run may have been damaged since; one that arrives at once is not.
            if not resumed:
                raise
            advance(-artifact.size)
            self._fetch_part(artifact, advance)

    def _fetch_part(self, artifact: Pinned, advance: Advance) -> None:
        urls = self._urls_of(artifact)
        for url in urls:
            try:
                digest = self._complete(artifact, url, advance)
            except _NotThereError:
                continue
            if self._cancelled.is_set():
                return
            part = self._part_of(artifact)
            if digest != artifact.sha256:
                part.unlink()
                raise ChecksumError(artifact.file_name, artifact.sha256, digest)
            _sync(part)
            part.replace(self.path_of(artifact))
            sync_folder(self._folder)
            return
        raise DownloadError(
            f"{artifact} is not in any of the repositories asked ({_hosts(urls)}): check the mirror that "
            + (
                "pip's configuration names"
                if isinstance(artifact, IndexFile)
                else "LAKEHOUSE_MAVEN_REPOSITORY or jgo.conf names"
            )
        )

    def _complete(self, artifact: Pinned, url: str, advance: Advance) -> str:
        """Bring the part to full length; returns its SHA-256. Repeats transient failures."""
        failed = 0
        while True:
            before = self._size(artifact)
            try:
                return self._continue(artifact, url, advance)
            except _TransientError as problem:
                failed = 0 if self._size(artifact) > before else failed + 1
                if failed > len(_PAUSES):
                    raise _exhausted(artifact, url, problem) from problem
                self._sleep(problem.pause if problem.pause is not None else _PAUSES[max(failed - 1, 0)])
                if self._cancelled.is_set():
                    return ""

    def _continue(self, artifact: Pinned, url: str, advance: Advance) -> str:
        part = self._part_of(artifact)
        if self._size(artifact) > artifact.size:
            part.unlink()
        have = self._size(artifact)
        digest = _hash_file(part) if have else hashlib.sha256()
        if have == artifact.size:
            return digest.hexdigest()
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        try:
            with self._client.stream("GET", url, headers=headers, follow_redirects=True) as response:
                return self._receive(artifact, response, have, digest, advance)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _TransientError(str(error), connected=False) from error
        except httpx.TransportError as error:
            raise _TransientError(str(error) or type(error).__name__, connected=True) from error

    def _receive(
        self, artifact: Pinned, response: httpx.Response, have: int, digest: Hash, advance: Advance
    ) -> str:
        part = self._part_of(artifact)
        if response.status_code == 416:
            part.unlink(missing_ok=True)
            advance(-have)
            raise _TransientError("the server refused to continue the file", connected=True, pause=0)
        _check_status(response)
        if have and not _continues_at(response, have):
            digest = hashlib.sha256()
            advance(-have)
            have = 0
        with part.open("ab" if have else "wb") as stream:
            # As the chunks come: buffering would throw away what arrived before a connection broke.
            for chunk in response.iter_raw():
                if self._cancelled.is_set():
                    return ""
                stream.write(chunk)
                digest.update(chunk)
                advance(len(chunk))
        if self._size(artifact) < artifact.size:
            raise _TransientError("the connection ended before the file did", connected=True)
        return digest.hexdigest()

    def _is_whole(self, artifact: Pinned) -> bool:
        path = self.path_of(artifact)
        return path.stat().st_size == artifact.size and _hash_file(path).hexdigest() == artifact.sha256

    def _part_of(self, artifact: Pinned) -> Path:
        return self._folder / f"{artifact.file_name}.part"

    def _size(self, artifact: Pinned) -> int:
        try:
            return self._part_of(artifact).stat().st_size
        except FileNotFoundError:
            return 0


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _hash_file(path: Path) -> Hash:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest


def _continues_at(response: httpx.Response, offset: int) -> bool:
    ranged = response.headers.get("Content-Range", "")
    return response.status_code == 206 and ranged.startswith(f"bytes {offset}-")


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if status in _TRANSIENT:
        named = response.headers.get("Retry-After", "")
        pause = min(float(named), _LONGEST_PAUSE) if named.isdigit() else None
        raise _TransientError(f"HTTP {status}", connected=True, pause=pause)
    if status in (404, 410):
        raise _NotThereError
    if status not in (200, 206):
        raise DownloadError(
            f"{response.url.host} answers HTTP {status} for {response.url.path}: check the mirror and the "
            "proxy settings"
        )


def _exhausted(artifact: Pinned, url: str, problem: _TransientError) -> DownloadError:
    host = httpx.URL(url).host
    if problem.connected:
        return DownloadError(
            f"{artifact.file_name} can't be downloaded from {host} ({problem}): run the command again later"
        )
    return OfflineError(
        f"{host} cannot be reached ({problem}) and {artifact.file_name} is not in the cache: connect once, "
        "or copy the cache folder of another machine and name it in LAKEHOUSE_HOME"
    )


def _not_written(artifact: Pinned, folder: Path, error: OSError) -> SandboxError:
    if error.errno == errno.ENOSPC:
        return MachineError(
            f"no space left in {folder} while {artifact.file_name} arrived: free some (what is there already "
            "is kept), or move the cache with LAKEHOUSE_HOME"
        )
    return DownloadError(f"{artifact.file_name} cannot be written to {folder}: {error.strerror}")


def _hosts(urls: Sequence[str]) -> str:
    return ", ".join(httpx.URL(url).host for url in urls)
