import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from athena_sandbox import cli
from athena_sandbox.errors import OfflineError
from athena_sandbox.stack.parts import Part

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(stack: Any, stub: Callable[..., Part], monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """The command on a stack of one stub part."""
    monkeypatch.setenv("ATHENA_SANDBOX_STATE", str(stack.layout.root))
    monkeypatch.setattr(cli, "install_programs", lambda settings, reporter: None)
    runner = CliRunner()

    def run(*arguments: str, parts: tuple[Part, ...] = (stub("solo"),)) -> Result:
        monkeypatch.setattr(cli, "stack_parts", lambda settings: list(parts))
        return runner.invoke(cli.app, arguments)

    return run


def test_up_status_down(invoke: Invoke) -> None:
    assert invoke("up").exit_code == 0
    status = invoke("status")
    assert status.exit_code == 0
    assert "solo" in status.stdout
    assert invoke("down").exit_code == 0
    assert invoke("status").exit_code == 3


def test_json_is_the_only_thing_on_stdout(invoke: Invoke, stack: Any) -> None:
    [part] = json.loads(invoke("up", "--json").stdout)["parts"]
    document = json.loads(invoke("status", "--json").stdout)
    assert document["state_dir"] == str(stack.layout.root)
    assert document["region"] == "eu-central-1"
    assert document["parts"][0]["pid"] == part["pid"] == stack.pids()["solo"]
    assert document["parts"][0]["condition"] == "up"


def test_a_dead_part_is_shown_with_its_last_lines(invoke: Invoke, stub: Callable[..., Part]) -> None:
    parts = (stub("solo", "--fail"),)
    failed = invoke("up", parts=parts)
    assert failed.exit_code == 1
    assert failed.stderr.count("athena-sandbox:") == 1
    assert "stub: failing as told" in failed.stderr
    status = invoke("status", parts=parts)
    assert status.exit_code == 3
    assert "dead" in status.stdout
    assert "stub: failing as told" in status.stderr


def test_an_error_is_one_line_and_its_exit_code(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(settings: object, reporter: object) -> None:
        raise OfflineError("no network")

    monkeypatch.setattr(cli, "install_programs", offline)
    result = invoke("up")
    assert (result.exit_code, result.stderr) == (6, "athena-sandbox: no network\n")


def test_an_interruption_says_how_to_go_on(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(settings: object, reporter: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "install_programs", interrupted)
    result = invoke("up")
    assert result.exit_code == 130
    assert "nothing is lost" in result.stderr


def test_a_state_directory_that_cannot_be_made_is_named(invoke: Invoke, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    result = invoke("up", "--state", str(blocked / "state"))
    assert result.exit_code == 1
    assert str(blocked) in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--port", "solo"),
        ("up", "--port", "solo=abc"),
        ("up", "--port", "solo=70000"),
        ("up", "--port", "other=1"),
        ("up", "--memory", "little"),
        ("up", "--spark-workgroup", "spark"),
        ("up", "--spark-workgroup", "spark=here"),
        ("logs", "other"),
        ("logs", "-f"),
        ("start",),
    ],
)
def test_wrong_usage_is_exit_code_2(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_logs_show_the_end_of_one_or_all(invoke: Invoke) -> None:
    invoke("up")
    assert invoke("logs", "solo", "-n", "1").stdout.startswith("line 29 of pid")
    assert "logs/solo.log <==" in invoke("logs").stdout


def test_env_and_exec_need_a_running_sandbox(invoke: Invoke) -> None:
    assert invoke("env").exit_code == 3
    assert invoke("exec", "--", "true").exit_code == 3


def test_env_prints_what_a_shell_evaluates(
    invoke: Invoke, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    invoke("up")
    lines = invoke("env").stdout.splitlines()
    assert "unset AWS_REGION" in lines
    assert f"export AWS_CONFIG_FILE={stack.layout.root}/aws/config" in lines
    assert "export AWS_PROFILE=local" in lines


def test_one_address_is_for_tools_that_read_no_configuration(
    invoke: Invoke, stack: Any, stub: Callable[..., Part], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    parts = (stub("storage"),)
    invoke("up", "--region", "eu-west-1", parts=parts)
    state = json.loads(stack.layout.state_file.read_text())
    lines = invoke("env", "--one-address", parts=parts).stdout.splitlines()
    assert {
        f"export AWS_ENDPOINT_URL=http://127.0.0.1:{state['parts']['storage']['port']}",
        f"export AWS_ACCESS_KEY_ID={state['access_key']}",
        "export AWS_SECRET_ACCESS_KEY=test",
        "export AWS_REGION=eu-west-1",
        "export AWS_ALLOW_HTTP=true",
    } <= set(lines)
    called: list[Any] = []
    monkeypatch.setattr(os, "execvpe", lambda *arguments: called.append(arguments))
    invoke("exec", "--one-address", "--", "tool", parts=parts)
    assert called[0][2]["AWS_ACCESS_KEY_ID"] == state["access_key"]


def test_status_names_the_page_and_its_token(invoke: Invoke, stack: Any, stub: Callable[..., Part]) -> None:
    parts = (stub("athena"),)
    invoke("up", parts=parts)
    state = json.loads(stack.layout.state_file.read_text())
    page = json.loads(invoke("status", "--json", parts=parts).stdout)["queries_page"]
    assert page.startswith(f"http://127.0.0.1:{state['parts']['athena']['port']}/")
    assert f"queries: {page}" in invoke("status", parts=parts).stdout
    assert state["access_key"] not in page


def test_exec_hands_over_to_the_command_with_its_flags(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setattr(os, "execvpe", lambda *arguments: called.append(arguments))
    invoke("up")
    invoke("exec", "--", "aws", "s3", "ls", "--json")
    [(program, arguments, environ)] = called
    assert (program, arguments) == ("aws", ["aws", "s3", "ls", "--json"])
    assert environ["AWS_PROFILE"] == "local"
    assert "AWS_SECRET_ACCESS_KEY" not in environ


def test_exec_of_nothing_is_127(invoke: Invoke) -> None:
    invoke("up")
    result = invoke("exec", "--", "no-such-command-anywhere")
    assert (result.exit_code, result.stderr) == (
        127,
        "athena-sandbox: there is no command no-such-command-anywhere\n",
    )


def test_down_clean_says_what_it_removed(invoke: Invoke, stack: Any) -> None:
    invoke("up")
    result = invoke("down", "--clean")
    assert result.exit_code == 0
    assert f"removed {stack.layout.root}\n" in result.stdout
    assert not stack.layout.root.exists()


def test_down_clean_refuses_what_the_sandbox_did_not_make(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "logs").mkdir()
    assert invoke("down", "--clean", "--state", str(tmp_path / "mine")).exit_code == 4
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["logs"]


def test_the_version_names_the_engine(invoke: Invoke) -> None:
    assert invoke("--version").stdout == "athena-sandbox 0.1.0 (trino 476)\n"
