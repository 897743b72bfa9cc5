"""Files that a user names: bounded in size, with every mistake in a file reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lakehouse.errors import InvalidFileError, UsageError
from lakehouse.output import size_text

# Twice what a migration of a thousand tables needs; a YAML parser takes some seconds to read that much.
MAX_BYTES = 1_000_000
_MOST_LEVELS = 100
Model = TypeVar("Model", bound=BaseModel)
# What a message says of a value, by pydantic's name of the error. Names in braces come from its context.
_PROBLEMS = {
    "missing": "is missing",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be {ge} or greater",
    "less_than_equal": "must be {le} or less",
    "too_short": "must not be empty",
    "string_pattern_mismatch": "must fit {pattern}",
}


def read_text(path: Path, what: str, max_bytes: int | None = None) -> str:
    """Return a file's text. Raises UsageError if it can't be read; `what` names the kind of file."""
    try:
        with path.open("rb") as file:
            content = file.read() if max_bytes is None else file.read(max_bytes + 1)
        if max_bytes is not None and len(content) > max_bytes:
            raise UsageError(f"{path} can't be read as {what}: it is larger than {size_text(max_bytes)}")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{path} can't be read as {what}: {reason}") from error


@dataclass(frozen=True)
class YamlFile:
    """A YAML file's value, and the line of each part of it."""

    path: Path
    value: Any
    _tree: yaml.Node | None = field(repr=False)

    def line(self, location: tuple[int | str, ...]) -> int:
        """The line of the deepest part of a location that is in the file, from 1."""
        line, node = 1, self._tree
        for part in location:
            if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
                continue
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            found = next((pair for pair in pairs if pair[0].value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line


class _TooDeepError(Exception):
    """A YAML text is nested more deeply than any that a person writes."""


class _Loader(yaml.SafeLoader):
    """Stops at the first value that lies too deep: to read on would take minutes, and Python's stack."""

    _level = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise _TooDeepError
        node = super().compose_node(parent, index)
        self._level -= 1
        return node


def load_yaml(path: Path, what: str) -> YamlFile:
    """Read a YAML file of at most MAX_BYTES. Raises UsageError, one line: file, line, what is wrong."""
    text = read_text(path, what, MAX_BYTES)
    try:
        loader = _Loader(text)
        tree = loader.get_single_node()
        _refuse_duplicates(tree, path)
        return YamlFile(path, loader.construct_document(tree) if tree else None, tree)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    except _TooDeepError as error:
        raise UsageError(f"{path} can't be read as {what}: it is nested too deeply") from error
    except ValueError as error:
        # For example, a date that doesn't exist.
        raise UsageError(f"{path} can't be read as {what}: {error}") from error


def validated(
    model: type[Model],
    file: YamlFile,
    problem_of: Callable[[Any], str | None] = lambda error: None,
) -> Model:
    """The value of a file as a model. Raises InvalidFileError with a line for each mistake.

    `problem_of` may word one of pydantic's errors differently; it returns None to keep the usual text.
    """
    try:
        return model.model_validate(file.value)
    except ValidationError as error:
        problems = dict.fromkeys(
            f"{file.path}:{file.line(each['loc'])}: {problem_of(each) or problem(each)}"
            for each in error.errors()
            # For a list with invalid items, pydantic also reports that the list is empty.
            if not (each["type"] == "too_short" and each["input"])
        )
        raise InvalidFileError(*problems) from error


def problem(error: Any) -> str:
    """What is wrong, and where in the file: one of pydantic's errors, worded for people."""
    location: tuple[int | str, ...] = error["loc"]
    *around, last = map(str, location or ("",))
    where = ".".join(part for part in (*around, last) if part != "[key]") or "the file"
    if error["type"] == "extra_forbidden":
        within = f" of {'.'.join(around)}" if around else ""
        return f"{where}: {last} is not a setting{within}: correct its name, or remove it"
    if error["type"] == "value_error":
        return f"{where}: {error['msg'].removeprefix('Value error, ')}"
    words = _PROBLEMS.get(error["type"])
    said = words.format_map(error.get("ctx", {})) if words else error["msg"]
    given: object = error["input"]
    shows_value = error["type"] != "missing" and not isinstance(given, (Mapping, list, tuple))
    return f"{where}: {said}, not {given!r}" if shows_value else f"{where}: {said}"


def _refuse_duplicates(tree: yaml.Node | None, path: Path) -> None:
    """PyYAML silently takes the last of two equal keys."""
    for node in _mappings(tree, set()):
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise UsageError(f"{path}:{key.start_mark.line + 1}: {key.value} appears twice")
            seen.add(key.value)


def _mappings(node: yaml.Node | None, visited: set[int]) -> Iterator[yaml.MappingNode]:
    # An alias is the same node as its anchor, so a node can be reached on many paths.
    if node is None or id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value, visited)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item, visited)
