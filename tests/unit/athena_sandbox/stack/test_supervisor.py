import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from athena_sandbox.errors import PartFailedError, PortTakenError, RefusedError, SandboxError, UsageError
from athena_sandbox.stack import ports
from athena_sandbox.stack.processes import find_processes
from athena_sandbox.stack.status import Condition, stack_status


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while _alive(pid):
        time.sleep(0.01)


def _conditions(stack, *parts) -> dict[str, Condition]:
    return {one.name: one.condition for one in stack_status(stack.layout, parts, time.time())}


def test_up_starts_every_part_and_status_says_so(stack, stub) -> None:
    parts = [stub("a"), stub("b")]
    state = stack.supervisor(*parts).up()
    assert _conditions(stack, *parts) == {"a": Condition.UP, "b": Condition.UP}
    assert stack.pids() == {name: part.process.pid for name, part in state.parts.items()}


def _open_to_others(root: Path) -> list[Path]:
    return [path for path in (root, *root.rglob("*")) if path.lstat().st_mode & 0o077]


def test_nothing_of_a_stack_is_open_to_other_users(stack, stub) -> None:
    before = os.umask(0o022)
    try:
        stack.supervisor(stub("a", "--write")).up()
    finally:
        os.umask(before)
    # By the supervisor, and by the process of a part.
    assert (stack.layout.part("a") / "written").exists()
    assert (stack.layout.log("a")).exists()
    assert _open_to_others(stack.layout.root) == []


def test_up_closes_what_an_earlier_version_left_open(stack, stub) -> None:
    part = stub("a")
    stack.supervisor(part).up()
    data = stack.layout.part("a") / "deep" / "data"
    data.parent.mkdir()
    data.write_text("kept")
    program = stack.layout.part("a") / "program"
    program.touch()
    (stack.layout.part("a") / "link").symlink_to("/")
    for path in (program, data.parent, stack.layout.part("a"), stack.layout.root):
        path.chmod(0o755)
    for path in (data, stack.layout.state_file, stack.layout.log("a"), stack.layout.lock_file):
        path.chmod(0o644)
    root_before = Path("/").stat().st_mode
    stack.supervisor(part).up()
    assert [path.name for path in _open_to_others(stack.layout.root)] == ["link"]
    assert (data.read_text(), program.stat().st_mode & 0o777) == ("kept", 0o700)
    assert Path("/").stat().st_mode == root_before


def test_a_stack_keeps_its_access_key(stack, stub) -> None:
    part = stub("a")
    key = stack.supervisor(part).up().access_key
    stack.supervisor(part).down()
    assert stack.supervisor(part).up().access_key == key
    assert key in stack.layout.state_file.read_text()


def test_a_stack_of_a_version_without_a_key_is_given_one_for_good(stack, stub) -> None:
    part = stub("a")
    stack.supervisor(part).up()
    document = json.loads(stack.layout.state_file.read_text())
    del document["access_key"]
    stack.layout.state_file.write_text(json.dumps(document))
    key = stack.supervisor(part).up().access_key
    assert key
    assert stack.supervisor(part).up().access_key == key


def test_no_argument_of_a_process_shows_the_key(stack, stub) -> None:
    key = stack.supervisor(stub("a")).up().access_key
    process = psutil.Process(stack.pids()["a"])
    assert key not in " ".join(process.cmdline())
    assert key not in stack.layout.log("a").read_text()


def test_health_is_asked_for_with_the_key(stack, stub) -> None:
    part = stub("a", "--closed")
    stack.supervisor(part).up()
    assert _conditions(stack, part) == {"a": Condition.UP}


def test_a_program_that_takes_a_parts_port_gets_no_key(stack, stub, monkeypatch) -> None:
    heard: list[str] = []

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *values: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        # As if it had come between the check of the port and the part's own listening.
        monkeypatch.setattr(ports, "is_free", lambda port: True)
        part = stub("a", timeout=1.0)
        with pytest.raises(PartFailedError, match="was not healthy"):
            stack.supervisor(part).up({"a": server.server_port})
        server.shutdown()
    assert heard == []


def test_up_again_changes_nothing(stack, stub) -> None:
    parts = [stub("a"), stub("b")]
    first = stack.supervisor(*parts).up()
    assert stack.supervisor(*parts).up() == first


def test_a_part_starts_after_those_it_needs(stack, stub) -> None:
    base = stub("base", "--after", "0.3")
    port = 0

    def plan(site):
        nonlocal port
        port = site.ports["base"]
        return stub("top", "--needs", str(port)).plan(site)

    top = stub("top", needs=("base",))
    stack.supervisor(base, type(top)("top", plan, needs=("base",), stop_timeout=0.5)).up()
    assert set(stack.pids()) == {"base", "top"}


