from pathlib import Path

import pytest

from athena_sandbox.errors import RefusedError
from athena_sandbox.settings import StateLayout
from athena_sandbox.stack.cleaning import remove_stack
from athena_sandbox.stack.state import State, write_state


def _stack(root: Path) -> StateLayout:
    layout = StateLayout(root)
    for folder in ("logs", "aws", "trino", "storage"):
        (root / folder).mkdir(parents=True)
        (root / folder / "file").write_bytes(b"x" * 1_500_000)
    layout.lock_file.touch()
    write_state(layout.state_file, State())
    return layout


def test_everything_of_the_stack_goes_and_is_named(tmp_path: Path) -> None:
    layout = _stack(tmp_path / "state")
    removed = remove_stack(layout, ["trino", "storage", "glue"])
    assert not layout.root.exists()
    assert removed == [
        *(f"{layout.root}/{name} (1.5 MB)" for name in ("trino", "storage", "logs", "aws")),
        str(layout.root),
    ]


def test_what_the_sandbox_did_not_make_stays(tmp_path: Path) -> None:
    layout = _stack(tmp_path / "state")
    (layout.root / "notes.txt").write_text("mine")
    remove_stack(layout, ["trino", "storage"])
    assert [path.name for path in layout.root.iterdir()] == ["notes.txt"]


def test_a_folder_that_is_not_a_stack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(RefusedError, match="nothing was removed"):
        remove_stack(StateLayout(tmp_path), ["trino"])
    assert (tmp_path / "logs").exists()


def test_nothing_there_is_nothing_removed(tmp_path: Path) -> None:
    assert remove_stack(StateLayout(tmp_path / "absent"), ["trino"]) == []
