"""The command line: exit codes, one-line messages, results on stdout and talk on stderr."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from lakehouse import cli
from lakehouse.cli import main
from lakehouse.errors import ExitCode

SMALL = ["--days", "1", "--scale", "0.02", "--seed", "3"]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No AWS configuration but what a test gives, and no settings."""
    for name in ("PROFILE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION", "DEFAULT_REGION"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    for name in ("BRONZE_BUCKET", "DATABASE_PREFIX", "WORKGROUP", "RESULTS"):
        monkeypatch.delenv(f"LAKEHOUSE_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.fixture
def aws(environment: pytest.MonkeyPatch) -> Iterator[None]:
    """AWS played by moto inside the process."""
    environment.setenv("AWS_ACCESS_KEY_ID", "test")
    environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
    environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


def message(captured: Captured) -> str:
    """What was said, which must be one line, on stderr, and no traceback."""
    out, err = captured.readouterr()
    assert out == ""
    assert err.startswith("lakehouse: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


def test_generate_prints_the_tables_and_describe_the_same(aws: None, capsys: Captured) -> None:
    assert main(["telemetry", "generate", *SMALL]) == ExitCode.OK
    generated, talk = capsys.readouterr()
    assert "acme_telemetry.video_telemetry_json" in generated
    assert "files written" in talk
    assert main(["telemetry", "describe"]) == ExitCode.OK
    assert capsys.readouterr().out == generated


def test_json_is_all_there_is_on_stdout(aws: None, capsys: Captured) -> None:
    assert main(["telemetry", "generate", *SMALL, "--json"]) == ExitCode.OK
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["action"] == "write"
    assert outcome["manifest"] == "s3://acme-lakehouse-bronze/_manifests/telemetry.json"
    assert outcome["scenario"]["seed"] == 3
    assert set(outcome["tables"]) == {
        "acme_telemetry.telemetry",
        "acme_telemetry.video_telemetry_json",
        "acme_streaming_data.telemetry",
        "acme_streaming_data.customers",
        "acme_streaming_data.titles",
        "acme_streaming_data.campaigns",
    }
    assert main(["telemetry", "describe", "--json"]) == ExitCode.OK
    manifest = json.loads(capsys.readouterr().out)
    assert manifest["fingerprint"] == outcome["fingerprint"]
    assert list(manifest["tables"]["acme_telemetry.telemetry"]["arrival_days"]) == ["2025-08-11"]


def test_the_same_again_says_that_it_is_there(aws: None, capsys: Captured) -> None:
    main(["telemetry", "generate", *SMALL])
    capsys.readouterr()
    assert main(["telemetry", "generate", *SMALL]) == ExitCode.OK
    assert "the data exists already" in capsys.readouterr().err


def test_append_adds_days(aws: None, capsys: Captured) -> None:
    main(["telemetry", "generate", *SMALL])
    capsys.readouterr()
    assert main(["telemetry", "append", "--days", "2", "--json"]) == ExitCode.OK
    outcome = json.loads(capsys.readouterr().out)
    assert (outcome["action"], outcome["scenario"]["days"]) == ("grow", 3)


def test_other_arguments_are_refused(aws: None, capsys: Captured) -> None:
    main(["telemetry", "generate", *SMALL])
    capsys.readouterr()
    assert main(["telemetry", "generate", *SMALL, "--dirt", "0.5"]) == ExitCode.REFUSED
    assert "--replace" in message(capsys)


def test_describing_nothing_says_what_to_run(aws: None, capsys: Captured) -> None:
    assert main(["telemetry", "describe"]) == ExitCode.USAGE
    assert "lakehouse telemetry generate" in message(capsys)


def test_a_manifest_of_another_version_is_a_difference(aws: None, capsys: Captured) -> None:
    import boto3

    main(["telemetry", "generate", *SMALL])
    capsys.readouterr()
    boto3.client("s3").put_object(
        Bucket="acme-lakehouse-bronze", Key="_manifests/telemetry.json", Body=b'{"format": 0}'
    )
    assert main(["telemetry", "describe"]) == ExitCode.DIFFERENCE
    assert "--replace" in message(capsys)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["telemetry", "generate", "--scale", "0.001"], "--scale"),
        (["telemetry", "generate", "--days", "0"], "--days"),
        (["telemetry", "generate", "--dirt", "2"], "--dirt"),
        (["telemetry", "generate", "--start", "2010-01-01"], "--start 2010-01-01"),
        (["telemetry", "generate", "--start", "11/08/2025"], "--start"),
        (["telemetry", "generate", "--seed", str(2**70)], "--seed"),
        (["telemetry", "unknown"], "unknown"),
        (["s3tables", "grants"], "Missing command"),
        (["nonsense"], "nonsense"),
        (["sql"], "statement"),
        (["sql", "select 1", "--format", "xml"], "xml"),
        (["sql", "select 1", "--file", "query.sql"], "one statement"),
        (["sql", "--file", "no-such.sql"], "no-such.sql"),
    ],
)
def test_wrong_usage_is_named(arguments: list[str], part: str, aws: None, capsys: Captured) -> None:
    assert main(arguments) == ExitCode.USAGE
    assert part in message(capsys)


