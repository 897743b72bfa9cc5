"""Counts of how the code hangs together, now or at a revision: `make structure`, `make structure AT=HEAD~9`.

lines              of product Python, by package and room
rooms of a command rooms whose modules a command's module imports, directly or through others
arrows back up     imports of a capability by the ground floor, by another capability or by a benchmark
reached into       imports of modules of the migration from outside it (tests of its own left out)
is no X            places of that idiom in code and documents
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator

from tests.support.sandbox import ROOT

CAPABILITIES = ("migration", "s3tables", "telemetry")
COMMANDS = (
    "lakehouse.migration.cli.backfill",
    "lakehouse.migration.cli.validate",
    "lakehouse.s3tables.cli.create",
    "lakehouse.telemetry.cli",
    "athena_sandbox.athena.app",
    "athena_sandbox.glue.app",
)
_IS_NO = re.compile(r"\b(?:is|are|was|were) no(?=\s+(?!longer|more\b)[a-z])")


def read_files(revision: str | None) -> dict[str, str]:
    """Texts of Python, SQL, YAML and Markdown files by path, of the working tree or of a revision."""
    listing = ["ls-files"] if revision is None else ["ls-tree", "-r", "--name-only", revision]
    names = [name for name in _git(*listing).splitlines() if name.endswith((".py", ".md", ".sql", ".yml"))]
    if revision is None:
        return {name: (ROOT / name).read_text() for name in names if (ROOT / name).exists()}
    return {name: _git("show", f"{revision}:{name}") for name in names}


def imports_of(files: dict[str, str]) -> dict[str, set[str]]:
    """Modules of the product that each Python file imports, by the importing file's path."""
    known = {_module(path) for path in files if path.startswith("scripts/") and path.endswith(".py")}
    return {
        path: {name for name in imported_modules(text) if name in known}
        for path, text in files.items()
        if path.endswith(".py")
    }


def arrows_back_up(imports: dict[str, set[str]]) -> list[tuple[str, str]]:
    """Imports (file, module) of a capability from below it or beside it."""
    return [
        (path, module)
        for path, modules in sorted(imports.items())
        if path.startswith(("scripts/lakehouse/", "benchmarks/"))
        for module in sorted(modules)
        if (capability := _capability(module)) and not _may_import(path, capability)
    ]


def rooms_of(command: str, imports: dict[str, set[str]]) -> set[str]:
    """The rooms (package.room) that a module reaches through imports."""
    by_module = {_module(path): modules for path, modules in imports.items() if path.startswith("scripts/")}
    reached: set[str] = set()
    waiting = [command]
    while waiting:
        module = waiting.pop()
        if module in reached:
            continue
        reached.add(module)
        waiting += by_module.get(module, ())
    return {_room(module) for module in reached}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--at", help="a revision of git instead of the working tree")
    files = read_files(parser.parse_args().at or None)
    imports = imports_of(files)
    lines = Counter[str]()
    for path, text in files.items():
        if path.startswith("scripts/") and path.endswith(".py"):
            lines[_room(_module(path))] += text.count("\n")
    for room, count in sorted(lines.items()):
        print(f"lines               {count:6,}  {room}")
    print(f"lines               {sum(lines.values()):6,}  in all")
    for command in COMMANDS:
        rooms = rooms_of(command, imports)
        if len(rooms) > 1:
            print(f"rooms of a command  {len(rooms):6,}  {command}: {', '.join(sorted(rooms))}")
    arrows = arrows_back_up(imports)
    print(f"arrows back up      {len(arrows):6,}")
    for path, module in arrows:
        print(f"                            {path} -> {module}")
    inside = "scripts/lakehouse/migration/"
    outside = {
        path: count
        for path, text in files.items()
        if path.endswith(".py") and not path.startswith(inside) and (count := _migration_imports(text))
    }
    statements = sum(outside.values())
    print(f"reached into        {statements:6,}  imports of the migration, in {len(outside)} files outside")
    idioms = sum(len(_IS_NO.findall(text)) for text in files.values())
    print(f"is no X             {idioms:6,}  places")


def _migration_imports(source: str) -> int:
    """Import statements that name a module of the migration."""
    return len(re.findall(r"^\s*(?:from|import) lakehouse\.migration\b", source, re.MULTILINE))


def imported_modules(source: str) -> Iterator[str]:
    """What a module's text imports, by full name; of `from a import b` both a and a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module(path: str) -> str:
    return path.removeprefix("scripts/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _room(module: str) -> str:
    """The package and the room in it; modules beside the rooms are of the package itself."""
    package, *rest = module.split(".")
    is_in_room = len(rest) > 1 or rest[:1] in ([name] for name in CAPABILITIES)
    return f"{package}.{rest[0]}" if is_in_room else package


def _capability(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "lakehouse" and len(parts) > 1 and parts[1] in CAPABILITIES else None


def _may_import(path: str, capability: str) -> bool:
    return path.startswith((f"scripts/lakehouse/{capability}/", "benchmarks/"))


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
