"""StatementType and SubstatementType of each statement form, as GetQueryExecution reports them.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: api).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from athena_sandbox.athena.statements import ast


class StatementType(StrEnum):
    DDL = "DDL"
    DML = "DML"
    UTILITY = "UTILITY"


@dataclass(frozen=True)
class Classification:
    type: StatementType
    subtype: str


_DDL: dict[type[ast.Statement], str] = {
    ast.CreateDatabase: "CREATE_DATABASE",
    ast.DropDatabase: "DROP_DATABASE",
    ast.AlterDatabase: "ALTER_DATABASE",
    ast.CreateTable: "CREATE_TABLE",
    ast.CreateTableAs: "CREATE_TABLE_AS_SELECT",
    ast.DropTable: "DROP_TABLE",
    ast.DropView: "DROP_VIEW",
    ast.AddColumns: "ALTER_TABLE_ADD_COLUMN",
    ast.ReplaceColumns: "ALTER_TABLE_REPLACE_COLUMN",
    ast.ChangeColumn: "ALTER_TABLE_CHANGE_COLUMN",
    ast.DropColumn: "ALTER_TABLE_DROP_COLUMN",
    ast.RenameTable: "ALTER_TABLE_RENAME",
    ast.SetProperties: "ALTER_TABLE_PROPERTIES",
    ast.UnsetProperties: "ALTER_TABLE_PROPERTIES",
    ast.SetLocation: "ALTER_TABLE_SET_LOCATION",
    ast.AddPartitions: "ALTER_TABLE_ADD_PARTITION",
    ast.DropPartitions: "ALTER_TABLE_DROP_PARTITION",
    ast.RenamePartition: "ALTER_TABLE_RENAME_PARTITION",
    ast.RepairTable: "MSCK_REPAIR",
    # Reported so by Athena itself.
    ast.Optimize: "CREATE_TABLE_AS_SELECT",
}
_UTILITY: dict[type[ast.Statement], str] = {
    ast.ShowDatabases: "SHOW_DATABASES",
    ast.ShowTables: "SHOW_TABLES",
    ast.ShowViews: "SHOW_VIEWS",
    ast.ShowPartitions: "SHOW_PARTITIONS",
    ast.ShowProperties: "SHOW_TABLE_PROPERTIES",
    ast.ShowColumns: "SHOW_COLUMNS",
    ast.ShowCreateTable: "SHOW_CREATE_TABLE",
    ast.ShowCreateView: "SHOW_CREATE_VIEW",
    ast.Describe: "DESCRIBE_TABLE",
}
_DML: dict[type[ast.Statement], str] = {
    ast.Unload: "UNLOAD",
    ast.Vacuum: "VACUUM_TABLE",
    ast.Explain: "EXPLAIN",
    ast.Prepare: "PREPARE",
    ast.Execute: "EXECUTE",
    ast.Deallocate: "DEALLOCATE",
}
_VERBS = {
    "CREATE VIEW": Classification(StatementType.DDL, "CREATE_VIEW"),
    "SHOW FUNCTIONS": Classification(StatementType.UTILITY, "SHOW_FUNCTIONS"),
    "VALUES": Classification(StatementType.DML, "SELECT"),
    "TABLE": Classification(StatementType.DML, "SELECT"),
}


def classify(statement: ast.Statement) -> Classification:
    """The pair that clients decide by, e.g. (DML, SELECT): whether there is a header row, which file is
    written.
    """
    if isinstance(statement, ast.Passthrough):
        return _VERBS.get(statement.verb, Classification(StatementType.DML, statement.verb))
    for kind, names in (
        (StatementType.DDL, _DDL),
        (StatementType.UTILITY, _UTILITY),
        (StatementType.DML, _DML),
    ):
        if type(statement) in names:
            return Classification(kind, names[type(statement)])
    raise TypeError(f"no classification for {type(statement).__name__}")