def test_down_leaves_no_process_and_can_be_repeated(stack, stub) -> None:
    parts = [stub("a", "--helper"), stub("b")]
    stack.supervisor(*parts).up()
    assert stack.supervisor(*parts).down().stopped == ["a", "b"]
    assert find_processes(stack.layout.root) == []
    assert stack.supervisor(*parts).down().stopped == []
    assert _conditions(stack, *parts) == {"a": Condition.STOPPED, "b": Condition.STOPPED}


def test_down_kills_what_does_not_listen(stack, stub) -> None:
    part = stub("a", "--deaf")
    stack.supervisor(part).up()
    assert stack.supervisor(part).down().stopped == ["a"]
    assert find_processes(stack.layout.root) == []
    assert "a is stopped (it had to be killed)" in stack.said


def test_down_without_a_stack_makes_nothing(stack, stub) -> None:
    assert stack.supervisor(stub("a")).down().stopped == []
    assert not stack.layout.root.exists()


def test_ports_are_the_same_after_down_and_up(stack, stub) -> None:
    parts = [stub("a"), stub("b")]
    before = stack.supervisor(*parts).up().ports
    stack.supervisor(*parts).down()
    assert stack.supervisor(*parts).up().ports == before


def test_a_killed_part_is_dead_and_up_restarts_it_alone(stack, stub) -> None:
    parts = [stub("a"), stub("b")]
    stack.supervisor(*parts).up()
    before = stack.pids()
    _kill(before["b"])
    assert _conditions(stack, *parts) == {"a": Condition.UP, "b": Condition.DEAD}
    stack.supervisor(*parts).up()
    after = stack.pids()
    assert after["a"] == before["a"]
    assert after["b"] != before["b"]
    assert _conditions(stack, *parts) == {"a": Condition.UP, "b": Condition.UP}


def test_what_a_killed_part_left_behind_is_stopped_by_up(stack, stub) -> None:
    part = stub("a", "--helper")
    stack.supervisor(part).up()
    before = {one.id.pid for one in find_processes(stack.layout.root)}
    _kill(stack.pids()["a"])
    stack.supervisor(part).up()
    assert not before & {one.id.pid for one in find_processes(stack.layout.root)}


def test_a_process_whose_start_was_not_recorded_is_adopted(stack, stub) -> None:
    part = stub("a")
    state = stack.supervisor(part).up()
    document = json.loads(stack.layout.state_file.read_text())
    document["parts"]["a"]["process"] = None
    stack.layout.state_file.write_text(json.dumps(document))
    assert stack.supervisor(part).up() == state


def test_an_unrecorded_process_does_not_survive_down(stack, stub) -> None:
    part = stub("a")
    stack.supervisor(part).up()
    stack.layout.state_file.unlink()
    assert stack.supervisor(part).down().stopped == ["a"]
    assert find_processes(stack.layout.root) == []


def test_down_works_with_a_damaged_state_file(stack, stub) -> None:
    part = stub("a")
    stack.supervisor(part).up()
    stack.layout.state_file.write_text("{")
    with pytest.raises(SandboxError, match="athena-sandbox down"):
        stack.supervisor(part).up()
    stack.supervisor(part).down()
    assert find_processes(stack.layout.root) == []


def test_a_removed_folder_leaves_no_process_behind_the_next_up(stack, stub, tmp_path) -> None:
    part = stub("a")
    port = stack.supervisor(part).up().ports["a"]
    old = stack.pids()["a"]
    stack.layout.root.rename(tmp_path / "elsewhere")
    # Even with the same command: its data went with the folder.
    stack.supervisor(part).up({"a": port})
    assert not _alive(old)
    assert len(stack.pids()) == 1


def test_a_changed_launch_restarts_that_part(stack, stub) -> None:
    stack.supervisor(stub("a"), stub("b")).up()
    before = stack.pids()
    stack.supervisor(stub("a", "--helper"), stub("b")).up()
    after = stack.pids()
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]


def test_a_part_that_ends_is_reported_with_its_last_lines(stack, stub) -> None:
    parts = [stub("good"), stub("bad", "--fail")]
    with pytest.raises(PartFailedError) as caught:
        stack.supervisor(*parts).up()
    assert caught.value.part == "bad"
    assert caught.value.log_tail[-1] == "stub: failing as told"
    assert len(caught.value.log_tail) == 20
    assert "\n" not in str(caught.value)
    assert _conditions(stack, *parts)["bad"] is Condition.DEAD


def test_an_unhealthy_part_is_stopped_and_the_others_stay(stack, stub) -> None:
    parts = [stub("good"), stub("ill", "--unhealthy", timeout=1.5)]
    with pytest.raises(PartFailedError, match="was not healthy after 2 s and was stopped"):
        stack.supervisor(*parts).up()
    assert _conditions(stack, *parts) == {"good": Condition.UP, "ill": Condition.DEAD}
    stack.supervisor(parts[0], stub("ill")).up()
    assert set(stack.pids()) == {"good", "ill"}


