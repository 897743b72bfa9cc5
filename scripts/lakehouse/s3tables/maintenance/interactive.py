"""Asks for settings one by one, showing the present value and the range of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lakehouse.s3tables.maintenance.service import Target, read_settings
from lakehouse.s3tables.maintenance.settings import DEFAULTS, MODELS, RANGES, Setting, SettingKind, Wanted

if TYPE_CHECKING:
    from mypy_boto3_s3tables import S3TablesClient

_YES_NO = {"yes": True, "y": True, "no": False, "n": False}


@dataclass(frozen=True)
class Asker:
    """How to ask the user: `ask` takes a question and the present value and returns the answer."""

    ask: Callable[[str, str], str]
    say: Callable[[str], None]


def ask(client: "S3TablesClient", target: Target, asker: Asker) -> dict[SettingKind, Wanted]:
    """Ask for every setting of a target, repeatedly until it is in range; return the answers."""
    present = read_settings(client, target)
    return {kind: _ask_kind(kind, setting, asker) for kind, setting in present.items()}


def _ask_kind(kind: SettingKind, setting: Setting, asker: Asker) -> Wanted:
    asker.say(f"{kind.short}:")
    enabled = _ask_enabled(setting.enabled, asker)
    wanted: dict[str, Any] = {"enabled": enabled}
    # A setting that is turned off keeps its values; the user isn't asked for them.
    if enabled:
        for name, value in setting.values.items():
            wanted[name] = _ask_value(kind, name, str(value), asker)
    return MODELS[kind].model_validate(wanted)


def _ask_enabled(present: bool, asker: Asker) -> bool:
    while True:
        answer = asker.ask("  enabled (yes, no)", "yes" if present else "no").strip().lower()
        if answer in _YES_NO:
            return _YES_NO[answer]
        asker.say(f"  {answer!r} is neither yes nor no")


def _ask_value(kind: SettingKind, name: str, present: str, asker: Asker) -> Any:
    default = DEFAULTS[kind].values[name]
    while True:
        text = asker.ask(f"  {name} ({RANGES[name]}; default {default})", present).strip()
        value: Any = int(text) if isinstance(default, int) and text.isdecimal() and len(text) < 12 else text
        try:
            MODELS[kind].model_validate({name: value})
        except ValidationError:
            asker.say(f"  {text!r} is not {RANGES[name]}")
            continue
        return value
