"""One Glue call from its JSON to its answer: checks, rules, journal, state, in that order.

`answer` runs on one thread and waits for nothing but the disk. That makes compare and swap safe, puts the
effects into the journal in their order, and lets a read see every write that was answered before it. The work
is memory and JSON, which Python runs on one core anyway: several threads would only add locks.

Source: chosen here.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from athena_sandbox.glue import ACCOUNT_ID
from athena_sandbox.glue.catalog import Catalog, Json, Regions
from athena_sandbox.glue.effects import PutDatabase
from athena_sandbox.glue.errors import EntityNotFoundError, MalformedRequestError
from athena_sandbox.glue.journal import Journal
from athena_sandbox.glue.operations import OPERATIONS
from athena_sandbox.glue.operations.call import Call
from athena_sandbox.glue.requests import conform


class GlueService:
    """The Data Catalog of every region, on one journal."""

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        """Loads the journal; raises DataDirectoryError if it cannot be."""
        self._journal = journal
        self._clock = clock
        self._regions: Regions = journal.load()
        self._known: set[str] = set()

    def serves(self, operation: str) -> bool:
        """Whether the operation is the catalog's, and not for moto."""
        return operation in OPERATIONS

    def answer(
        self, region: str, operation: str, body: bytes, *, hive_reader: bool = False, engine: bool = False
    ) -> Json:
        """The answer to one call; raises GlueError, without any effect, if it is refused.

        `hive_reader` and `engine`: see `Call`.
        """
        request = conform(operation, parsed(body))
        _check_catalog(request.get("CatalogId"))
        catalog = self._catalog(region)
        # Milliseconds, as Glue keeps times.
        call = Call(request, catalog, round(self._clock(), 3), hive_reader, engine)
        outcome = OPERATIONS[operation](call)
        if outcome.effects:
            self._journal.append(region, outcome.effects)
            for effect in outcome.effects:
                effect.apply(catalog)
        return outcome.answer

    def _catalog(self, region: str) -> Catalog:
        """The region's catalog; a new one has the database `default`, as where Athena was used."""
        catalog = self._regions[region]
        if region not in self._known:
            if not catalog.databases:
                first = PutDatabase("default", {"Name": "default"}, round(self._clock(), 3))
                self._journal.append(region, [first])
                first.apply(catalog)
            self._known.add(region)
        return catalog

    def close(self) -> None:
        """Release the data directory."""
        self._journal.close()


def parsed(body: bytes) -> Any:
    """The JSON of a request. Raises MalformedRequestError."""
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise MalformedRequestError("The request body is not JSON.") from None


def _check_catalog(catalog_id: str | None) -> None:
    if catalog_id not in (None, ACCOUNT_ID):
        raise EntityNotFoundError(f"Catalog {catalog_id} not found.")
