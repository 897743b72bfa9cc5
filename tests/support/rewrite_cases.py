"""The golden pairs of the rewrite: old SQL, new SQL, and what the old does on the compatibility view.

A case is a title, a line of what is expected (`view: works`, `view: fails`, `iso: same`, `unexecuted`,
`refused: ...`), the old statement, and after `-- becomes` the new one. `iso: same` is about texts as the
sources wrote them (2025-08-13T06:08:46.600648Z), which the view hasn't: there the old statement fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.sandbox import ROOT

FOLDER = ROOT / "tests" / "golden" / "migration" / "rewrite"
_CASE = re.compile(r"^-- case: ", re.MULTILINE)
_EXPECTED = re.compile(r"-- (view: (?:works|fails)|iso: same|unexecuted|refused: .*)")


@dataclass(frozen=True)
class RewriteCase:
    """`after` is None where the rewrite must refuse, with `refusal` in one of its problems.

    `works_in_view` is None where neither is executed. `on_iso_texts`: both must give the same, to the letter.
    """

    title: str
    before: str
    after: str | None
    works_in_view: bool | None
    refusal: str
    on_iso_texts: bool = False


def load_cases() -> list[RewriteCase]:
    """All cases of all files."""
    return [case for path in sorted(FOLDER.glob("*.sql")) for case in _cases(path)]


def _cases(path: Path) -> list[RewriteCase]:
    return [_case(block) for block in _CASE.split(path.read_text(encoding="utf-8"))[1:]]


def _case(block: str) -> RewriteCase:
    title, expected, rest = block.split("\n", 2)
    match = _EXPECTED.fullmatch(expected)
    assert match, f"{title}: {expected}"
    before, _, after = rest.partition("\n-- becomes\n")
    kind = match[1]
    assert bool(after) != kind.startswith("refused"), title
    works = kind == "view: works" if kind.startswith("view") else None
    refusal = kind.removeprefix("refused: ")
    return RewriteCase(title, before.strip(), after.strip() or None, works, refusal, kind == "iso: same")