@pytest.mark.parametrize(
    "command", [["telemetry", "generate"], ["telemetry", "describe"], ["sql", "select 1"]]
)
def test_without_configuration_it_says_how_to_get_one(command: list[str], capsys: Captured) -> None:
    assert main(command) == ExitCode.USAGE
    assert 'eval "$(athena-sandbox env)"' in message(capsys)


def test_a_profile_that_is_not_there_is_named(environment: pytest.MonkeyPatch, capsys: Captured) -> None:
    environment.setenv("AWS_PROFILE", "lokal")
    assert main(["telemetry", "describe"]) == ExitCode.USAGE
    assert "lokal" in message(capsys)


def test_a_region_without_credentials_is_not_enough(
    environment: pytest.MonkeyPatch, capsys: Captured
) -> None:
    environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert main(["telemetry", "describe"]) == ExitCode.USAGE
    assert "credentials" in message(capsys)


@pytest.mark.parametrize("command", [["telemetry", "generate"], ["sql", "select 1"]])
def test_an_endpoint_where_nothing_listens_is_named(
    command: list[str], environment: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
    services = "".join(f"{name} =\n  endpoint_url = {endpoint}\n" for name in ("s3", "glue", "athena"))
    (tmp_path / "config").write_text(
        "[profile local]\nregion = eu-central-1\naws_access_key_id = test\naws_secret_access_key = test\n"
        f"services = local\n[services local]\n{services}"
    )
    environment.setenv("AWS_PROFILE", "local")
    assert main(command) == ExitCode.FAILED
    said = message(capsys)
    assert endpoint in said
    assert "athena-sandbox status" in said


def test_a_wrong_setting_is_named(environment: pytest.MonkeyPatch, capsys: Captured) -> None:
    environment.setenv("LAKEHOUSE_BRONZE_BUCKET", "Not A Bucket")
    assert main(["telemetry", "describe"]) == ExitCode.USAGE
    assert "LAKEHOUSE_BRONZE_BUCKET='Not A Bucket'" in message(capsys)


def test_a_setting_is_followed(aws: None, environment: pytest.MonkeyPatch, capsys: Captured) -> None:
    environment.setenv("LAKEHOUSE_BRONZE_BUCKET", "another-bucket")
    environment.setenv("LAKEHOUSE_DATABASE_PREFIX", "mine_")
    assert main(["telemetry", "generate", *SMALL]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert "mine_acme_telemetry.telemetry" in out
    assert "s3://another-bucket/" in err


@pytest.mark.parametrize(
    ("error", "code", "part"),
    [
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted"),
        (ZeroDivisionError("division\nby zero"), ExitCode.FAILED, "ZeroDivisionError: division by zero"),
    ],
)
def test_whatever_happens_is_one_line(
    error: BaseException, code: int, part: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    assert main(["sql", "select 1"]) == code
    assert part in message(capsys)


def test_an_interrupted_command_is_130(aws: None, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lakehouse.telemetry.arrivals.files", interrupted)
    assert main(["telemetry", "generate", *SMALL]) == ExitCode.INTERRUPTED
    assert capsys.readouterr().err.splitlines()[-1] == "lakehouse: interrupted"


def test_help_tells_the_exit_codes(capsys: Captured) -> None:
    assert main([]) == ExitCode.OK
    text = " ".join(capsys.readouterr().out.split())
    assert (
        "0 done, or the plan was shown; 1 a service failed; 2 wrong usage; 3 refused for safety; "
        "4 a difference was found; 130 interrupted"
    ) in text
    assert {code.value for code in ExitCode} == {0, 1, 2, 3, 4, 130}


@pytest.mark.parametrize("group", ["telemetry", "migrate", "s3tables"])
def test_a_group_alone_tells_its_commands(group: str, aws: None, capsys: Captured) -> None:
    assert main(["--help"]) == ExitCode.OK
    (listed,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"  {group} ")]
    assert main([group]) == ExitCode.OK
    told = " ".join(capsys.readouterr().out.split())
    assert listed.split(maxsplit=1)[1].rstrip(".") in told
    assert "Commands:" in told


def test_a_group_is_imported_when_it_is_called() -> None:
    seen = (
        "import sys; from lakehouse.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    )
    modules = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stderr
    assert not {"numpy", "pyarrow", "sqlglot", "lakehouse.migration"} & set(modules.split())


def test_a_reader_that_goes_away_is_no_failure() -> None:
    script = "import sys; from lakehouse.cli import main; sys.exit(main(['--help']))"
    reader = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert reader.stdout is not None
    reader.stdout.close()
    _, err = reader.communicate(timeout=60)
    assert (reader.returncode, err) == (0, b"")


@pytest.mark.parametrize(
    ("redirection", "code", "told"),
    [(">&-", 2, "lakehouse: standard output is closed"), (">/dev/full", 1, "lakehouse: [Errno 28]")],
)
def test_output_that_can_not_be_written_is_told_in_one_line(redirection: str, code: int, told: str) -> None:
    command = f'exec "{sys.executable}" -m lakehouse --version {redirection}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1
