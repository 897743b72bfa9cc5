"""The tables of a statement: their stars, their other columns, their names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from lakehouse.migration.rewriting.model import MigratedTable
from lakehouse.migration.rewriting.resolving import Catalog, Resolver, columns_of
from lakehouse.migration.rewriting.results import ColumnUse


def expand_stars(query: exp.Query, catalog: Catalog, problems: list[str]) -> None:
    """Write out `*` and `t.*` over migrated tables: the new ones have columns that the old ones had not."""
    for scope in traverse_scope(query):
        select = scope.expression
        if not isinstance(select, exp.Select) or isinstance(select.parent, exp.Exists):
            continue
        if not any(entry for _, entry in _migrated(scope, catalog)):
            continue
        expanded: list[exp.Expr] = []
        for projection in select.expressions:
            expanded += _expanded(projection, scope, catalog, problems)
        if len(expanded) != len(select.expressions):
            select.set("expressions", expanded)


def _expanded(projection: exp.Expr, scope: Scope, catalog: Catalog, problems: list[str]) -> list[exp.Expr]:
    is_star = isinstance(projection, exp.Star)
    is_table_star = isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
    if not is_star and not is_table_star:
        return [projection]
    columns: list[exp.Expr] = []
    for name, (_, source) in scope.selected_sources.items():
        if is_table_star and name.lower() != projection.args["table"].name.lower():
            continue
        entry = catalog.find(source) if isinstance(source, exp.Table) else None
        if entry is None:
            columns.append(exp.Column(this=exp.Star(), table=exp.to_identifier(name)))
        elif entry.columns is None:
            problems.append(f"* over {entry.source} would bring new columns: name the columns")
            columns.append(projection)
        else:
            table = name if is_table_star or len(scope.selected_sources) > 1 else None
            columns += [exp.column(_identifier(column), table=table) for column in entry.columns]
    return columns or [projection]


def _identifier(name: str) -> exp.Identifier:
    # Only these letters need no quotes in Athena; sqlglot takes any letter for one of them.
    return exp.to_identifier(name, quoted=None if name.isascii() else True)


@dataclass
class ScopeTables:
    """The migrated tables of one scope and their columns that keep their type."""

    scope: Scope
    catalog: Catalog
    resolver: Resolver

    def replace_other_columns(self, uses: list[ColumnUse], problems: list[str], notes: list[str]) -> None:
        """Columns that are elsewhere or of another type in the new table, and those it doesn't have."""
        for column in list(columns_of(self.scope)):
            entry = self._migrated_table_of(column)
            if entry is None:
                continue
            name = column.name.lower()
            if name == "$path":
                column.replace(exp.column("_source_path", table=column.args.get("table")))
                uses.append(ColumnUse('"$path"', "_source_path", False))
            elif name.startswith("$"):
                problems.append(f'"{name}" of {entry.source} has no counterpart in {entry.target}')
            elif name in entry.restored:
                restored = exp.Cast(
                    this=column.copy(), to=exp.DataType.build(entry.restored[name], dialect="athena")
                )
                is_output = isinstance(column.parent, exp.Select)
                column.replace(exp.alias_(restored, column.name) if is_output else restored)
            elif not entry.is_kept(name) and entry.has(name):
                problems.append(f"{entry.target} has no column {name}")
            elif name in entry.partition_keys and column.find_ancestor(exp.Where, exp.Join):
                notes.append(
                    f"the partition columns of {entry.source} no longer make a query read less: "
                    f"filter on {entry.partition_column} too"
                )

    def check_using(self, problems: list[str]) -> None:
        """USING compares columns as they are: all of a name must get the same type, or none."""
        for join in self.scope.expression.args.get("joins") or []:
            for name in (each.name.lower() for each in join.args.get("using") or []):
                types = {
                    self.resolver.changed_of(source).get(name)
                    for _, source in self.scope.selected_sources.values()
                }
                if types != {None} and len(types) > 1:
                    problems.append(f"USING ({name}) compares a time with another text")

    def _migrated_table_of(self, column: exp.Column) -> MigratedTable | None:
        """The migrated table that a column is of, if that is certain."""
        migrated = _migrated(self.scope, self.catalog)
        if column.table:
            named = [entry for name, entry in migrated if name.lower() == column.table.lower()]
            return named[0] if named else None
        owners = [entry for _, entry in migrated if entry and self._owns(entry, column.name.lower())]
        return owners[0] if len(owners) == 1 else None

    def _owns(self, entry: MigratedTable, name: str) -> bool:
        tables = [each for _, each in self.scope.selected_sources.values() if isinstance(each, exp.Table)]
        return entry.has(name) is True or (len(tables) == 1 and name.startswith("$"))


def rename_tables(query: exp.Query, catalog: Catalog) -> tuple[str, ...]:
    """Put the new tables' names in; a column that is qualified by the old name keeps it as an alias."""
    renamed = []
    for scope in traverse_scope(query):
        qualifiers = {column.table.lower() for column in query.find_all(exp.Column) if column.table}
        for source in scope.tables:
            entry = catalog.find(source)
            if entry is None:
                continue
            old = source.name
            database, name = entry.target.split(".")
            source.set("this", exp.to_identifier(name))
            source.set("db", exp.to_identifier(database))
            if not source.alias and old.lower() in qualifiers:
                source.set("alias", exp.TableAlias(this=exp.to_identifier(old)))
            renamed.append(entry.source)
    _drop_database_qualifiers(query, {source.split(".")[0] for source in renamed})
    return tuple(renamed)


def _drop_database_qualifiers(query: exp.Query, databases: set[str]) -> None:
    """`acme.telemetry.event_id` can't be said of an alias: what is left is `telemetry.event_id`."""
    for column in query.find_all(exp.Column):
        if column.db.lower() in databases:
            column.set("db", None)
            column.set("catalog", None)


def _migrated(scope: Scope, catalog: Catalog) -> list[tuple[str, MigratedTable | None]]:
    return [
        (name, catalog.find(source) if isinstance(source, exp.Table) else None)
        for name, (_, source) in scope.selected_sources.items()
    ]
