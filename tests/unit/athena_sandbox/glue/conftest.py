"""A Glue service on a journal in a temporary directory, called without HTTP, with a clock that tests move."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from athena_sandbox.glue.journal import Journal
from athena_sandbox.glue.service import GlueService

REGION = "eu-central-1"


class Glue:
    """One data directory, one process at a time: `restart` is a kill -9 and a new start."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = 1_700_000_000.0
        self._start()

    def __call__(
        self, operation: str, *, hive_reader: bool = False, engine: bool = False, **request: Any
    ) -> Any:
        body = json.dumps(request).encode()
        return self.service.answer(REGION, operation, body, hive_reader=hive_reader, engine=engine)

    def restart(self) -> None:
        self.service.close()
        self._start()

    def database(self, name: str = "sales", **members: Any) -> None:
        self("CreateDatabase", DatabaseInput={"Name": name, **members})

    def table(self, name: str = "orders", **members: Any) -> None:
        columns = [{"Name": "id", "Type": "int"}, {"Name": "city", "Type": "string"}]
        given = {"Name": name, "StorageDescriptor": {"Columns": columns}, **members}
        self("CreateTable", DatabaseName="sales", TableInput=given)

    def partition(self, *values: str, table: str = "orders", **members: Any) -> None:
        given = {"Values": list(values), **members}
        self("CreatePartition", DatabaseName="sales", TableName=table, PartitionInput=given)

    @property
    def journal(self) -> Path:
        return self.directory / "catalog.jsonl"

    def _start(self) -> None:
        self.service = GlueService(Journal(self.directory), clock=lambda: self.now)


@pytest.fixture
def glue(tmp_path: Path) -> Iterator[Glue]:
    """With a database `sales`, and in it an unpartitioned table `orders` (id int, city string)."""
    service = Glue(tmp_path / "glue")
    service.database()
    service.table()
    yield service
    service.service.close()
