import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.support.reporters import SilentReporter

from athena_sandbox.errors import ChecksumError, DownloadError, MachineError, OfflineError
from athena_sandbox.reporting import Advance
from athena_sandbox.runtime.artifacts import Artifact
from athena_sandbox.runtime.download import Downloader

BODY = bytes(range(250)) * 12_000


class _Counting(SilentReporter):
    """Remembers where a transfer began and ended."""

    def __init__(self) -> None:
        self.bytes = 0
        self.total = 0

    @contextmanager
    def transfer(self, title: str, total: int, done: int) -> Iterator[Advance]:
        self.bytes, self.total = done, total

        def advance(size: int) -> None:
            self.bytes += size

        yield advance


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def downloader(tmp_path: Path, repository, waits: list[float]) -> Iterator[Downloader]:
    with httpx.Client(trust_env=False, timeout=5) as client:
        yield Downloader(tmp_path, repository.urls_of, client, sleep=waits.append)


def _fetch(downloader: Downloader, *artifacts: Artifact) -> list[Path]:
    return downloader.fetch_all("test", artifacts, SilentReporter())


def test_files_arrive_whole_under_their_own_names(downloader, repository, tmp_path) -> None:
    artifacts = [repository.add("one", BODY), repository.add("two", b"2", "jar")]
    paths = _fetch(downloader, *artifacts)
    assert [path.read_bytes() for path in paths] == [BODY, b"2"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one-1.zip", "two-1.jar"]


def test_a_file_that_is_there_is_not_asked_for(downloader, repository) -> None:
    artifact = repository.add("one", BODY)
    _fetch(downloader, artifact)
    repository.requests.clear()
    _fetch(downloader, artifact)
    assert repository.requests == []


@pytest.mark.parametrize("damaged", [BODY[:-1], b"x" + BODY[1:], b""])
def test_a_file_that_was_damaged_in_the_cache_is_fetched_again(downloader, repository, damaged) -> None:
    artifact = repository.add("one", BODY)
    [path] = _fetch(downloader, artifact)
    path.write_bytes(damaged)
    counting = _Counting()
    downloader.fetch_all("test", [artifact], counting)
    assert path.read_bytes() == BODY
    assert counting.bytes == counting.total


def test_a_file_is_on_the_disk_before_it_has_its_name(
    downloader, repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    artifact = repository.add("one", BODY)
    complete = downloader.path_of(artifact)

    def noting(handle: int) -> None:
        synced.append((Path(f"/proc/self/fd/{handle}").readlink().name, complete.exists()))

    monkeypatch.setattr(os, "fsync", noting)
    _fetch(downloader, artifact)
    assert synced == [("one-1.zip.part", False), (complete.parent.name, True)]


def test_a_part_of_an_earlier_run_is_continued(downloader, repository, tmp_path) -> None:
    artifact = repository.add("one", BODY)
    (tmp_path / "one-1.zip.part").write_bytes(BODY[:1_000_000])
    [path] = _fetch(downloader, artifact)
    assert path.read_bytes() == BODY
    assert repository.requests == [("/one-1.zip", "bytes=1000000-")]


def test_a_complete_part_needs_no_request(downloader, repository, tmp_path) -> None:
    artifact = repository.add("one", BODY)
    (tmp_path / "one-1.zip.part").write_bytes(BODY)
    _fetch(downloader, artifact)
    assert repository.requests == []


def test_a_server_without_ranges_is_taken_from_the_start(downloader, repository, tmp_path) -> None:
    artifact = repository.add("one", BODY)
    (tmp_path / "one-1.zip.part").write_bytes(BODY[:1_000_000])
    repository.script = ["whole"]
    [path] = _fetch(downloader, artifact)
    assert path.read_bytes() == BODY


def test_a_truncated_answer_is_continued_where_it_ended(downloader, repository) -> None:
    artifact = repository.add("one", BODY)
    repository.script = ["cut:2000000", "cut:500000"]
    [path] = _fetch(downloader, artifact)
    assert path.read_bytes() == BODY
    assert [header for _, header in repository.requests] == [None, "bytes=2000000-", "bytes=2500000-"]


def test_progress_ends_at_the_total_also_after_resuming_and_restarting(
    downloader, repository, tmp_path
) -> None:
    artifact = repository.add("one", BODY)
    (tmp_path / "one-1.zip.part").write_bytes(BODY[:1_000_000])
    repository.script = ["cut:100000", "whole"]
    reporter = _Counting()
    downloader.fetch_all("test", [artifact], reporter)
    assert reporter.bytes == reporter.total == len(BODY)


@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_a_passing_fault_is_tried_again(downloader, repository, waits, status: str) -> None:
    artifact = repository.add("one", BODY)
    repository.script = [status, status]
    [path] = _fetch(downloader, artifact)
    assert path.read_bytes() == BODY
    assert waits == [0.5, 1.0]


def test_a_lasting_fault_ends_in_one_line_that_names_the_host(downloader, repository) -> None:
    artifact = repository.add("one", BODY)
    repository.script = ["503"] * 20
    with pytest.raises(DownloadError, match=r"one-1\.zip can't be downloaded from 127\.0\.0\.1 \(HTTP 503\)"):
        _fetch(downloader, artifact)


def test_a_refusal_is_not_repeated(downloader, repository) -> None:
    artifact = repository.add("one", BODY)
    repository.script = ["403"]
    with pytest.raises(DownloadError, match="HTTP 403"):
        _fetch(downloader, artifact)
    assert len(repository.requests) == 1


def test_a_wrong_checksum_removes_the_file_and_names_both(downloader, repository, tmp_path) -> None:
    artifact = replace(repository.add("one", b"abc"), sha256="0" * 64)
    with pytest.raises(ChecksumError) as caught:
        _fetch(downloader, artifact)
    # The checksum of "abc" is the test vector of FIPS 180-2.
    assert caught.value.actual == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert caught.value.expected == "0" * 64
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_part_of_an_earlier_run_is_replaced(downloader, repository, tmp_path) -> None:
    artifact = repository.add("one", BODY)
    (tmp_path / "one-1.zip.part").write_bytes(b"?" * 1_000_000)
    [path] = _fetch(downloader, artifact)
    assert path.read_bytes() == BODY


def test_a_part_that_is_too_long_is_replaced(downloader, repository, tmp_path) -> None:
    artifact = repository.add("one", BODY)
    (tmp_path / "one-1.zip.part").write_bytes(BODY + b"more")
    [path] = _fetch(downloader, artifact)
    assert path.read_bytes() == BODY


def test_an_answer_that_is_too_long_is_refused(downloader, repository) -> None:
    artifact = repository.add("one", BODY)
    repository.files["one-1.zip"] += b"more"
    with pytest.raises(ChecksumError):
        _fetch(downloader, artifact)


def test_no_network_says_what_to_do(tmp_path, repository, waits) -> None:
    artifact = repository.add("one", BODY)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/one-1.zip"
        with httpx.Client(trust_env=False) as client:
            downloader = Downloader(tmp_path, lambda _: [url], client, sleep=waits.append)
            with pytest.raises(OfflineError) as caught:
                _fetch(downloader, artifact)
    assert "connect once" in str(caught.value)
    assert "LAKEHOUSE_HOME" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_next_repository_is_asked_for_what_the_first_lacks(tmp_path, repository, waits) -> None:
    artifact = repository.add("one", BODY)
    urls = [f"{repository.url}/absent/none-1.zip", f"{repository.url}/one-1.zip"]
    with httpx.Client(trust_env=False) as client:
        [path] = _fetch(Downloader(tmp_path, lambda _: urls, client, sleep=waits.append), artifact)
    assert path.read_bytes() == BODY


def test_an_artifact_that_no_repository_has_is_named(downloader, repository) -> None:
    artifact = repository.add("one", BODY)
    repository.files.clear()
    with pytest.raises(DownloadError, match=r"org\.example:one:1 is not in any of the repositories"):
        _fetch(downloader, artifact)


def test_a_full_disk_is_said_and_what_arrived_is_kept(downloader, repository, tmp_path, monkeypatch) -> None:
    artifact = repository.add("one", BODY)
    (tmp_path / "one-1.zip.part").write_bytes(BODY[:1_000_000])
    opened = Path.open

    def full(path: Path, mode: str = "r", *arguments: object, **options: object):
        if mode == "ab":
            raise OSError(28, "No space left on device")
        return opened(path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(MachineError, match="no space left"):
        _fetch(downloader, artifact)
    assert (tmp_path / "one-1.zip.part").stat().st_size == 1_000_000
