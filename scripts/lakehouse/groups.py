"""Command groups whose modules are imported only when one of their commands is called.

Importing all of them takes half of the start-up time, and a call needs only one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from typer.core import TyperGroup
from typer.main import get_group_from_info
from typer.models import TyperInfo


def deferred_groups(groups: dict[str, tuple[str, str]]) -> type[TyperGroup]:
    """Return a group class (for `Typer(cls=...)`) that contains these groups.

    `groups` maps the name of a group to its help text and to the place of its Typer application, written
    `package.module:attribute`.
    """

    class Groups(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            for name, (help_text, place) in groups.items():
                self.commands[name] = _DeferredGroup(name, help_text, place)

    return Groups


class _DeferredGroup(TyperGroup):
    """A placeholder in the list of commands; the real group is loaded when it is called."""

    def __init__(self, name: str, help_text: str, place: str) -> None:
        super().__init__(name=name, help=help_text)
        self._place = place

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        module, _, attribute = self._place.partition(":")
        group = get_group_from_info(
            TyperInfo(getattr(import_module(module), attribute)),
            pretty_exceptions_short=False,
            suggest_commands=True,
            rich_markup_mode=None,
        )
        # Without a command, show the help, as `lakehouse` itself does.
        return group.make_context(info_name, args or ["--help"], parent, **extra)
