"""The command `athena-sandbox`: parses arguments, calls, prints. Results go to stdout, everything else to
stderr.

Exit codes are those of `athena_sandbox.errors`; 130 after Ctrl-C.
"""

import errno
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from athena_sandbox.composition import (
    install_programs,
    make_buckets,
    make_spark_workgroups,
    running_state,
    stack_parts,
)
from athena_sandbox.errors import NotRunningError, PartFailedError, SandboxError, UsageError
from athena_sandbox.parts.services import ATHENA
from athena_sandbox.parts.storage import NAME as STORAGE
from athena_sandbox.reporting import make_reporter
from athena_sandbox.runtime.artifacts import TRINO
from athena_sandbox.runtime.install import program_path
from athena_sandbox.settings import DEFAULT_REGION, Settings, check_machine, load_settings
from athena_sandbox.stack import aws_config
from athena_sandbox.stack import logs as log_files
from athena_sandbox.stack.aws_config import client_environment, shell_exports
from athena_sandbox.stack.parts import Part, Site
from athena_sandbox.stack.state import read_state
from athena_sandbox.stack.status import Condition, PartStatus, stack_status
from athena_sandbox.stack.supervisor import Supervisor
from athena_sandbox.wire.keys import engine_token, page_token

_INTERRUPTED = 130
_NO_SUCH_COMMAND = 127
_NOT_EXECUTABLE = 126

_out = Console()
_err = Console(stderr=True)


def _tell(text: str) -> None:
    _err.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _mapped_errors() -> Iterator[None]:
    """Errors raised on purpose end in one line and their exit code."""
    try:
        yield
    except PartFailedError as error:
        _tell(f"athena-sandbox: {error}; its last lines:")
        for line in error.log_tail:
            _tell(f"  {line}")
        raise typer.Exit(error.exit_code) from error
    except SandboxError as error:
        _tell(f"athena-sandbox: {error}")
        raise typer.Exit(error.exit_code) from error
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would raise again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        _tell(f"athena-sandbox: {_described(error)}")
        raise typer.Exit(SandboxError.exit_code) from error
    except KeyboardInterrupt:
        _tell(
            "athena-sandbox: interrupted; nothing is lost: run the same command to continue, and "
            "`athena-sandbox down` stops what runs"
        )
        raise typer.Exit(_INTERRUPTED) from None


def _described(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        place = error.filename or "the disk of the state directory"
        return (
            f"no space is left on {place}: free some; `athena-sandbox down --clean` removes a sandbox's data"
        )
    return f"{error.strerror or error}: {error.filename or 'no file named'}"


class _Group(TyperGroup):
    """Commands behind the error mapping."""

    def invoke(self, ctx: Any) -> Any:
        with _mapped_errors():
            check_machine()
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Amazon Athena, Glue and S3 on this machine: Trino and everything around it.",
    epilog=(
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not (all) running, 4 refused, 5 the machine does not "
        "fit, 6 download failed, 7 port in use, 130 interrupted."
    ),
)

_StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state", help="State directory; otherwise $ATHENA_SANDBOX_STATE or .sandbox.", show_default=False
    ),
]
_JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if show_version:
        typer.echo(f"athena-sandbox {version('lakehouse')} ({TRINO})")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise UsageError("name a command; `athena-sandbox --help` lists them")


