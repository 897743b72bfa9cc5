"""Which expressions of a statement carry a column whose type changes, through aliases, CTEs and subqueries.

The authority for names: a column is found in its scope as Athena finds it. Where it could be of two tables,
the statement is not rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.writing import one_line

# Functions whose value is one of the values they are given: what goes in as text came out as text.
_PASSING = (
    exp.Paren,
    exp.Alias,
    exp.Max,
    exp.Min,
    exp.AnyValue,
    exp.ArgMax,
    exp.ArgMin,
    exp.Lag,
    exp.Lead,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
    exp.Window,
    exp.Filter,
    exp.IgnoreNulls,
    exp.RespectNulls,
    exp.Try,
)
_CHOOSING = (exp.Coalesce, exp.If, exp.Case, exp.Greatest, exp.Least, exp.Nullif)


class Unclear(Exception):  # noqa: N818  it is an answer
    """Something that can't be rewritten safely; the message says what and why."""


@dataclass
class Catalog:
    """The tables of the migration by name, and the database of names that name none."""

    tables: dict[str, MigratedTable]
    database: str | None = None

    def find(self, table: exp.Table) -> MigratedTable | None:
        """The migrated table that a table expression names."""
        if not isinstance(table.this, exp.Identifier):
            return None
        if table.catalog and table.catalog.lower() not in ("awsdatacatalog", "hive"):
            return None
        database = table.db or self.database
        return self.tables.get(f"{database}.{table.name}".lower()) if database else None


@dataclass
class Resolver:
    """Answers for one statement. `outputs` are the changed columns that each scope's query gives, by name."""

    catalog: Catalog
    outputs: dict[int, dict[str, str]] = field(default_factory=dict)
    _types: dict[int, str] = field(default_factory=dict)
    _held: list[exp.Expr] = field(default_factory=list)

    def read(self, scope: Scope) -> None:
        """Find the changed columns of a scope; its inner scopes must have been read before."""
        for column in columns_of(scope):
            if kind := self._resolve(scope, column):
                self.note(column, kind)
        self.outputs[id(scope.expression)] = self._outputs(scope)

    def note(self, expression: exp.Expr, kind: str) -> None:
        """Remember the new type of an expression that was text."""
        self._types[id(expression)] = kind
        # An id is only as good as the object lives.
        self._held.append(expression)

    def type_of(self, node: exp.Expr | None) -> str | None:
        """The new type of an expression that was text, None for one that isn't concerned.

        Raises Unclear for one that chooses between a changed value and another text.
        """
        if node is None:
            return None
        if known := self._types.get(id(node)):
            return known
        if isinstance(node, _PASSING) and isinstance(node.this, exp.Expr):
            kind = self.type_of(node.this)
            if kind and not isinstance(node.args.get("default"), (exp.Null, type(None))):
                raise Unclear(f"{one_line(node)} chooses between a time and another text")
            return kind
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            outputs = self.outputs.get(id(node.this), {})
            single = len(node.this.selects) == 1
            return next(iter(outputs.values()), None) if single else None
        if isinstance(node, _CHOOSING):
            return self._type_of_choice(node)
        return None

    def _type_of_choice(self, node: exp.Expr) -> str | None:
        branches = list(_branches(node))
        kinds = {self.type_of(branch) for branch in branches if not isinstance(branch, exp.Null)}
        if kinds <= {None}:
            return None
        if len(kinds) > 1:
            raise Unclear(f"{one_line(node)} chooses between a time and another text")
        return kinds.pop()

    def _resolve(self, scope: Scope, column: exp.Column) -> str | None:
        name = column.name.lower()
        if column.table:
            at: Scope | None = scope
            while at is not None:
                source = _source_named(at, column.table)
                if source is not None:
                    return self.changed_of(source).get(name)
                at = at.parent
            return None
        found = [
            changed[name]
            for _, source in scope.selected_sources.values()
            if name in (changed := self.changed_of(source))
        ]
        if len(found) > 1:
            raise Unclear(f"column {column.name} is in more than one table: write which")
        if found:
            return found[0]
        return self._resolve_outside(scope, column)

    def _resolve_outside(self, scope: Scope, column: exp.Column) -> str | None:
        """A name without a table, in a subquery, that isn't a changed column of the subquery's own tables."""
        parent = scope.parent if scope.is_subquery or scope.is_udtf else None
        if parent is None:
            return None
        outside = [
            source
            for _, source in parent.selected_sources.values()
            if column.name.lower() in self.changed_of(source)
        ]
        if outside and not self._all_lack(scope, column.name.lower()):
            return None if self._any_has(scope, column.name.lower()) else self._ask_for_table(column)
        return self.changed_of(outside[0])[column.name.lower()] if outside else None

    def _all_lack(self, scope: Scope, name: str) -> bool:
        return all(self._has(source, name) is False for _, source in scope.selected_sources.values())

    def _any_has(self, scope: Scope, name: str) -> bool:
        return any(self._has(source, name) for _, source in scope.selected_sources.values())

    def _has(self, source: exp.Table | Scope, name: str) -> bool | None:
        if isinstance(source, Scope):
            query = source.expression
            selects = query.named_selects if isinstance(query, exp.Query) else ()
            return None if "*" in selects else name in [each.lower() for each in selects]
        entry = self.catalog.find(source)
        return entry.has(name) if entry else None

    def _ask_for_table(self, column: exp.Column) -> str | None:
        raise Unclear(f"column {column.name} in a subquery may be of an outer table: write which")

    def changed_of(self, source: exp.Table | Scope) -> dict[str, str]:
        """The columns of a scope's source whose type changes, with their new type."""
        if isinstance(source, Scope):
            outputs = self.outputs.get(id(source.expression), {})
            return self._renamed(source, outputs)
        entry = self.catalog.find(source)
        if entry and source.alias_column_names:
            raise Unclear(f"the columns of {entry.source} are renamed in FROM: name them where they are used")
        return dict(entry.changed) if entry else {}

    def _renamed(self, source: Scope, outputs: dict[str, str]) -> dict[str, str]:
        """The outputs under the names that `with t (a, b) as` or `(...) as t (a, b)` give them."""
        parent = source.expression.parent
        alias = parent.args.get("alias") if parent is not None else None
        query = source.expression
        if not isinstance(alias, exp.TableAlias) or not outputs or not isinstance(query, exp.Query):
            return outputs
        names = [each.name.lower() for each in alias.columns]
        if not names:
            return outputs
        selects = [each.lower() for each in query.named_selects]
        if "*" in selects or len(selects) != len(names):
            raise Unclear(f"the columns of {alias.name} are named one by one over a star: list them")
        pairs = zip(names, selects, strict=True)
        return {new: outputs[old] for new, old in pairs if old in outputs}

    def _outputs(self, scope: Scope) -> dict[str, str]:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            return self._outputs_of_union(query)
        if not isinstance(query, exp.Select):
            return {}
        outputs: dict[str, str] = {}
        for projection in query.selects:
            if isinstance(projection, exp.Star) or _is_table_star(projection):
                outputs |= self._outputs_of_star(scope, projection)
            elif kind := self.type_of(projection):
                outputs[projection.alias_or_name.lower()] = kind
        return outputs

    def _outputs_of_star(self, scope: Scope, star: exp.Expr) -> dict[str, str]:
        outputs: dict[str, str] = {}
        for name, (_, source) in scope.selected_sources.items():
            if isinstance(star, exp.Star) or name.lower() == star.args["table"].name.lower():
                outputs |= self.changed_of(source)
        return outputs

    def _outputs_of_union(self, query: exp.SetOperation) -> dict[str, str]:
        left, right = (self.outputs.get(id(_unwrapped(side)), {}) for side in (query.left, query.right))
        if not left and not right:
            return {}
        sides = [
            [_column_type(each, outputs) for each in side.selects]
            for side, outputs in ((_unwrapped(query.left), left), (_unwrapped(query.right), right))
            if isinstance(side, exp.Query)
        ]
        if len(sides) != 2 or len(sides[0]) != len(sides[1]) or not all(map(_agree, *sides)):
            raise Unclear("a UNION puts a time into the same column as another text, or as a star")
        return left


