"""SQL in application code: files of SQL, texts in Python files (f-strings too), SQL blocks of Markdown.

Python is read as Python, never by patterns: a text is what the interpreter would make of it, and what it
would fill in at run time is a field.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lakehouse.errors import UsageError
from lakehouse.migration.analysis.usages.finds import Find, Place, mentions
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.statement import statements_in
from lakehouse.migration.rewriting.templates import mark, without_dbt, without_fields

SUFFIXES = (".sql", ".py", ".md")
_SKIPPED = (".git", ".venv", "venv", "node_modules", "__pycache__", "target", "dbt_packages")
_STATEMENT = re.compile(
    r"(?is)\A(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*"
    r"(select|with|insert|create|merge|update|delete|unload|explain|prepare|msck|alter|drop|describe|show)\b"
)
_BLOCK = re.compile(r"(?ims)^```sql[^\n]*\n(.*?)^```")
_CAST = re.compile(r"(?i)\b(?:try_)?cast\b|from_iso8601|date_parse")


@dataclass(frozen=True)
class _Text:
    """A text of a file: its line, from 1, the text with names for its fields, and the fields."""

    line: int
    text: str
    fields: tuple[str, ...] = ()


def find_in_code(paths: Sequence[Path], tables: Sequence[MigratedTable]) -> Iterator[Find]:
    """Statements in files and in all files below folders. Raises UsageError for a path that doesn't exist."""
    relations = {table.source: table.source for table in tables}
    for path in _files(paths):
        try:
            content = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if path.suffix == ".sql" and "{{" in content:
            content = without_dbt(content, relations)
        if not mentions(content, tables):
            continue
        for text in _texts(path, content):
            yield from _finds(path, text, tables)


def is_workaround(text: str, tables: Sequence[MigratedTable]) -> bool:
    """Whether a sentence advises converting a column that has a type now."""
    if _STATEMENT.match(text) or not _CAST.search(text):
        return False
    return any(re.search(rf"\b{column}\b", text) for table in tables for column in table.changed)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path
        elif path.is_dir():
            below = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
            yield from (each for each in below if not set(each.relative_to(path).parts) & set(_SKIPPED))
        else:
            raise UsageError(f"{path} is not a file or a folder: give the path of the code")


def _texts(path: Path, content: str) -> Iterator[_Text]:
    match path.suffix:
        case ".py":
            yield from _python_texts(content)
        case ".md":
            for block in _BLOCK.finditer(content):
                yield _Text(content.count("\n", 0, block.start(1)) + 1, block[1])
        case _:
            yield _Text(1, content)


def _finds(path: Path, text: _Text, tables: Sequence[MigratedTable]) -> Iterator[Find]:
    is_python = path.suffix == ".py"
    if is_python and not _STATEMENT.match(text.text):
        if is_workaround(text.text, tables):
            advice = "advises converting a column"
            yield Find(Place.PROMPT, f"{path}:{text.line}", text.text.strip(), reason=advice)
        return
    line = text.line
    for statement in statements_in(text.text):
        lead = len(statement) - len(statement.lstrip())
        at = line + statement[:lead].count("\n")
        line += statement.count("\n")
        if mentions(statement, tables):
            yield _find(f"{path}:{at}", statement.strip(), text.fields)


def _find(name: str, statement: str, fields: tuple[str, ...]) -> Find:
    """Fields of format strings and of %s are fields too, after those of f-strings."""
    more = without_fields(statement, fields)
    return Find(Place.CODE, name, more.sql, template=more)


def _python_texts(content: str) -> Iterator[_Text]:
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError):
        return
    inner: set[int] = set()
    # Breadth first: a sum of texts comes before its parts.
    for node in ast.walk(tree):
        if id(node) in inner or not isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp)):
            continue
        fields: list[str] = []
        text = _text_of(node, fields)
        if text is None:
            continue
        inner |= {id(each) for each in ast.walk(node)}
        yield _Text(node.lineno, text, tuple(fields))


def _text_of(node: ast.AST, fields: list[str]) -> str | None:
    """The text that an expression gives, with a name for each field; None for one that gives no text."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(_part(value, fields) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _text_of(left, fields), _text_of(right, fields)
            if first is None and second is None:
                return None
            first = mark(fields, f"{{{ast.unparse(left)}}}") if first is None else first
            return first + (mark(fields, f"{{{ast.unparse(right)}}}") if second is None else second)
        case ast.BinOp(left=left, op=ast.Mod()):
            return _text_of(left, fields)
        case _:
            return None


def _part(value: ast.expr, fields: list[str]) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    return mark(fields, ast.unparse(ast.JoinedStr(values=[value]))[2:-1])