@app.command()
def up(
    state: _StateOption = None,
    port: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART=PORT",
            envvar="ATHENA_SANDBOX_PORTS",
            help="Fix a part's port (repeatable); otherwise a free one is chosen and kept.",
        ),
    ] = None,
    bucket: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Create this S3 bucket (repeatable).")
    ] = None,
    spark_workgroup: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=S3-LOCATION", help="Create this Athena work group for Apache Spark (repeatable)."
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            help="Heap of the SQL engine, such as 2G; otherwise by the machine's memory.", show_default=False
        ),
    ] = None,
    region: Annotated[str, typer.Option(help="AWS region that the sandbox answers for.")] = DEFAULT_REGION,
    open_to_any_key: Annotated[
        bool,
        typer.Option(
            "--open",
            help="Accept any access key, for clients that can't be given this sandbox's. Every user of the "
            "machine can then read, write and run code as you.",
        ),
    ] = False,
    as_json: _JsonOption = False,
) -> None:
    """Start what is not running, installing it first when needed. Repeating it changes nothing."""
    settings = load_settings(state_dir=state, memory=memory, region=region, open=open_to_any_key)
    fixed_ports = _parse_ports(port or [])
    spark_workgroups = _parse_workgroups(spark_workgroup or [])
    reporter = make_reporter(_err)
    parts = stack_parts(settings)
    try:
        install_programs(settings, reporter)
        running = Supervisor(settings, parts, reporter).up(fixed_ports)
        make_buckets(running, bucket or [])
        make_spark_workgroups(running, spark_workgroups)
    finally:
        reporter.busy("")
    _show_status(settings, parts, as_json)
    _tell('The sandbox is up. AWS clients use it after: eval "$(athena-sandbox env)"')


def _parse_ports(texts: Sequence[str]) -> dict[str, int]:
    chosen = {}
    for text in texts:
        name, separator, number = text.partition("=")
        if not separator or not number.isdigit() or not 0 < int(number) < 65536:
            raise UsageError(f"--port {text!r} is not PART=PORT, such as trino=8080")
        chosen[name] = int(number)
    return chosen


def _parse_workgroups(texts: Sequence[str]) -> dict[str, str]:
    chosen = {}
    for text in texts:
        name, separator, location = text.partition("=")
        if not name or not separator or not location.startswith("s3://"):
            raise UsageError(
                f"--spark-workgroup {text!r} is not NAME=S3-LOCATION, such as spark=s3://my-results/spark/"
            )
        chosen[name] = location
    return chosen


@app.command()
def status(state: _StateOption = None, as_json: _JsonOption = False) -> None:
    """Show every part; exit code 3 unless all of them are up."""
    settings = load_settings(state_dir=state)
    found = _show_status(settings, stack_parts(settings), as_json)
    for part in found:
        if part.condition is Condition.DEAD:
            _tell(f"{part.name} is dead; the last lines of {part.log}:")
            for line in log_files.tail(part.log, 20):
                _tell(f"  {line}")
    if any(part.condition is not Condition.UP for part in found):
        raise typer.Exit(NotRunningError.exit_code)


def _show_status(settings: Settings, parts: Sequence[Part], as_json: bool) -> list[PartStatus]:
    found = stack_status(settings.state, parts, time.time())
    if as_json:
        typer.echo(json.dumps(_document(settings, found), indent=1))
    else:
        _out.print(f"sandbox of {settings.state.root}", highlight=False, markup=False, soft_wrap=True)
        _out.print(_table(settings, found))
        is_up = any(part.name == ATHENA and part.condition is Condition.UP for part in found)
        if is_up and (page := _page_address(settings)):
            _out.print(f"queries: {page}", highlight=False, markup=False, soft_wrap=True)
    return found


def _document(settings: Settings, found: Sequence[PartStatus]) -> dict[str, object]:
    stack = read_state(settings.state.state_file)
    return {
        "state_dir": str(settings.state.root),
        "aws_config": str(settings.state.aws_config),
        "region": stack.region if stack else None,
        "queries_page": _page_address(settings),
        "engine_token": engine_token(stack.access_key) if stack else None,
        "parts": [asdict(part) | {"log": str(part.log)} for part in found],
    }


def _page_address(settings: Settings) -> str | None:
    """The page of the Athena part, with the token that opens it; None when that part never started."""
    stack = read_state(settings.state.state_file)
    if stack is None or ATHENA not in stack.parts:
        return None
    site = Site(settings, stack.ports, stack.access_key)
    return f"{site.url(ATHENA)}/{page_token(stack.access_key)}/"


_COLOURS = {
    Condition.UP: "green",
    Condition.STARTING: "yellow",
    Condition.UNHEALTHY: "red",
    Condition.DEAD: "red",
    Condition.STOPPED: "dim",
}