def test_a_remembered_port_that_is_taken_is_given_up_and_said(stack, stub) -> None:
    part = stub("a")
    old = stack.supervisor(part).up().ports["a"]
    stack.supervisor(part).down()
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", old))
        stranger.listen()
        new = stack.supervisor(part).up().ports["a"]
    assert new != old
    assert (
        f"Port {old} of a is in use by {psutil.Process().name()} (pid {os.getpid()}); a moves to {new}."
        in stack.said
    )


def test_a_fixed_port_that_is_taken_is_refused_with_its_owner(stack, stub) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        with pytest.raises(PortTakenError) as caught:
            stack.supervisor(stub("a")).up({"a": port})
    assert f"port {port} for a is in use by" in str(caught.value)
    assert f"(pid {os.getpid()})" in str(caught.value)
    assert find_processes(stack.layout.root) == []


def test_a_fixed_port_moves_a_running_part(stack, stub) -> None:
    stack.supervisor(stub("a")).up()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert stack.supervisor(stub("a")).up({"a": port}).ports == {"a": port}
    assert len(stack.pids()) == 1


def test_a_port_for_an_unknown_part_is_wrong_usage(stack, stub) -> None:
    with pytest.raises(UsageError, match="there is no part b: the parts are a"):
        stack.supervisor(stub("a")).up({"b": 1})


def test_a_folder_with_other_things_in_it_is_refused(stack, stub) -> None:
    stack.layout.root.mkdir()
    (stack.layout.root / "thesis.txt").write_text("years of work")
    with pytest.raises(RefusedError, match=r"thesis\.txt"):
        stack.supervisor(stub("a")).up()
    assert [path.name for path in stack.layout.root.iterdir()] == ["thesis.txt"]


def test_a_start_that_was_killed_at_once_leaves_a_usable_folder(stack, stub) -> None:
    stack.layout.root.mkdir()
    (stack.layout.root / "lock").touch()
    (stack.layout.root / ".state.json.abc.tmp").touch()
    stack.supervisor(stub("a")).up()


def test_two_stacks_run_side_by_side(make_stack, stub) -> None:
    one, two = make_stack("one"), make_stack("two")
    first = one.supervisor(stub("a")).up().ports["a"]
    second = two.supervisor(stub("a")).up().ports["a"]
    assert first != second
    one.supervisor(stub("a")).down()
    assert one.pids() == {}
    assert set(two.pids()) == {"a"}


def test_up_waits_for_the_one_at_work_and_says_so(stack, stub) -> None:
    stack.layout.root.mkdir()
    part = stub("a")
    with FileLock(stack.layout.lock_file):
        thread = threading.Thread(target=lambda: stack.supervisor(part).up())
        thread.start()
        while not stack.said:
            time.sleep(0.01)
        assert stack.pids() == {}
    thread.join(20)
    assert stack.said[0].startswith("Another athena-sandbox command is running on")
    assert set(stack.pids()) == {"a"}


def test_logs_of_earlier_starts_are_kept(stack, stub) -> None:
    part = stub("a")
    stack.supervisor(part).up()
    first = stack.pids()["a"]
    stack.supervisor(part).down()
    stack.supervisor(part).up()
    log = stack.layout.log("a")
    assert f"of pid {first}" in log.with_name("a.log.1").read_text()
    assert f"of pid {first}" not in log.read_text()


def test_a_shell_that_names_the_stack_is_not_one_of_its_processes(stack, stub) -> None:
    environ = os.environ | {"ATHENA_SANDBOX_STATE": str(stack.layout.root)}
    user = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environ)
    try:
        stack.supervisor(stub("a")).up()
        stack.supervisor(stub("a")).down()
        assert user.poll() is None
    finally:
        user.kill()
        user.wait()


_UP = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from conftest import Stack, stub_part
stack = Stack(Path({root!r}))
print("begin", flush=True)
stack.supervisor(stub_part("a"), stub_part("b", "--after", "0.4"), stub_part("c", needs=("a",))).up()
print("end", flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6])
def test_killing_up_at_any_moment_is_repaired_by_up_and_ended_by_down(stack, stub, delay: float) -> None:
    script = _UP.format(folder=str(Path(__file__).parent), root=str(stack.layout.root))
    up = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert up.stdout is not None
    assert up.stdout.readline() == b"begin\n"
    time.sleep(delay)
    up.kill()
    up.wait()
    up.stdout.close()
    parts = [stub("a"), stub("b", "--after", "0.4"), stub("c", needs=("a",))]
    stack.supervisor(*parts).up()
    assert _conditions(stack, *parts) == dict.fromkeys(("a", "b", "c"), Condition.UP)
    assert len(find_processes(stack.layout.root)) == 3
    stack.supervisor(*parts).down()
    assert find_processes(stack.layout.root) == []


def test_a_full_disk_does_not_prevent_cleaning_up(stack, stub, monkeypatch) -> None:
    supervisor = stack.supervisor(stub("one"))
    supervisor.up()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("athena_sandbox.stack.supervisor.write_state", full)
    with pytest.raises(OSError, match="No space left"):
        supervisor.down()
    assert supervisor.down(clean=True).removed
    assert stack.pids() == {}
