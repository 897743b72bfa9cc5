"""The `lakehouse` command: registers the commands, builds what they need, maps errors to exit codes.

Exit codes: 0 done, or the plan was shown; 1 a service failed; 2 wrong usage or no configuration; 3 refused
for safety; 4 a difference was found; 130 interrupted. Results go to standard output, everything else to
standard error. An error is one line, never a traceback; `--verbose` logs the traceback of an unexpected one.
"""

import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.exceptions import Abort, TyperException

from lakehouse.athena.cli import sql
from lakehouse.aws import explained
from lakehouse.dbt.cli import build, summary
from lakehouse.errors import ExitCode, LakehouseError
from lakehouse.groups import deferred_groups
from lakehouse.output import Output
from lakehouse.settings import load_settings
from lakehouse.toolbox import Toolbox

logger = logging.getLogger(__name__)

_GROUPS = {
    "telemetry": (
        "Bronze data: generate it, add days to it, describe it.",
        "lakehouse.telemetry.cli:telemetry_app",
    ),
    "migrate": (
        "Migrate tables from times stored as text to typed ones, step by step.",
        "lakehouse.migration.cli.app:migrate_app",
    ),
    "s3tables": (
        "S3 Tables: create and list tables, maintain them, grant access.",
        "lakehouse.s3tables.cli.app:s3tables_app",
    ),
}

app = typer.Typer(
    name="lakehouse",
    cls=deferred_groups(_GROUPS),
    help="The lakehouse's command line. It only uses AWS APIs, in the account that AWS_PROFILE selects.",
    epilog="Exit codes: 0 done, or the plan was shown; 1 a service failed; 2 wrong usage; "
    "3 refused for safety; 4 a difference was found; 130 interrupted.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("sql")(sql)
app.command("build", context_settings={"allow_extra_args": True})(build)
app.command("summary")(summary)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lakehouse {version('lakehouse')}")
        raise typer.Exit


@app.callback()
def _options(
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log what is done to standard error.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.ERROR,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # pyathena logs each failure at length before we report it.
    logging.getLogger("pyathena").setLevel(logging.WARNING if verbose else logging.CRITICAL)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    if sys.stdout is None:
        # A command whose result can't be printed is not run.
        if sys.stderr is not None:
            sys.stderr.write("lakehouse: standard output is closed: redirect it to a file or to /dev/null\n")
        return ExitCode.USAGE
    output = Output()
    try:
        toolbox = Toolbox(load_settings(os.environ))
        given = sys.argv[1:] if arguments is None else list(arguments)
        code = app(given or ["--help"], standalone_mode=False, obj=toolbox)
        sys.stdout.flush()
        if code == ExitCode.INTERRUPTED:
            # Typer returns this code for Ctrl-C and prints nothing.
            raise KeyboardInterrupt
        return int(code or 0)
    except TyperException as error:
        if message := error.format_message():
            output.fail(f"{message} (try --help)")
        return ExitCode.USAGE
    except LakehouseError as error:
        for line in error.lines:
            output.fail(line)
        return error.exit_code
    except (BotoCoreError, ClientError) as error:
        known = explained(error)
        output.fail(str(known))
        return known.exit_code
    except (KeyboardInterrupt, Abort):
        output.fail("interrupted")
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        # Typer turns a broken pipe into exit code 1; nothing else here raises SystemExit.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        # The reader of the output has closed the pipe.
        _forget_stdout()
        return ExitCode.OK
    except OSError as error:
        logger.info("system error", exc_info=True)
        output.fail(str(error))
        try:
            sys.stdout.flush()
        except OSError:
            # Standard output itself is what can't be written.
            _forget_stdout()
        return ExitCode.FAILED
    except Exception as error:
        logger.info("unexpected error", exc_info=True)
        output.fail(f"unexpected {type(error).__name__}: {error} (--verbose shows where)")
        return ExitCode.FAILED


def _forget_stdout() -> None:
    """Redirect standard output to nothing: Python would report a second error when it closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
