"""Every statement form that the grammar can make has a handler and a classification."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from athena_sandbox.athena.handlers.registry import _HANDLERS
from athena_sandbox.athena.statements import ast
from athena_sandbox.athena.statements.classify import classify


def forms(base: type[ast.Statement] = ast.Statement) -> Iterator[type[ast.Statement]]:
    """The classes that no other class of the tree extends: what parsing makes."""
    for kind in base.__subclasses__():
        if kind.__subclasses__():
            yield from forms(kind)
        else:
            yield kind


FORMS = list(forms())


@pytest.mark.parametrize("form", FORMS)
def test_a_form_has_a_handler(form: type[ast.Statement]) -> None:
    # EXECUTE is replaced by the statement that it names before a handler is looked up.
    known = form in _HANDLERS or form is ast.Execute
    assert known, f"no handler in handlers/registry.py for {form.__name__}"


@pytest.mark.parametrize("form", FORMS)
def test_a_form_has_a_classification(form: type[ast.Statement]) -> None:
    # `classify` looks at the class, and at the verb of what passes through.
    statement = object.__new__(form)
    if form is ast.Passthrough:
        object.__setattr__(statement, "verb", "SELECT")
    assert classify(statement).subtype
