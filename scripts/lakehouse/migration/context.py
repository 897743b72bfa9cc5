"""What every step of a migration is handed: the configuration, the clients, the ledger, the statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.athena.client import AthenaClient
from lakehouse.athena.statements import Statements
from lakehouse.catalog.tables import Table, get_source
from lakehouse.dbt.macros import TimestampMacros, load_macros
from lakehouse.migration.config import MigrationConfig, TableConfig, load_config
from lakehouse.records.ledger import Ledger
from lakehouse.records.objects import Location
from lakehouse.toolbox import Toolbox

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

Say = Callable[[str], None]
"""Tells the person one line of what goes on."""


@dataclass(frozen=True)
class Migration:
    """One migration and the means to carry it out. `project` is the dbt project's folder."""

    config: MigrationConfig
    project: Path
    glue: GlueClient
    s3: S3Client
    statements: Statements
    ledger: Ledger
    macros: TimestampMacros

    def source(self, table: TableConfig) -> Table:
        """The table that holds the old rows, under whichever name it has by now."""
        return get_source(self.glue, table.source, table.legacy)


def open_migration(toolbox: Toolbox, config_file: Path, project: Path) -> Migration:
    """The migration of a configuration file. Raises UsageError if the file or the project can't be used."""
    config = load_config(config_file)
    settings = toolbox.settings
    client = AthenaClient(toolbox.aws.session, settings.workgroup, settings.results)
    return Migration(
        config,
        project,
        toolbox.aws.glue,
        toolbox.aws.s3,
        Statements(client),
        Ledger(toolbox.aws.s3, Location.of(config.location)),
        load_macros(project),
    )
