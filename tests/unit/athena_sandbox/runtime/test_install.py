import hashlib
import io
import json
import os
import shutil
import socket
import tarfile
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from tests.support.reporters import SilentReporter

from athena_sandbox.errors import DownloadError, MachineError
from athena_sandbox.reporting import PlainReporter
from athena_sandbox.runtime.artifacts import TRINO, Component, IndexFile, Program, spark_program
from athena_sandbox.runtime.install import install, installed_path, program_path

PLENTY = 10**12


@pytest.fixture
def program(repository, make_zip, make_tar) -> Program:
    server = repository.add(
        "server",
        make_tar(
            {
                "server-1/lib/a.jar": b"a",
                "server-1/plugin/unwanted/guava.jar": b"guava",
                "server-1/plugin/kept/guava.jar": "server-1/plugin/unwanted/guava.jar",
                "server-1/bin/launcher": b"launcher",
            }
        ),
        "tar.gz",
    )
    hive = repository.add("hive", make_zip({"hive-1/guava.jar": b"guava", "hive-1/hive.jar": b"hive"}))
    jar = repository.add("extra", b"jar", "jar")
    return Program(
        "product",
        "1",
        (
            Component(server, keep=("lib/", "plugin/kept/")),
            Component(hive, into="plugin/hive"),
            Component(jar, into="jars", unpack=False),
        ),
        unpacked_size=1000,
    )


def _install(cache: Path, program: Program, repository, free: int = PLENTY) -> Path:
    return install(cache, program, SilentReporter(), urls_of=repository.urls_of, free_bytes=lambda _: free)


def _files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_only_the_wanted_files_are_unpacked(tmp_path, program, repository) -> None:
    root = _install(tmp_path, program, repository)
    assert _files(root) == {
        "lib/a.jar",
        "plugin/kept/guava.jar",
        "plugin/hive/guava.jar",
        "plugin/hive/hive.jar",
        "jars/extra-1.jar",
        "installed.json",
    }
    assert (root / "plugin/kept/guava.jar").read_bytes() == b"guava"


def test_no_other_user_can_change_what_runs(tmp_path, program, repository) -> None:
    before = os.umask(0)
    try:
        _install(tmp_path / "cache", program, repository)
    finally:
        os.umask(before)
    made = [tmp_path / "cache", *(tmp_path / "cache").rglob("*")]
    assert [path for path in made if path.stat().st_mode & 0o022] == []


def test_equal_jars_take_the_room_of_one(tmp_path, program, repository) -> None:
    root = _install(tmp_path, program, repository)
    assert (root / "plugin/kept/guava.jar").samefile(root / "plugin/hive/guava.jar")


def test_archives_are_removed_and_what_was_installed_is_recorded(tmp_path, program, repository) -> None:
    root = _install(tmp_path, program, repository)
    assert _files(tmp_path / "downloads") == set()
    recorded = json.loads((root / "installed.json").read_text())
    assert [artifact["name"] for artifact in recorded["artifacts"]] == ["server", "hive", "extra"]


def test_a_warm_cache_opens_no_socket(tmp_path, program, repository, monkeypatch) -> None:
    root = _install(tmp_path, program, repository)
    repository.requests.clear()

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert _install(tmp_path, program, repository) == root
    assert repository.requests == []


def test_a_killed_unpacking_is_done_again(tmp_path, program, repository) -> None:
    target = program_path(tmp_path, program)
    half = target.with_name(f"{target.name}.4711.tmp")
    half.mkdir(parents=True)
    (half / "half.jar").write_bytes(b"")
    root = _install(tmp_path, program, repository)
    assert not half.exists()
    assert "lib/a.jar" in _files(root)


def test_a_folder_without_its_record_is_not_trusted(tmp_path, program, repository) -> None:
    root = _install(tmp_path, program, repository)
    (root / "installed.json").unlink()
    (root / "lib/a.jar").unlink()
    assert installed_path(tmp_path, program) is None
    assert "lib/a.jar" in _files(_install(tmp_path, program, repository))


def test_too_little_space_is_said_before_any_download(tmp_path, program, repository) -> None:
    with pytest.raises(MachineError) as caught:
        _install(tmp_path, program, repository, free=100_000_000)
    assert "needs 0.5 GB" in str(caught.value)
    assert "0.1 GB are free" in str(caught.value)
    assert "LAKEHOUSE_HOME" in str(caught.value)
    assert repository.requests == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path, program, repository) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(MachineError, match="LAKEHOUSE_HOME"):
        _install(blocked / "cache", program, repository)