def _table(settings: Settings, found: Sequence[PartStatus]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("part", "state", "pid", "port", "memory", "since", "log"):
        table.add_column(
            title, justify="right" if title in ("pid", "port", "memory") else "left", overflow="fold"
        )
    for part in found:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(part.since)) if part.since else "-"
        table.add_row(
            part.name,
            f"[{_COLOURS[part.condition]}]{part.condition}[/]",
            str(part.pid or "-"),
            str(part.port or "-"),
            f"{part.memory_bytes / 1e6:,.0f} MB" if part.memory_bytes else "-",
            since,
            str(part.log.relative_to(settings.state.root)),
        )
    return table


@app.command()
def down(
    state: _StateOption = None,
    clean: Annotated[bool, typer.Option("--clean", help="Remove data, logs and settings too.")] = False,
) -> None:
    """Stop every process of the sandbox. Data stays unless --clean is given."""
    settings = load_settings(state_dir=state)
    reporter = make_reporter(_err)
    try:
        ended = Supervisor(settings, stack_parts(settings), reporter).down(clean=clean)
    finally:
        reporter.busy("")
    if not ended.stopped:
        _tell(f"Nothing was running for {settings.state.root}")
    for description in ended.removed:
        typer.echo(f"removed {description}")


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help="One part; otherwise all.", show_default=False)] = None,
    state: _StateOption = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Keep printing new lines.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many lines from the end.")] = 50,
) -> None:
    """Show the end of the parts' logs."""
    settings = load_settings(state_dir=state)
    names = [one.name for one in stack_parts(settings)]
    if part is not None and part not in names:
        raise UsageError(f"there is no part {part}: the parts are {', '.join(names)}")
    if follow and part is None:
        raise UsageError("-f needs a part: athena-sandbox logs -f trino")
    for name in [part] if part else names:
        log = settings.state.log(name)
        if part is None:
            typer.echo(f"==> {log} <==")
        for line in log_files.tail(log, lines):
            typer.echo(line)
    if follow and part:
        try:
            for line in log_files.follow(settings.state.log(part)):
                typer.echo(line)
        except KeyboardInterrupt:
            # Following normally ends so.
            return


_OneAddressOption = Annotated[
    bool,
    typer.Option(
        "--one-address",
        help="For tools that don't read AWS_CONFIG_FILE: one address for all services, and the access key.",
    ),
]


@app.command()
def env(state: _StateOption = None, one_address: _OneAddressOption = False) -> None:
    """Print shell commands that direct AWS clients to the sandbox: eval "$(athena-sandbox env)"."""
    typer.echo(shell_exports(_client_environment(load_settings(state_dir=state), one_address)), nl=False)


def _client_environment(settings: Settings, one_address: bool) -> dict[str, str | None]:
    running = running_state(settings, stack_parts(settings))
    changes = client_environment(settings.state)
    if one_address:
        address = Site(settings, running.ports, running.access_key).url(STORAGE)
        changes |= aws_config.one_address(address, running.region, running.access_key)
    return changes


@app.command(
    "exec",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
def execute(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="Program and arguments.")],
    state: _StateOption = None,
    one_address: _OneAddressOption = False,
) -> None:
    """Run a command whose AWS calls go to the sandbox; its exit code is the result."""
    environ = dict(os.environ)
    for name, value in _client_environment(load_settings(state_dir=state), one_address).items():
        if value is None:
            environ.pop(name, None)
        else:
            environ[name] = value
    try:
        os.execvpe(command[0], command, environ)  # noqa: S606 (running it is the purpose)
    except FileNotFoundError:
        _tell(f"athena-sandbox: there is no command {command[0]}")
        raise typer.Exit(_NO_SUCH_COMMAND) from None
    except OSError as error:
        _tell(f"athena-sandbox: {command[0]} cannot be run ({error.strerror})")
        raise typer.Exit(_NOT_EXECUTABLE) from None


@app.command()
def install() -> None:
    """Download and unpack what `up` needs, and start nothing."""
    settings = load_settings()
    reporter = make_reporter(_err)
    try:
        install_programs(settings, reporter)
    finally:
        reporter.busy("")
    typer.echo(program_path(settings.cache_home, TRINO))


def main() -> None:
    """Entry point of the command `athena-sandbox`."""
    app(prog_name="athena-sandbox")
