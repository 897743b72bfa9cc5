from pathlib import Path

import pytest

from athena_sandbox.errors import MachineError, UsageError
from athena_sandbox.settings import check_machine, default_heap_mb, load_settings, parse_heap_mb

GIB = 2**30


@pytest.mark.parametrize(
    ("environ", "cache"),
    [
        ({"LAKEHOUSE_HOME": "/a", "XDG_CACHE_HOME": "/b"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/lakehouse"),
        ({}, "/home/me/.cache/lakehouse"),
    ],
)
def test_the_cache(environ: dict[str, str], cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert load_settings(environ).cache_home == Path(cache)


def test_the_state_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}).state.root == tmp_path / ".sandbox"
    assert load_settings({"ATHENA_SANDBOX_STATE": "other"}).state.root == tmp_path / "other"
    named = load_settings({"ATHENA_SANDBOX_STATE": "other"}, state_dir=Path("flag"))
    assert named.state.root == tmp_path / "flag"


@pytest.mark.parametrize(
    ("gib", "heap"), [(2, 1024), (8, 1024), (12, 1536), (16, 2048), (24, 3072), (128, 4096)]
)
def test_the_heap_follows_the_machine(gib: int, heap: int) -> None:
    assert default_heap_mb(gib * GIB) == heap


def test_a_machine_that_keeps_some_memory_to_itself_counts_as_its_nominal_size() -> None:
    assert default_heap_mb(int(23.4 * GIB)) == 3072


@pytest.mark.parametrize(("text", "megabytes"), [("2G", 2048), ("1500m", 1500), (" 3gb ", 3072)])
def test_sizes(text: str, megabytes: int) -> None:
    assert parse_heap_mb(text) == megabytes


@pytest.mark.parametrize("text", ["", "2", "2T", "-2G", "512M", "two"])
def test_a_text_that_is_not_a_size_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError):
        parse_heap_mb(text)


@pytest.mark.parametrize("machine", [((3, 11), "Linux", 8), ((3, 14), "Darwin", 8)])
def test_machines_that_fit(machine: tuple[tuple[int, int], str, int]) -> None:
    check_machine(*machine)


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (((3, 10), "Linux", 8), "Python 3.10 is too old"),
        (((3, 11), "Windows", 8), "Windows with 64-bit Python is not supported"),
        (((3, 11), "Linux", 4), "Linux with 32-bit Python is not supported"),
    ],
)
def test_machines_that_do_not_fit(machine: tuple[tuple[int, int], str, int], message: str) -> None:
    with pytest.raises(MachineError) as caught:
        check_machine(*machine)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
