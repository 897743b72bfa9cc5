"""Installing a program from its pins into the cache, once per machine and user.

    <cache>/runtime/<program>/          unpacked; the folder appears in one step, with `installed.json` in it
    <cache>/runtime/<program>.<n>.tmp   an unpacking that is under way or was killed
    <cache>/downloads/                  archives and their parts, removed when they are unpacked
    <cache>/<program>.lock              held by the one process that works on a program

An installed program is used without any network call.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from athena_sandbox.errors import DownloadError, MachineError
from athena_sandbox.files import private_files, write_atomic
from athena_sandbox.reporting import Reporter
from athena_sandbox.runtime.artifacts import Program
from athena_sandbox.runtime.download import Downloader, UrlsOf
from athena_sandbox.runtime.locations import urls_of as urls_everywhere
from athena_sandbox.runtime.unpack import place

FreeBytes = Callable[[Path], int]

_RECORD = "installed.json"
# Room that an installation leaves on the disk, for the logs and data that follow.
_RESERVE = 500_000_000
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


def program_path(cache_home: Path, program: Program) -> Path:
    """Where the program is or will be."""
    return cache_home / "runtime" / program.folder_name


def installed_path(cache_home: Path, program: Program) -> Path | None:
    """The program's folder, or None when it has to be installed first. Reads one small file."""
    folder = program_path(cache_home, program)
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return folder if record.get("digest") == program.digest else None


def install(
    cache_home: Path,
    program: Program,
    reporter: Reporter,
    *,
    urls_of: UrlsOf = urls_everywhere,
    free_bytes: FreeBytes = lambda path: shutil.disk_usage(path).free,
) -> Path:
    """The program's folder, installed first if it is missing.

    `free_bytes` returns the free disk space at a path. Raises MachineError if there is too little of it or
    the cache is not writable, and DownloadError if an artifact could not be downloaded.
    """
    if found := installed_path(cache_home, program):
        return found
    # The stack runs these files: other users must not be able to write them, under any umask.
    with _alone(cache_home, program, reporter), private_files():
        return installed_path(cache_home, program) or _install(
            cache_home, program, reporter, urls_of, free_bytes
        )


@contextmanager
def _alone(cache_home: Path, program: Program, reporter: Reporter) -> Iterator[None]:
    try:
        cache_home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(cache_home / f"{program.folder_name}.lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            reporter.say(f"Another process is installing {program}; waiting for it.")
            lock.acquire()
    except OSError as error:
        raise MachineError(
            f"the cache {cache_home} cannot be written ({error.strerror}): name another folder "
            "in LAKEHOUSE_HOME"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _install(
    cache_home: Path, program: Program, reporter: Reporter, urls_of: UrlsOf, free_bytes: FreeBytes
) -> Path:
    target = program_path(cache_home, program)
    _remove_leftovers(target)
    with httpx.Client(timeout=_TIMEOUT) as client:
        downloader = Downloader(cache_home / "downloads", urls_of, client)
        _check_space(cache_home, program, downloader, free_bytes)
        archives = downloader.fetch_all(str(program), program.artifacts, reporter)
    reporter.busy(f"Unpacking {program} ...")
    _unpack(program, archives, target)
    for archive in archives:
        archive.unlink()
    reporter.busy("")
    reporter.say(f"Installed {program} in {target}")
    return target


def _remove_leftovers(target: Path) -> None:
    for folder in (target, *target.parent.glob(f"{target.name}.*.tmp")):
        if folder.exists():
            shutil.rmtree(folder)


def _check_space(cache_home: Path, program: Program, downloader: Downloader, free_bytes: FreeBytes) -> None:
    missing = sum(artifact.size - downloader.bytes_there(artifact) for artifact in program.artifacts)
    needed = missing + program.unpacked_size + _RESERVE
    free = free_bytes(cache_home)
    if free < needed:
        raise MachineError(
            f"{program} needs {needed / 1e9:.1f} GB in {cache_home} and {free / 1e9:.1f} GB are free: free "
            "some, or name a folder on another disk in LAKEHOUSE_HOME"
        )


def _unpack(program: Program, archives: list[Path], target: Path) -> None:
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    temporary.mkdir(parents=True)
    try:
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            jobs = [
                pool.submit(place, component, archive, temporary)
                for component, archive in zip(program.components, archives, strict=True)
            ]
            for job in jobs:
                job.result()
        _link_equal_files(temporary)
        record = {"digest": program.digest, "artifacts": [asdict(artifact) for artifact in program.artifacts]}
        write_atomic(temporary / _RECORD, json.dumps(record, indent=1))
        temporary.replace(target)
    except DownloadError:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise MachineError(f"{program} cannot be unpacked into {target.parent}: {error.strerror}") from error


def _link_equal_files(root: Path) -> None:
    """Keep one copy of a file that several plugins bring along (the two Trino connectors share most jars)."""
    first_of: dict[tuple[str, int], Path] = {}
    for path in sorted(root.rglob("*.jar")):
        key = (path.name, path.stat().st_size)
        first = first_of.setdefault(key, path)
        if first is not path and first.read_bytes() == path.read_bytes():
            path.unlink()
            path.hardlink_to(first)
