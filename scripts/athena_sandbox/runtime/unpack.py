"""Unpacking an artifact into a folder: only regular files below it, only the wanted ones."""

import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO

from athena_sandbox.errors import DownloadError
from athena_sandbox.runtime.artifacts import Component

_EXECUTABLE = 0o111


def place(component: Component, archive: Path, root: Path) -> None:
    """Put one component below `root`: its archive's files, or the file itself.

    Raises DownloadError if the archive is of an unknown kind, or names a path outside its folder or the same
    path twice.
    """
    target = root / component.into
    target.mkdir(parents=True, exist_ok=True)
    if not component.unpack:
        shutil.copyfile(archive, target / archive.name)
        return
    unpackers = {"zip": _unpack_zip, "whl": _unpack_zip, "tar.gz": _unpack_tar, "tgz": _unpack_tar}
    unpacker = unpackers.get(component.artifact.packaging)
    if unpacker is None:
        raise DownloadError(f"{archive.name} is not an archive that can be unpacked")
    try:
        unpacker(component, archive, target)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        # A link's own name comes second.
        path = Path(error.filename2 or error.filename).relative_to(target)
        raise DownloadError(f"{archive.name} names {path} twice: it can't be unpacked") from error


def _unpack_zip(component: Component, archive: Path, target: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        for entry in bundle.infolist():
            if not entry.is_dir() and (wanted := _wanted(entry.filename, component)):
                with bundle.open(entry) as stream:
                    _write(stream, target / wanted)
                # The upper half is the Unix mode; without it a Java would not be executable.
                if entry.external_attr >> 16 & _EXECUTABLE:
                    (target / wanted).chmod(0o755)


def _unpack_tar(component: Component, archive: Path, target: Path) -> None:
    # Trino's server keeps one copy of a jar and links to it, also from folders that are wanted to folders
    # that are not. So: first which file goes where, then one pass over the contents.
    places: dict[str, list[PurePosixPath]] = {}
    with tarfile.open(archive, mode="r|gz") as tar:
        for member in tar:
            if (member.isreg() or member.islnk()) and (wanted := _wanted(member.name, component)):
                places.setdefault(member.linkname if member.islnk() else member.name, []).append(wanted)
    with tarfile.open(archive, mode="r|gz") as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isreg() and member.name in places else None
            if stream is not None:
                first, *others = places[member.name]
                _write(stream, target / first)
                if member.mode & _EXECUTABLE:
                    (target / first).chmod(0o755)
                for other in others:
                    (target / other).parent.mkdir(parents=True, exist_ok=True)
                    (target / other).hardlink_to(target / first)


def _write(stream: IO[bytes], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)


def _wanted(name: str, component: Component) -> PurePosixPath | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise DownloadError(f"{component.artifact.file_name} names a path outside of its folder: {name}")
    stripped = PurePosixPath(*path.parts[component.strip :])
    if not stripped.parts:
        return None
    if component.keep and not str(stripped).startswith(component.keep):
        return None
    if component.drop and str(stripped).startswith(component.drop):
        return None
    return stripped
