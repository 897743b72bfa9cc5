"""One statement, rewritten: what it does with the migrated tables, and the one that does it on the new ones.

A rewrite gives all of a statement or nothing: if any use of a changed column can't be rewritten safely, there
is no new text, and the problems say why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from lakehouse.migration.rewriting.comparisons import as_text, compare
from lakehouse.migration.rewriting.conversions import Outcome, convert
from lakehouse.migration.rewriting.literals import EMPTY_MARKERS
from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.resolving import Catalog, Resolver, Unclear
from lakehouse.migration.rewriting.results import ColumnUse, Rewrite
from lakehouse.migration.rewriting.tables import ScopeTables, expand_stars, rename_tables
from lakehouse.migration.rewriting.templates import is_marked
from lakehouse.migration.rewriting.time_expressions import TimeExpression, time_expressions_in
from lakehouse.migration.rewriting.traced import CASTABLE
from lakehouse.migration.rewriting.writing import one_line, tokens_of, write

# Where a value is only counted, ordered, grouped or handed on, its type may change.
_NEUTRAL = (
    exp.Select,
    exp.Ordered,
    exp.Group,
    exp.Window,
    exp.Distinct,
    exp.Count,
    exp.ApproxDistinct,
    exp.Is,
    exp.Subquery,
)
_EXPLAIN = re.compile(r"(?is)\A\s*explain\s+(?:analyze\s+)?(?:verbose\s+)?(?:\([^)]*\)\s*)?")
_PREPARE = re.compile(r"(?is)\A\s*prepare\s+\S+\s+from\s+")
_UNLOAD = re.compile(r"(?is)\A\s*unload\s*\(\s*(?P<query>.*)\)(?P<rest>\s*to\s+'.*)\Z")


def rewrite(text: str, migrated_tables: list[MigratedTable], database: str | None = None) -> Rewrite:
    """Rewrite one statement, or several with semicolons between them, for the new tables.

    `database` is that of names without one. A statement that can't be read comes back with a problem.
    """
    for pattern in (_EXPLAIN, _PREPARE):
        if match := pattern.match(text):
            inner = rewrite(text[match.end() :], migrated_tables, database)
            inner.original, head = text, match[0].strip()
            inner.sql = f"{head} {inner.sql}" if inner.sql is not None else None
            return inner
    if match := _UNLOAD.match(text):
        inner = rewrite(match["query"], migrated_tables, database)
        inner.original = text
        inner.sql = f"unload (\n{inner.sql.strip()}\n){match['rest']}" if inner.sql is not None else None
        return inner
    return _Rewriter(text, Catalog({entry.source: entry for entry in migrated_tables}, database)).run()


class _Rewriter:
    def __init__(self, text: str, catalog: Catalog) -> None:
        self._catalog = catalog
        self._result = Rewrite(text)

    def run(self) -> Rewrite:
        result = self._result
        try:
            statements = [each for each in sqlglot.parse(result.original, read="athena") if each is not None]
        except (SqlglotError, RecursionError) as error:
            result.problems.append(f"can't be read as SQL: {_first_line(error)}")
            return result
        if not statements:
            result.problems.append("has no statement")
            return result
        for statement in statements:
            try:
                self._statement(statement)
            except (SqlglotError, RecursionError) as error:
                result.problems.append(f"can't be followed: {_first_line(error)}")
        result.tables = tuple(dict.fromkeys(result.tables))
        result.problems = list(dict.fromkeys(result.problems))
        result.notes = list(dict.fromkeys(result.notes))
        if not result.tables:
            result.sql = None if result.problems else result.original
        elif not result.problems:
            result.sql = ";\n\n".join(write(statement, result.original) for statement in statements)
        return result

    def _statement(self, statement: exp.Expr) -> None:
        query = _query_of(statement)
        if query is not None:
            self._query(query, statement)
        self._rest(statement)

    def _query(self, query: exp.Query, statement: exp.Expr) -> None:
        problems, notes = self._result.problems, self._result.notes
        for strange in query.find_all(exp.MatchRecognize, exp.Pivot):
            problems.append(f"{strange.key.upper()} is not followed: {one_line(strange)[:60]} ...")
        expand_stars(query, self._catalog, problems)
        resolver = Resolver(self._catalog)
        for scope in traverse_scope(query):
            tables = ScopeTables(scope, self._catalog, resolver)
            try:
                resolver.read(scope)
            except Unclear as unclear:
                problems.append(str(unclear))
                continue
            tables.check_using(problems)
            self._outcomes(scope, resolver)
            tables.replace_other_columns(self._result.uses, problems, notes)
        outputs = resolver.outputs.get(id(query), {})
        if outputs and isinstance(statement, exp.Insert):
            problems.append(
                f"INSERT writes {', '.join(outputs)}, which was text, into {one_line(statement.this)}: "
                "is its column a time?"
            )
        elif outputs:
            notes.extend(f"{name} comes out as {kind}, no longer as text" for name, kind in outputs.items())
        self._collapse(query)
        self._result.tables += rename_tables(query, self._catalog)

    def _outcomes(self, scope: Scope, resolver: Resolver) -> None:
        _drop_needless_nullif(scope, resolver)
        done: set[int] = set()
        for reading in list(time_expressions_in(scope, resolver)):
            try:
                if isinstance(reading, Unclear):
                    raise reading
                outcome = self._outcome(reading, resolver)
            except Unclear as unclear:
                self._result.problems.append(str(unclear))
                continue
            # A comparison of two readings comes up with each of them.
            if id(outcome.node) in done:
                continue
            done.add(id(outcome.node))
            before = one_line(outcome.node)
            replaced = _replace(outcome)
            self._result.uses.append(ColumnUse(before, one_line(replaced), outcome.works_in_view))
            if outcome.note:
                self._result.notes.append(outcome.note)

    def _outcome(self, reading: TimeExpression, resolver: Resolver) -> Outcome:
        outcome = convert(reading) or compare(reading, resolver)
        if outcome is not None:
            return outcome
        if reading.is_bare and isinstance(reading.node.parent, _NEUTRAL):
            return Outcome(reading.node, reading.node, True)
        if reading.is_bare:
            around = one_line(reading.node.parent or reading.node)
            raise Unclear(f"{around} works on the text of {one_line(reading.node)}")
        text = as_text(reading)
        # The view's texts have no T; a whole text is written as the view writes it.
        is_views_text = isinstance(text, exp.Cast) or "T" not in reading.meaning.text
        works = reading.is_same_in_view and is_views_text
        if isinstance(text, exp.Cast) and reading.type == "timestamp":
            note = f"the text {one_line(text)} is written {CASTABLE.text}, whatever it was in the source"
            return Outcome(reading.node, text, works, note)
        return Outcome(reading.node, text, works)

    def _collapse(self, query: exp.Query) -> None:
        """coalesce(try_cast(t ...), try(date_parse(t ...))) has become coalesce(t, t): that is t."""
        for choice in list(query.find_all(exp.Coalesce)):
            branches = [choice.this, *choice.expressions]
            bare = [_without_zone(branch) for branch in branches]
            if all(branch == bare[0] for branch in bare[1:]) and choice.parent is not None:
                # A choice between times with a zone and without has one.
                zoned = next((branch for branch in branches if branch not in bare), bare[0])
                choice.replace(zoned.copy())

    def _rest(self, statement: exp.Expr) -> None:
        """A statement that is not a query: one that writes to, alters or describes an old table."""
        renamed = {entry.target for entry in self._catalog.tables.values()}
        for table in statement.find_all(exp.Table):
            entry = self._catalog.find(table)
            if entry is None or f"{table.db}.{table.name}".lower() in renamed:
                continue
            self._result.tables += (entry.source,)
            if not isinstance(statement, exp.Describe):
                self._result.problems.append(
                    f"{statement.key.upper()} {entry.source}: the name becomes a view, which can only be "
                    f"read; the table is {entry.target}"
                )
        self._unknown_databases(statement)
        if isinstance(statement, exp.Command):
            self._command(statement)

    def _unknown_databases(self, statement: exp.Expr) -> None:
        """Tables that may be old ones, if only their database were known."""
        ctes = {cte.alias.lower() for cte in statement.find_all(exp.CTE)}
        for table in statement.find_all(exp.Table):
            is_open = is_marked(table.db) or not (table.db or self._catalog.database)
            name = table.name.lower()
            if not is_open or (not table.db and name in ctes):
                continue
            sources = [source for source in self._catalog.tables if source.split(".")[1] == name]
            if sources:
                self._result.tables += tuple(sources)
                self._result.problems.append(
                    f"{one_line(table)} may be {' or '.join(sources)}: write its database, or name it "
                    "with --database"
                )

    def _command(self, statement: exp.Command) -> None:
        text = self._result.original.lower().replace("`", "").replace('"', "")
        for source in self._catalog.tables:
            name = source.split(".")[1] if self._catalog.database == source.split(".")[0] else source
            if re.search(rf"(?<![\w.]){re.escape(source)}(?![\w])|(?<![\w.]){re.escape(name)}(?![\w])", text):
                self._result.tables += (source,)
                self._result.problems.append(
                    f"{statement.name.upper()} {source}: this is not a query, and the name becomes a view"
                )


def _query_of(statement: exp.Expr) -> exp.Query | None:
    if isinstance(statement, exp.Query):
        return statement
    inner = statement.args.get("expression") if isinstance(statement, (exp.Create, exp.Insert)) else None
    return inner if isinstance(inner, exp.Query) else None


def _drop_needless_nullif(scope: Scope, resolver: Resolver) -> None:
    """nullif(t, '') made NULL of what stood for no value; it is NULL now."""
    for function in list(scope.find_all(exp.Nullif)):
        other = function.expression
        if isinstance(other, exp.Literal) and other.name.lower() in EMPTY_MARKERS:
            with suppress(Unclear):
                if resolver.type_of(function.this):
                    function.replace(function.this)


def _replace(outcome: Outcome) -> exp.Expr:
    """Put the replacement in, and take away what it makes needless around it."""
    node, new = outcome.node, outcome.replacement
    if new is node:
        return node
    new = new.copy() if new.parent is not None else new
    new.comments = node.comments
    while isinstance(node.parent, exp.Try) or (
        isinstance(node.parent, exp.Cast) and node.parent.this is node and _is_needless(node.parent, new)
    ):
        node = node.parent
    if isinstance(node.parent, exp.TryCast) and node.parent.this is node:
        node.parent.replace(exp.Cast(this=new, to=node.parent.to.copy()))
        return new
    node.replace(new)
    return new


def _is_needless(cast: exp.Cast, value: exp.Expr) -> bool:
    """Whether a CAST to a time is around what is that time already."""
    kind = cast.to.this
    is_column = isinstance(value, (exp.Column, exp.TimestampTrunc))
    is_date = isinstance(value, exp.Cast) and value.to.this is exp.DType.DATE
    return (kind is exp.DType.TIMESTAMP and is_column) or (kind is exp.DType.DATE and is_date)


def _without_zone(node: exp.Expr) -> exp.Expr:
    is_zoned = isinstance(node, exp.Anonymous) and node.name.lower() == "with_timezone"
    return node.expressions[0] if is_zoned else node


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0].rstrip(".")


def statements_in(text: str) -> Iterator[str]:
    """The statements of a text with semicolons between them, each as it stands."""

    begin = 0
    for token in tokens_of(text):
        if token.text == ";":
            yield text[begin : token.start]
            begin = token.end + 1
    if text[begin:].strip():
        yield text[begin:]
