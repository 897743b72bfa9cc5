"""An operation's argument and result: a checked call, and the answer together with the effects it plans.

An operation reads the catalog and raises GlueError or returns an Outcome. It changes nothing: the service
first writes the effects to the journal and then applies them, so that a refused or unwritten call has none.

Source: chosen here; that names fold to lower case is Hive's rule.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from athena_sandbox.glue.catalog import Catalog, Json, Table
from athena_sandbox.glue.effects import Effect
from athena_sandbox.glue.errors import GlueError
from athena_sandbox.glue.projection import Projection


@dataclass(frozen=True)
class Call:
    """`request` has passed `requests.conform`; `now` is the time to record, in epoch seconds.

    `hive_reader` says that the caller parses column types as Hive does (see `views.for_hive_reader`);
    `engine` that it is the sandbox's own engine, which sees tables as Athena's engine takes them.
    """

    request: Json
    catalog: Catalog
    now: float
    hive_reader: bool = False
    engine: bool = False

    def name(self, member: str) -> str:
        """A name of an entity, as Glue stores it: Hive folds names to lower case."""
        return fold(self.request[member])

    def table(self) -> Table:
        """The table that DatabaseName and TableName say; raises EntityNotFoundError."""
        return self.catalog.table(self.name("DatabaseName"), self.name("TableName"))

    def projection(self, table: Table) -> Projection | None:
        """The partitions that the caller sees in place of the registered ones, if it does."""
        if not self.engine:
            return None
        return Projection.of(self.name("DatabaseName"), table.name, table.latest.input, self.now)


@dataclass(frozen=True)
class Outcome:
    answer: Json = field(default_factory=dict)
    effects: Sequence[Effect] = ()


Operation = Callable[[Call], Outcome]


def fold(name: str) -> str:
    """A database, table or function name in Glue's spelling."""
    return name.lower()


def each(items: Iterable[Any], plan: Callable[[Any], Effect], blame: Callable[[Any], Json]) -> Outcome:
    """The outcome of a batch operation: an effect for each good item, an entry in `Errors` for each bad one.

    `blame` names the bad item in the entry, as the operation's API has it.
    """
    effects, errors = [], []
    for item in items:
        try:
            effects.append(plan(item))
        except GlueError as error:
            errors.append({**blame(item), "ErrorDetail": error.detail()})
    return Outcome({"Errors": errors} if errors else {}, effects)