def columns_of(scope: Scope) -> Iterator[exp.Column]:
    """The columns that a scope's own clauses name, but for names of its outputs in ORDER BY."""
    query = scope.expression
    outputs = {name.lower() for name in query.named_selects} if isinstance(query, exp.Query) else set()
    for column in scope.find_all(exp.Column):
        order = column.find_ancestor(exp.Order, exp.Select)
        is_alias = isinstance(order, exp.Order) and order.parent is query and not column.table
        if not (is_alias and column.name.lower() in outputs):
            yield column


def carries(parent: exp.Expr, node: exp.Expr) -> bool:
    """Whether a value of `node` can be the value of `parent`, by the functions known here."""
    if isinstance(parent, _PASSING):
        return parent.this is node
    if isinstance(parent, exp.Case):
        return node.arg_key in ("ifs", "default")
    return isinstance(parent, _CHOOSING) and any(branch is node for branch in _branches(parent))


def _branches(node: exp.Expr) -> Iterator[exp.Expr]:
    match node:
        case exp.If():
            yield from (branch for branch in (node.args.get("true"), node.args.get("false")) if branch)
        case exp.Case():
            yield from (branch.args["true"] for branch in node.args.get("ifs", []))
            if node.args.get("default"):
                yield node.args["default"]
        case exp.Nullif():
            yield node.this
        case _:
            yield from (node.this, *node.expressions)


def _source_named(scope: Scope, name: str) -> exp.Table | Scope | None:
    for known, (_, source) in scope.selected_sources.items():
        if known.lower() == name.lower():
            return source
    return None


def _is_table_star(projection: exp.Expr) -> bool:
    return isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)


def _unwrapped(query: exp.Expr) -> exp.Expr:
    while isinstance(query, exp.Subquery):
        query = query.this
    return query


def _agree(left: str | None, right: str | None) -> bool:
    return left == right or "null" in (left, right)


def _column_type(projection: exp.Expr, outputs: dict[str, str]) -> str | None:
    if isinstance(projection, exp.Null) or isinstance(projection.unalias(), exp.Null):
        return "null"
    if projection.is_star and outputs:
        return "star"
    return outputs.get(projection.alias_or_name.lower())
