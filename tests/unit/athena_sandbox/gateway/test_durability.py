"""What storage has acknowledged is on the disk, and what the disk can't take is refused: the real ministack,
in this process, on a folder of the test."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from ministack.app import app as ministack
from ministack.services import s3

from athena_sandbox.gateway import durability
from athena_sandbox.gateway.disk import DiskGuard
from athena_sandbox.gateway.durability import bytes_of_open_uploads, keep_what_is_acknowledged, settle
from athena_sandbox.s3tables.app import StorageApp
from athena_sandbox.s3tables.state import save_state

_MEGABYTE = 1024 * 1024
_REPLACED = ("_persist_object", "_atomic_write", "_remove_key_files", "_dispatch", "S3_PERSIST", "DATA_DIR")
_STORES = ("_buckets", "_object_versions", "_multipart_uploads", "_completed_multipart_uploads")
_READ_AGAIN = """
import json
from ministack.services import s3
objects = (s3._buckets.get("bucket") or {"objects": {}})["objects"]
print(json.dumps({key: [record["size"], len(s3._read_body("bucket", key, record))]
                  for key, record in objects.items()}))
"""


async def yielding(scope: Any, receive: Any, send: Any) -> None:
    """ministack, giving way to other requests first, as anything behind a socket does."""
    await asyncio.sleep(0)
    await ministack(scope, receive, send)


@dataclass
class Storage:
    """S3 as the storage part serves it; `room` is how many bytes its disk is said to have free."""

    directory: Path
    room: int = 1024 * _MEGABYTE

    def __post_init__(self) -> None:
        keep_what_is_acknowledged(self.directory, lambda _: self.room)
        self.app: Any = DiskGuard(
            StorageApp(yielding, lambda: None), self.directory, lambda _: self.room, bytes_of_open_uploads
        )

    def together(self, *calls: tuple[str, str, bytes]) -> list[httpx.Response]:
        async def gather() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                answers = (client.request(method, path, content=body) for method, path, body in calls)
                return list(await asyncio.gather(*answers))

        return asyncio.run(gather())

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, content=body, headers=headers)

        return asyncio.run(ask())

    def upload(self, key: str, *parts: bytes) -> httpx.Response:
        """A multipart upload; returns the first refusal, or the answer to its completion."""
        started = self.send("POST", f"/bucket/{key}?uploads")
        upload = started.text.partition("<UploadId>")[2].partition("<")[0]
        listed = ""
        for number, part in enumerate(parts, 1):
            answer = self.send("PUT", f"/bucket/{key}?partNumber={number}&uploadId={upload}", part)
            if answer.status_code != 200:
                return answer
            etag = answer.headers["etag"]
            listed += f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        return self.send("POST", f"/bucket/{key}?uploadId={upload}", body)

    def after_a_kill(self) -> dict[str, list[int]]:
        """By key, the size that the entry says and that of the content, as another process reads the disk."""
        environ = {**os.environ, "S3_PERSIST": "1", "S3_DATA_DIR": str(self.directory)}
        done = subprocess.run(
            [sys.executable, "-c", _READ_AGAIN], env=environ, capture_output=True, text=True, check=True
        )
        found: dict[str, list[int]] = json.loads(done.stdout.splitlines()[-1])
        return found


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    yield from _storage(tmp_path / "objects", monkeypatch)


def _storage(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    for name in _REPLACED:
        monkeypatch.setattr(s3, name, getattr(s3, name))
    monkeypatch.setattr(s3, "S3_PERSIST", True)
    monkeypatch.setattr(s3, "DATA_DIR", str(directory))
    monkeypatch.setenv("S3_DATA_DIR", str(directory))
    kept = {name: dict(getattr(s3, name)._data) for name in _STORES}
    made = Storage(directory)
    assert made.send("PUT", "/bucket").status_code == 200
    yield made
    for name, before in kept.items():
        getattr(s3, name)._data.clear()
        getattr(s3, name)._data.update(before)


def test_what_is_synced_before_the_answer(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[str] = set()
    sync = os.fsync

    def noting(handle: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{handle}").readlink()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", noting)
    assert storage.send("PUT", "/bucket/new/key", b"content").status_code == 200
    bucket = storage.directory / "000000000000" / "bucket"
    expected = {bucket / "new" / "key.tmp", bucket / "new" / "key.meta.json.tmp", bucket / "new", bucket}
    assert synced == {str(path) for path in expected}


def test_acknowledged_objects_of_every_kind_are_there_after_a_kill(storage: Storage) -> None:
    storage.send("PUT", "/bucket/plain", b"x" * 10)
    storage.send("PUT", "/bucket/copied", **{"x-amz-copy-source": "/bucket/plain"})
    storage.upload("joined", b"y" * 5, b"z" * 6)
    framed = b"4\r\nabcd\r\n0\r\n\r\n"
    headers = {"content-encoding": "aws-chunked", "x-amz-decoded-content-length": "4"}
    storage.send("PUT", "/bucket/framed", framed, **headers)
    storage.send("PUT", "/bucket/removed", b"r")
    storage.send("DELETE", "/bucket/removed")
    assert storage.after_a_kill() == {
        "plain": [10, 10],
        "copied": [10, 10],
        "joined": [11, 11],
        "framed": [4, 4],
    }


def test_parallel_bodies_are_refused_before_they_fill_the_disk_together(storage: Storage) -> None:
    storage.room = 64 * _MEGABYTE + 2_500_000
    sizes = storage.together(*(("PUT", f"/bucket/{n}", b"x" * 1_000_000) for n in range(5)))
    assert sorted(answer.status_code for answer in sizes) == [200, 200, 507, 507, 507]
    assert len(storage.after_a_kill()) == 2


def test_a_copy_and_the_parts_of_an_upload_need_room_too(storage: Storage) -> None:
    storage.send("PUT", "/bucket/plain", b"x" * _MEGABYTE)
    storage.room = 64 * _MEGABYTE + 1_000_000
    copied = storage.send("PUT", "/bucket/copied", **{"x-amz-copy-source": "/bucket/plain"})
    joined = storage.upload("joined", b"y" * 600_000, b"z" * 600_000)
    assert (copied.status_code, joined.status_code) == (507, 507)
    assert "no space left" in copied.text
    assert "no space left" in joined.text
    assert storage.send("GET", "/bucket/copied").status_code == 404


def test_a_body_of_unknown_size_is_refused_when_it_has_grown_too_large(storage: Storage) -> None:
    storage.room = 64 * _MEGABYTE + 100_000
    sent = 0

    async def ask() -> httpx.Response:
        async def pieces() -> AsyncIterator[bytes]:
            nonlocal sent
            for _ in range(4):
                sent += 50_000
                yield b"x" * 50_000

        transport = httpx.ASGITransport(app=storage.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.put("/bucket/key", content=pieces())

    assert asyncio.run(ask()).status_code == 507
    # The body is read to its end: a client that is still sending would not see the answer.
    assert sent == 200_000


def test_a_write_that_fails_leaves_the_older_object(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.send("PUT", "/bucket/key", b"older")
    written = durability._write_synced

    def failing(path: Path, content: bytes) -> None:
        if path.name.endswith(".meta.json.tmp"):
            raise OSError(28, "No space left on device")
        written(path, content)

    monkeypatch.setattr(durability, "_write_synced", failing)
    assert storage.send("PUT", "/bucket/key", b"newest!").status_code == 507
    assert storage.upload("key", b"newest too").status_code == 507
    assert storage.send("PUT", "/bucket/other", b"newest!").status_code == 507
    assert storage.send("GET", "/bucket/key").content == b"older"
    assert storage.send("GET", "/bucket/other").status_code == 404
    assert storage.after_a_kill() == {"key": [5, 5]}
    monkeypatch.setattr(durability, "_write_synced", written)
    assert storage.send("PUT", "/bucket/key", b"newest!").status_code == 200


def test_an_upload_that_did_not_fit_can_be_completed_later(storage: Storage) -> None:
    upload = storage.send("POST", "/bucket/key?uploads").text.partition("<UploadId>")[2].partition("<")[0]
    etag = storage.send("PUT", f"/bucket/key?partNumber=1&uploadId={upload}", b"x" * _MEGABYTE).headers[
        "etag"
    ]
    body = f"<C><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></C>".encode()
    storage.room = 64 * _MEGABYTE
    assert storage.send("POST", f"/bucket/key?uploadId={upload}", body).status_code == 507
    storage.room = 1024 * _MEGABYTE
    assert storage.send("POST", f"/bucket/key?uploadId={upload}", body).status_code == 200


def test_a_full_disk_lets_objects_be_deleted(storage: Storage) -> None:
    storage.send("PUT", "/bucket/one", b"1")
    storage.send("PUT", "/bucket/two", b"2")
    storage.room = 0
    assert storage.send("DELETE", "/bucket/one").status_code == 204
    body = b"<Delete><Object><Key>two</Key></Object></Delete>"
    assert storage.send("POST", "/bucket?delete", body).status_code == 200
    assert storage.after_a_kill() == {}


def test_a_kill_between_content_and_entry_is_settled(storage: Storage) -> None:
    storage.send("PUT", "/bucket/key", b"older")
    storage.send("PUT", "/bucket/longer", b"longer one")
    bucket = storage.directory / "000000000000" / "bucket"
    # Between the renames: the new content, the older entry, the new entry under its temporary name.
    (bucket / "longer.meta.json").rename(bucket / "key.meta.json.tmp")
    (bucket / "longer").rename(bucket / "key")
    # Before them: the write doesn't count.
    (bucket / "half").with_name("half.tmp").write_bytes(b"half")
    (bucket / "half.meta.json.tmp").write_bytes(b"{}")
    (bucket / "cut.meta.json.tmp").write_bytes(b'{"size"')
    settle(storage.directory)
    assert storage.after_a_kill() == {"key": [10, 10]}
    assert not list(storage.directory.rglob("*.tmp"))


def test_settings_of_a_bucket_are_saved_before_the_answer(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ministack.core import persistence

    monkeypatch.setattr(persistence, "STATE_DIR", str(tmp_path / "state"))
    storage.app = StorageApp(ministack, save_state)
    versioned = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    assert storage.send("PUT", "/bucket?versioning", versioned).status_code == 200
    saved = json.loads((tmp_path / "state" / "s3.json").read_text())["payload"]
    assert "Enabled" in json.dumps(saved["bucket_versioning"])


def _can_mount(directory: Path) -> bool:
    directory.mkdir()
    return (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(directory)],
            capture_output=True,
            check=False,
        ).returncode
        == 0
    )


def test_a_disk_that_is_really_full_or_skipped_where_none_can_be_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not _can_mount(tmp_path / "disk"):
        pytest.skip("mounting a tmpfs needs root")
    try:
        running = _storage(tmp_path / "disk" / "objects", monkeypatch)
        storage = next(running)
        sizes = [storage.send("PUT", f"/bucket/{n}", b"x" * 3_000_000).status_code for n in range(4)]
        assert sizes == [200, 200, 507, 507]
        assert storage.send("PUT", "/bucket/0", b"y" * 3_000_000).status_code == 507
        assert storage.send("GET", "/bucket/0").content == b"x" * 3_000_000
        assert storage.after_a_kill() == {"0": [3_000_000, 3_000_000], "1": [3_000_000, 3_000_000]}
        next(running, None)
    finally:
        subprocess.run(["umount", str(tmp_path / "disk")], check=True)
