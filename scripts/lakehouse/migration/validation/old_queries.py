"""The old queries as files: those of a folder, or the project's own, which dbt compiles."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from lakehouse.dbt.project import run_dbt, target_directory
from lakehouse.errors import ServiceError, UsageError
from lakehouse.migration.context import Say

DIALECT = "athena"
_PROJECT_FOLDER = Path("analyses", "migration")
_PROJECT_PATTERN = "*__before.sql"
_TEMPLATE_MARKS = ("{{", "{%", "{#")


@dataclass(frozen=True)
class OldQuery:
    """A query as its file holds it, and the sources of the migration that it reads."""

    name: str
    tree: exp.Expr
    sources: frozenset[str]


def load_folder(folder: Path, sources: list[str]) -> list[OldQuery]:
    """The queries of a folder (*.sql) that read one of the sources, by name. Raises UsageError for what is
    none."""
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise UsageError(f"{folder} holds no *.sql: name a folder with the old queries")
    return _load_files(files, sources)


def load_project(project: Path, sources: list[str], say: Say) -> list[OldQuery]:
    """The project's own queries, analyses/migration/*__before.sql, that read one of the sources.

    Templates are compiled by dbt, where that was not done since they were written. Raises ServiceError if dbt
    can't, UsageError for a file that is not a query.
    """
    files = sorted((project / _PROJECT_FOLDER).glob(_PROJECT_PATTERN))
    if any(_is_template(_read(file)) for file in files):
        files = _compiled(project, files, say)
    return _load_files(files, sources)


def table_name(table: exp.Table) -> str:
    """A table's name as a migration's configuration writes it: database.table, in small letters."""
    return f"{table.db}.{table.name}".lower()


def _compiled(project: Path, templates: Sequence[Path], say: Say) -> list[Path]:
    # A target directory of its own: these names must be the old ones, whatever is cut over by now, and dbt
    # would parse the whole project again each time that a variable is another than before.
    target = (target_directory(project) / "migration").resolve()
    found = _outputs(target, templates)
    if len(found) < len(templates):
        say(f"compiling the old queries of {project / _PROJECT_FOLDER}")
        arguments = [
            "--quiet",
            "compile",
            "--select",
            f"path:{_PROJECT_FOLDER}",
            "--target-path",
            str(target),
        ]
        arguments += ["--no-introspect", "--no-populate-cache", "--vars", '{"cut_over_tables": []}']
        if code := run_dbt(project, arguments, sys.stderr):
            raise ServiceError(
                f"dbt compile of {_PROJECT_FOLDER} failed (exit {code}), the lines above say where; "
                "--queries names a folder of plain SQL instead"
            )
        found = _outputs(target, templates)
    if missing := [template.name for template in templates if template not in found]:
        raise ServiceError(
            f"dbt did not compile {', '.join(missing)}: is {_PROJECT_FOLDER} an analysis path?"
        )
    return [found[template] for template in templates]


def _outputs(target: Path, templates: Sequence[Path]) -> dict[Path, Path]:
    """What dbt made of the templates, by template, without outputs that are older than theirs."""
    return {
        template: output
        for template in templates
        for output in target.glob(str(Path("compiled", "*", _PROJECT_FOLDER, template.name)))
        if output.stat().st_mtime >= template.stat().st_mtime
    }


def _is_template(sql: str) -> bool:
    return any(mark in sql for mark in _TEMPLATE_MARKS)


def _load_files(files: Sequence[Path], sources: list[str]) -> list[OldQuery]:
    queries = [_load(file, sources) for file in files]
    return [query for query in queries if query.sources]


def _load(file: Path, sources: list[str]) -> OldQuery:
    sql = _read(file)
    if _is_template(sql):
        raise UsageError(f"{file} is a template: name a folder of plain SQL, such as dbt's target/compiled")
    try:
        trees = [tree for tree in sqlglot.parse(sql, dialect=DIALECT) if tree is not None]
    except SqlglotError as error:
        raise UsageError(f"{file} is no SQL that Athena reads: {' '.join(str(error).split())}") from error
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise UsageError(f"{file} must hold one SELECT")
    found = frozenset(name for each in trees[0].find_all(exp.Table) if (name := table_name(each)) in sources)
    return OldQuery(file.stem, trees[0], found)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip().rstrip(";")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} can't be read: {error}") from error
