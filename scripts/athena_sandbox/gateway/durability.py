"""An object is on the disk before ministack says that it is stored.

ministack 1.5.33 logs that it could not write an object, keeps it in memory and answers 200; and what it
writes is still in the page cache when it answers. `keep_what_is_acknowledged` replaces its writing:

- Content and entry (the `.meta.json` beside it) are written to temporary files and synced, both are renamed,
  and the folder is synced, all before the request is answered.
- A write that fails leaves disk and memory as they were, and is answered with the reason.

A kill between the two renames leaves the new content and the temporary file of its entry; `settle` renames
that file when the storage part starts.
"""

import errno
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from athena_sandbox.files import sync_folder
from athena_sandbox.gateway.disk import RESERVE_BYTES, free_bytes, no_space

_TEMPORARY = ".tmp"
_SIDECAR = ".meta.json"
_FULL = (errno.ENOSPC, errno.EDQUOT)


def keep_what_is_acknowledged(directory: Path, free: Callable[[Path], int] = free_bytes) -> None:
    """Replace the writing of the ministack in this process, which keeps its objects in `directory`."""
    from ministack.services import s3

    disk = _Disk(directory, free)
    dispatch = s3._dispatch

    def persist_object(bucket: str, key: str, record: dict[str, Any]) -> None:
        path = Path(s3._object_disk_path(bucket, key))
        entry = {**s3._object_meta_from_record(record), **s3._key_history_meta(bucket, key), "key": key}
        files = {path.with_name(path.name + _SIDECAR): json.dumps(entry).encode()}
        # A record without a body describes the content that is on the disk already.
        if record.get("body") is not None:
            files = {path: record["body"], **files}
        disk.write(files)
        record["body"] = None
        base = directory / s3.get_account_id() / bucket
        remove_key_files(s3._other_key_disk_path(str(base), key, str(path)))

    def atomic_write(path: str, content: bytes | str, *, text: bool = False) -> None:
        disk.write({Path(path): content.encode() if isinstance(content, str) else content})

    def remove_key_files(path: str | None) -> None:
        for found in (Path(name) for name in (path, path and path + _SIDECAR) if name):
            if found.is_file():
                found.unlink()
                disk.changed.add(found.parent)

    def dispatch_durably(
        method: str, bucket: str, key: str, headers: dict[str, Any], body: bytes, query: dict[str, Any]
    ) -> Any:
        if method not in ("PUT", "POST", "DELETE"):
            return dispatch(method, bucket, key, headers, body, query)
        restore = _snapshot(s3, bucket, key, query)
        disk.begin()
        try:
            answer = dispatch(method, bucket, key, headers, body, query)
            if not key:
                disk.changed.update((directory, directory / s3.get_account_id()))
            disk.end()
        except OSError as error:
            restore()
            return s3._error(*_refusal(error, directory))
        return answer

    s3._persist_object = persist_object
    s3._atomic_write = atomic_write
    s3._remove_key_files = remove_key_files
    s3._dispatch = dispatch_durably


def bytes_of_open_uploads() -> int:
    """Bytes of the parts that ministack holds in memory until their upload is completed or aborted."""
    from ministack.services import s3

    uploads = list(s3._multipart_uploads._data.values())
    return sum(part["size"] for upload in uploads for part in upload["parts"].values())


class _Disk:
    """Writes files, and remembers which folders a request has changed and what it could not write."""

    def __init__(self, directory: Path, free: Callable[[Path], int]) -> None:
        self._directory = directory
        self._free = free
        # Two files synced at the same time share one commit of the file system's journal.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="sync")
        self._failure: OSError | None = None
        self.changed: set[Path] = set()

    def begin(self) -> None:
        self._failure = None
        self.changed = set()

    def end(self) -> None:
        """Sync the changed folders. Raises OSError, also for a write that ministack has only logged."""
        if self._failure is not None:
            raise self._failure
        for folder in self.changed:
            if folder.is_dir():
                sync_folder(folder)

    def write(self, files: dict[Path, bytes]) -> None:
        """Replace files of one folder, all or none of them. Raises OSError."""
        temporary = {path: path.with_name(path.name + _TEMPORARY) for path in files}
        try:
            self._make_folder(next(iter(files)).parent)
            self._require_room(sum(map(len, files.values())))
            list(self._pool.map(_write_synced, temporary.values(), files.values()))
            for path, written in temporary.items():
                written.replace(path)
                self.changed.add(path.parent)
        except OSError as error:
            self._failure = error
            for path in temporary.values():
                path.unlink(missing_ok=True)
            raise

    def _make_folder(self, folder: Path) -> None:
        missing = folder
        while not missing.is_dir():
            missing = missing.parent
            self.changed.add(missing)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _require_room(self, size: int) -> None:
        # Small writes go on in the reserve: a full disk must let tags and delete markers be written.
        if size > 64 * 1024 and self._free(self._directory) < size + RESERVE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write_synced(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _snapshot(s3: Any, bucket: str, key: str, query: dict[str, Any]) -> Callable[[], None]:
    """Returns what sets ministack's memory of a key, and of the upload named in the query, back."""
    found = s3._buckets.get(bucket)
    if found is None or not key:
        return lambda: None
    known = found["objects"].get(key)
    record = dict(known) if known is not None else None
    versions = [dict(version) for version in s3._object_versions.get((bucket, key)) or ()]
    upload_id = s3._qp(query, "uploadId")
    upload = s3._multipart_uploads.get(upload_id)

    def restore() -> None:
        _put_back(found["objects"], key, record)
        _put_back(s3._object_versions, (bucket, key), versions or None)
        if upload is not None:
            s3._multipart_uploads[upload_id] = upload
            s3._completed_multipart_uploads.pop(upload_id, None)

    return restore


def _put_back(entries: Any, key: Any, value: Any) -> None:
    if value is None:
        entries.pop(key, None)
    else:
        entries[key] = value


def _refusal(error: OSError, directory: Path) -> tuple[str, str, int]:
    """Code, message and HTTP status for what could not be written."""
    if error.errno in _FULL:
        return no_space(directory)
    return "InternalError", f"The object could not be written below {directory}: {error.strerror}", 500


def settle(directory: Path) -> None:
    """Finish what a kill interrupted: keep the entry of a content that is in its place, remove the rest."""
    for temporary in directory.rglob(f"*{_TEMPORARY}"):
        path = temporary.with_name(temporary.name.removesuffix(_TEMPORARY))
        content = temporary.with_name(path.name.removesuffix(_SIDECAR) + _TEMPORARY)
        whole = path.name.endswith(_SIDECAR) and not content.exists() and _is_json(temporary)
        if whole:
            temporary.replace(path)
        else:
            temporary.unlink(missing_ok=True)


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return True
