"""Which handler executes which statement form, and the entry point that executions call.

Source: each handler's own; the table was chosen here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from athena_sandbox.athena.executions.outcome import Outcome, Run
from athena_sandbox.athena.handlers import (
    columns,
    ctas,
    databases,
    describe,
    explain,
    maintenance,
    partitions,
    prepared,
    properties,
    queries,
    show,
    tables,
    unload,
    views,
)
from athena_sandbox.athena.handlers.base import Services
from athena_sandbox.athena.handlers.catalog_names import check_catalogs
from athena_sandbox.athena.handlers.comments import check_leading_comment
from athena_sandbox.athena.handlers.table_buckets import check_statement
from athena_sandbox.athena.statements import ast

_Handler = Callable[[Services, Any, Run], Awaitable[Outcome]]

_HANDLERS: dict[type[ast.Statement], _Handler] = {
    ast.CreateDatabase: databases.create_database,
    ast.DropDatabase: databases.drop_database,
    ast.AlterDatabase: databases.alter_database,
    ast.ShowDatabases: databases.show_databases,
    ast.CreateTable: tables.create_table,
    ast.DropTable: tables.drop_table,
    ast.CreateTableAs: ctas.create_table_as,
    ast.Unload: unload.unload,
    ast.AddColumns: columns.add_columns,
    ast.ReplaceColumns: columns.replace_columns,
    ast.ChangeColumn: columns.change_column,
    ast.DropColumn: columns.drop_column,
    ast.RenameTable: columns.rename_table,
    ast.SetLocation: columns.set_location,
    ast.SetProperties: properties.set_properties,
    ast.UnsetProperties: properties.unset_properties,
    ast.AddPartitions: partitions.add_partitions,
    ast.DropPartitions: partitions.drop_partitions,
    ast.RenamePartition: partitions.rename_partition,
    ast.ShowPartitions: partitions.show_partitions,
    ast.RepairTable: partitions.repair_table,
    ast.Optimize: maintenance.optimize,
    ast.Vacuum: maintenance.vacuum,
    ast.DropView: views.drop_view,
    ast.ShowViews: views.show_views,
    ast.ShowCreateView: views.show_create_view,
    ast.ShowTables: show.show_tables,
    ast.ShowColumns: show.show_columns,
    ast.ShowProperties: show.show_properties,
    ast.ShowCreateTable: show.show_create_table,
    ast.Describe: describe.describe,
    ast.Prepare: prepared.prepare,
    ast.Deallocate: prepared.deallocate,
    ast.Explain: explain.explain,
    ast.Passthrough: queries.passthrough,
}


@dataclass(frozen=True)
class StatementHandlers:
    """Executes a parsed statement for an execution."""

    services: Services

    async def __call__(self, statement: ast.Statement, run: Run) -> Outcome:
        if isinstance(statement, ast.Execute):
            statement, arguments = prepared.resolve(self.services.prepared, run.request.workgroup, statement)
            run = prepared.bound(run, arguments)
        check_statement(statement, run)
        check_catalogs(statement, run)
        await check_leading_comment(self.services, statement, run)
        return await _HANDLERS[type(statement)](self.services, statement, run)
