"""SQL with placeholders: dbt's Jinja, fields of f-strings and of format, %s. They are replaced and restored.

A field becomes a name that no SQL holds. Where it stands for something that decides (a table, a text to
compare with), the rewrite refuses the statement by its own rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_MARK = "field_of_template_"
_MARKED = re.compile(rf"{_MARK}([0-9]+)_", re.IGNORECASE)
_SOURCE = re.compile(r"\{\{\s*source\(\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]\s*\)\s*\}\}")
_REF = re.compile(r"\{\{\s*ref\(\s*['\"](\w+)['\"]\s*\)\s*\}\}")
_CONFIG = re.compile(r"\{\{\s*config\(.*?\)\s*\}\}|\{#.*?#\}", re.DOTALL)
_FIELD = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\$\{[^{}]+\}|\{[^{}\s][^{}]*\}|%\(\w+\)s|%s", re.DOTALL)


@dataclass(frozen=True)
class Template:
    """A text whose fields are names now. `fields` are they as they were written, by number."""

    sql: str
    fields: tuple[str, ...]

    def restored(self, text: str) -> str:
        """A text with the fields put back."""
        return _MARKED.sub(lambda mark: self.fields[int(mark[1])], text)


def without_fields(text: str, known: tuple[str, ...] = ()) -> Template:
    """The text with a name in place of each field. SQL knows braces nowhere but in texts and comments.

    `known` are the fields that have their names in the text already.
    """
    fields = list(known)

    def name(field: re.Match[str]) -> str:
        return mark(fields, field[0])

    return Template(_FIELD.sub(name, text), tuple(fields))


def mark(fields: list[str], field: str) -> str:
    """The name that stands for a field, which is added to those there are."""
    fields.append(field)
    return f"{_MARK}{len(fields) - 1}_"


def is_marked(name: str) -> bool:
    """Whether a name stands for a field."""
    return bool(_MARKED.search(name))


def without_dbt(text: str, relations: Mapping[str, str]) -> str:
    """dbt's source() and ref() as the tables they name, config and Jinja comments gone.

    `relations` are the tables (database.table) of sources ('source.name') and models ('name'); what isn't in
    it stays a field.
    """
    text = _CONFIG.sub("", text)
    text = _SOURCE.sub(lambda call: relations.get(f"{call[1]}.{call[2]}", call[0]), text)
    return _REF.sub(lambda call: relations.get(call[1], call[0]), text)


def with_refs(text: str, models: Mapping[str, str]) -> str:
    """Tables (database.table) that are models as dbt names them: `{{ ref('...') }}`."""
    for table, model in models.items():
        text = re.sub(rf"(?<![\w.]){re.escape(table)}(?![\w.])", f"{{{{ ref('{model}') }}}}", text)
    return text