def test_a_second_process_waits_and_then_finds_it_installed(tmp_path, program, repository) -> None:
    lines: list[str] = []
    lock = FileLock(tmp_path / f"{program.folder_name}.lock")
    waiting = threading.Event()

    def say(text: str) -> None:
        lines.append(text)
        waiting.set()

    def second() -> None:
        install(
            tmp_path, program, PlainReporter(say), urls_of=repository.urls_of, free_bytes=lambda _: PLENTY
        )

    with lock:
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(5)
    thread.join(10)
    assert lines[0] == "Another process is installing product 1; waiting for it."
    assert installed_path(tmp_path, program)


def test_a_path_outside_of_the_archive_is_refused(tmp_path, repository, make_zip) -> None:
    bad = repository.add("bad", make_zip({"bad-1/../../evil": b"x"}))
    with pytest.raises(DownloadError, match="outside"):
        _install(tmp_path, Program("bad", "1", (Component(bad),), 1), repository)
    assert installed_path(tmp_path, Program("bad", "1", (Component(bad),), 1)) is None


@pytest.mark.parametrize("first", ["a.txt", "a.txt/below"])
@pytest.mark.parametrize("packaging", ["zip", "tar.gz"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_that_names_a_path_twice_is_refused(
    tmp_path, repository, packaging: str, first: str
) -> None:
    body = io.BytesIO()
    if packaging == "zip":
        with zipfile.ZipFile(body, "w") as bundle:
            bundle.writestr(first, "one")
            bundle.writestr("a.txt", "two")
    else:
        with tarfile.open(fileobj=body, mode="w:gz") as tar:
            for name in (first, "a.txt"):
                tar.addfile(tarfile.TarInfo(name))
    artifact = repository.add("twice", body.getvalue(), packaging)
    program = Program("twice", "1", (Component(artifact, strip=0),), unpacked_size=10)
    with pytest.raises(DownloadError, match=r"names a\.txt twice"):
        _install(tmp_path, program, repository)
    assert {path.suffix for path in tmp_path.glob("twice*")} == {".lock"}


def test_another_layout_gets_another_folder(program) -> None:
    other = Program(program.name, program.version, program.components[:1], program.unpacked_size)
    assert other.folder_name != program.folder_name


def test_trino_is_pinned_to_the_bytes_that_maven_central_has() -> None:
    assert [(artifact.file_name, artifact.size) for artifact in TRINO.artifacts] == [
        ("trino-server-core-476.tar.gz", 194358953),
        ("trino-hive-476.zip", 258326133),
        ("trino-iceberg-476.zip", 345890737),
    ]


def test_removing_the_cache_starts_over(tmp_path, program, repository) -> None:
    shutil.rmtree(_install(tmp_path, program, repository))
    assert installed_path(tmp_path, program) is None


def test_what_is_dropped_is_not_unpacked_and_changes_the_folder(tmp_path, program, repository) -> None:
    server, *others = program.components
    leaner = Program("product", "1", (replace(server, drop=("plugin/kept/g",)), *others), unpacked_size=1000)
    assert leaner.folder_name != program.folder_name
    assert "plugin/kept/guava.jar" not in _files(_install(tmp_path, leaner, repository))


def test_a_program_without_drops_keeps_the_folder_it_had_before_there_were_any() -> None:
    assert TRINO.folder_name == "trino-476-67aaa80e"


def test_programs_in_a_wheel_stay_executable(tmp_path, repository) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, mode in (("pkg/java/bin/java", 0o755), ("pkg/java/release", 0o644)):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            bundle.writestr(entry, b"x")
    body = buffer.getvalue()
    repository.files["pkg-1-any.whl"] = body
    wheel = IndexFile("pkg", "1", "pkg-1-any.whl", len(body), hashlib.sha256(body).hexdigest())
    program = Program("java", "1", (Component(wheel, into="java", strip=2),), unpacked_size=10)
    root = _install(tmp_path, program, repository)
    assert os.access(root / "java/bin/java", os.X_OK)
    assert not os.access(root / "java/release", os.X_OK)


@pytest.mark.parametrize(
    ("system", "machine"),
    [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64"), ("Darwin", "arm64")],
)
def test_spark_has_a_java_for_each_supported_machine(system: str, machine: str) -> None:
    programs = {spark_program(*place).folder_name for place in ((system, machine), ("Linux", "x86_64"))}
    assert len(programs) == (1 if (system, machine) == ("Linux", "x86_64") else 2)


def test_a_machine_without_a_java_for_spark_is_refused() -> None:
    with pytest.raises(MachineError, match="no Java 21 for Spark on Plan9 vax"):
        spark_program("Plan9", "vax")
