"""Stacks of stub programs in a temporary folder, which no test leaves running."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from athena_sandbox.reporting import PlainReporter
from athena_sandbox.settings import Settings, StateLayout
from athena_sandbox.stack.parts import Launch, Part, Site
from athena_sandbox.stack.processes import find_processes, stop
from athena_sandbox.stack.supervisor import Supervisor

STUB = Path(__file__).with_name("stub.py")


def stub_part(name: str, *options: str, needs: tuple[str, ...] = (), timeout: float = 20.0) -> Part:
    def plan(site: Site) -> Launch:
        return Launch((sys.executable, str(STUB), str(site.ports[name]), *options))

    return Part(name, plan, needs=needs, start_timeout=timeout, stop_timeout=0.5)


class Stack:
    """A state directory and what was said about it."""

    def __init__(self, root: Path) -> None:
        self.layout = StateLayout(root)
        self.said: list[str] = []

    def supervisor(self, *parts: Part) -> Supervisor:
        settings = Settings(self.layout.root / "cache", self.layout, heap_mb=1024)
        return Supervisor(settings, parts, PlainReporter(self.said.append))

    def pids(self) -> dict[str, int]:
        return {one.part: one.id.pid for one in find_processes(self.layout.root) if one.leads}


@pytest.fixture
def make_stack(tmp_path: Path) -> Iterator[Callable[[str], Stack]]:
    made: list[Stack] = []

    def make(name: str = "state") -> Stack:
        made.append(Stack(tmp_path / name))
        return made[-1]

    yield make
    for stack in made:
        while left := find_processes(stack.layout.root):
            stop([one.id for one in left], 0)


@pytest.fixture
def stack(make_stack: Callable[[str], Stack]) -> Stack:
    return make_stack("state")


@pytest.fixture
def stub() -> Callable[..., Part]:
    return stub_part
