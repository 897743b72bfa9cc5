"""What is generated: the arguments, and the numbers that follow from them.

This module defines what a scale, a day and a dirt rate mean.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lakehouse.errors import UsageError
from lakehouse.synthetic.text import MICROS_PER_DAY, MICROS_PER_HOUR

# Part of every manifest's fingerprint. Increase it with any change that changes a byte of the data.
GENERATOR_VERSION = 2

# The smallest scale at which every table has enough rows on the first day to show each class and reason once.
MIN_SCALE = 0.02
MAX_SCALE = 1000.0
MAX_DAYS = 3660
# Scale 1 is one twenty-fifth of the documented audience, about 57,000 rows a day in the telemetry tables;
# scale 25 is the whole audience, ten million rows in a week.
AUDIENCE_PER_SCALE = 0.04

# The live tables start while the history table is still being filled: until it ends, history gets every event
# and the live tables get a part of them; after that, only the live tables get new events.
HISTORY_DAYS = 3

HOURS_PER_DAY = 24


class Scenario(BaseModel):
    """The arguments of a generation. Equal scenarios give equal bytes.

    Days count from `start`, day 0. `days` is the number of arrival days; adding days doesn't change earlier
    ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, Field(ge=1, le=MAX_DAYS)]
    scale: Annotated[float, Field(ge=MIN_SCALE, le=MAX_SCALE)]
    dirt: Annotated[float, Field(ge=0, le=1)]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    # Titles are up to twelve years old, and epochs have ten digits from 9 September 2001 on.
    start: Annotated[date, Field(ge=date(2016, 1, 1), le=date(2089, 12, 31))]

    @property
    def last_day(self) -> date:
        return self.date_of(self.days - 1)

    @property
    def first_instant(self) -> int:
        """Midnight UTC of day 0, microseconds since 1970."""
        midnight = datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC)
        return int(midnight.timestamp()) * 1_000_000

    def date_of(self, day: int) -> date:
        return self.start + timedelta(days=day)

    def instant_of(self, day: int, hour: int = 0) -> int:
        """Return the start of an hour of a day, microseconds since 1970 UTC."""
        return self.first_instant + day * MICROS_PER_DAY + hour * MICROS_PER_HOUR

    def customers_by(self, day: int) -> int:
        """Return how many customers exist when the day ends."""
        base = max(200, round(20_000 * self.scale))
        return base + day * max(1, base // 500)

    def titles_by(self, day: int) -> int:
        """Return how many titles exist when the day ends."""
        return max(150, round(1_200 * float(np.sqrt(self.scale)))) + 2 * day

    def campaigns_by(self, day: int) -> int:
        """Return how many campaigns exist when the day ends."""
        return 200 + 4 * day

    def grown_to(self, days: int) -> "Scenario":
        return self.model_copy(update={"days": days})

    def is_growth_of(self, other: "Scenario") -> bool:
        """Whether this is the other scenario with as many or more days."""
        return self.days >= other.days and self.grown_to(other.days) == other


def make_scenario(*, days: int, scale: float, dirt: float, seed: int, start: date) -> Scenario:
    """Return the scenario of these arguments. Raises UsageError, which names the invalid one."""
    try:
        return Scenario(days=days, scale=scale, dirt=dirt, seed=seed, start=start)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"--{first['loc'][0]} {first['input']} is not valid: {first['msg']}") from error
