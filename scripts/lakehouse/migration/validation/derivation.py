"""What a text must become, in SQL, derived once more and without the macros.

The macros match a whole text with one pattern and leave validity to CAST. This takes a text apart into day,
clock and zone, checks each number against its range and counts the instant together by calendar arithmetic:
nothing here casts a text to a time. The rules are those of docs/timestamps.md; the corpus holds both to them.

Each layer is a list of named expressions over the columns of the layer before it, because SQL has no other
way to name a value that is used twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakehouse.athena.sql import cases, lines, listed, quoted, text
from lakehouse.migration.config import ColumnConfig

SQL_TYPES = {"timestamp": "timestamp(6)", "int": "integer", "float": "real"}

_BLANKS = r"[ \t\n\r\x{A0}\x{FEFF}]"
_EMPTY = ("", "NULL", "NONE", "N/A", "NAN", r"\N", "-")
_DAY_WITH = r"\A[0-9]{{4}}{0}[0-9]{{1,2}}{0}[0-9]{{1,2}}\z"
_COMPACT_DAY = r"\A[0-9]{8}\z"
_YEAR_LAST = r"\A[0-9]{{1,2}}{0}[0-9]{{1,2}}{0}[0-9]{{4}}\z"
_CLOCK = r"\A[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:[.,][0-9]+)?)?\z"
_COMPACT_CLOCK = r"\A[0-9]{6}(?:[.,][0-9]+)?\z"
_EPOCH = r"\A(?:[0-9]{10}(?:[.,][0-9]+)?|[0-9]{13}|[0-9]{16}|[0-9]{19})\z"
_INTEGER = r"\A[+-]?[0-9]+\z"
_DECIMAL = r"\A[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)\z"
_FLOAT = r"\A[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]{1,3})?\z"
# Microseconds: 2001-09-09 01:46:40 and 2100-01-01, the window of an epoch.
_EPOCH_WINDOW = (1_000_000_000_000_000, 4_102_444_800_000_000)
# What the relations of the layers hold: most of a time, whose layers are the most.
_LAYERS = (
    "trimmed_texts",
    "days_and_rests",
    "numbers_of_days",
    "numbers_of_clocks",
    "dates_and_clocks",
    "wall_times",
    "instants",
    "typed_values",
)
# Minutes: 14 hours, the largest offset from UTC.
_LARGEST_OFFSET = 840


@dataclass(frozen=True)
class Derivation:
    """The derived values of one column: SQL names that exist after the last layer."""

    column: str
    config: ColumnConfig
    number: int

    @property
    def value(self) -> str:
        """The typed value, NULL for a text that is empty or rejected."""
        return self._name("value")

    @property
    def raw(self) -> str:
        """The text as it is in the old table."""
        return f"cast({quoted(self.column)} as varchar)"

    @property
    def is_empty(self) -> str:
        """Whether the text stands for no value: true or false."""
        markers = ", ".join(text(marker) for marker in _EMPTY)
        return f"coalesce({self._name('text')} in ({markers}), true)"

    def layers(self) -> list[list[tuple[str, str]]]:
        """Layers of (name, expression): those of a time, or the two of another type."""
        trimmed = f"regexp_replace({self.raw}, '\\A{_BLANKS}+|{_BLANKS}+\\z', '')"
        first = [(self._name("text"), f"upper({trimmed})")]
        if not self.config.is_time:
            return [first, [(self.value, self._other_value())]]
        return [first, *(self._named(layer) for layer in self._time_layers())]

    def _named(self, layer: dict[str, str]) -> list[tuple[str, str]]:
        return [(self._name(part), expression) for part, expression in layer.items()]

    def _name(self, part: str) -> str:
        return f"_d{self.number}_{part}"

    def _time_layers(self) -> list[dict[str, str]]:
        name = self._name
        day, rest, clock, zone = name("day"), name("rest"), name("clock"), name("zone")
        ymd, hms = name("ymd"), name("hms")
        return [
            {
                "day": f"regexp_extract({name('text')}, '\\A[^T ]*')",
                "rest": f"regexp_extract({name('text')}, '\\A[^T ]*((?s).*)\\z', 1)",
            },
            {
                "ymd": self._year_month_day(day),
                "clock": f"regexp_extract({rest}, '\\A[T ]([0-9:.,]+)', 1)",
            },
            {
                "hms": self._hours_minutes_seconds(day, rest, clock),
                "zone": cases([(f"{rest} = ''", "''")], f"substr({rest}, 2 + length({clock}))"),
                "month": _month_start(f"cast({ymd}[1] as integer)", f"cast({ymd}[2] as integer)"),
                "dom": f"cast({ymd}[3] as integer)",
            },
            {
                "date": _if(
                    f"{name('dom')} between 1 and day(last_day_of_month({name('month')}))",
                    f"date_add('day', {name('dom')} - 1, {name('month')})",
                ),
                "clock_micros": _clock_micros(hms),
                "offset": _offset_minutes(zone),
            },
            {
                "wall": f"date_diff('day', date '1970-01-01', {name('date')}) * 86400000000"
                f" + {name('clock_micros')}"
            },
            {"instant": self._instant()},
            {"value": self._time_value()},
        ]

    def _year_month_day(self, day: str) -> str:
        branches = [
            (f"regexp_like({day}, '{_DAY_WITH.format(mark)}')", f"split({day}, '{mark}')") for mark in "-/"
        ]
        branches.append(
            (
                f"regexp_like({day}, '{_COMPACT_DAY}')",
                f"array[substr({day}, 1, 4), substr({day}, 5, 2), substr({day}, 7)]",
            )
        )
        if self.config.formats:
            swapped = self.config.formats[0] == "mdy"
            for mark in "/-.":
                parts = f"split({day}, '{mark}')"
                order = f"array[{parts}[3], {parts}[{1 if swapped else 2}], {parts}[{2 if swapped else 1}]]"
                pattern = _YEAR_LAST.format(f"[{mark}]")
                branches.append((f"regexp_like({day}, '{pattern}')", order))
        return cases(branches)

    @staticmethod
    def _hours_minutes_seconds(day: str, rest: str, clock: str) -> str:
        """An array of hours, minutes and perhaps seconds and fraction, as texts; NULL for no time of day."""
        compact = (
            f"array[substr({clock}, 1, 2), substr({clock}, 3, 2), substr({clock}, 5, 2), substr({clock}, 8)]"
        )
        of_compact = _if(f"{rest} like 'T%' and regexp_like({clock}, '{_COMPACT_CLOCK}')", compact)
        return cases(
            [
                (f"{rest} = ''", "array['0', '0']"),
                (f"regexp_like({day}, '{_COMPACT_DAY}')", of_compact),
                (f"regexp_like({clock}, '{_CLOCK}')", f"split(regexp_replace({clock}, '[.,]', ':'), ':')"),
            ]
        )

    def _instant(self) -> str:
        """Microseconds since 1970 in UTC; where the text is in a declared zone, of its wall time there."""
        name = self._name
        digits = f"regexp_replace({name('text')}, '[.,]', '')"
        epoch = f"cast(rpad(substr({digits}, 1, 16), 16, '0') as bigint)"
        return cases(
            [(f"regexp_like({name('text')}, '{_EPOCH}')", epoch), (f"{name('zone')} = ''", name("wall"))],
            f"{name('wall')} - {name('offset')} * 60000000",
        )

    def _time_value(self) -> str:
        name = self._name
        instant, is_epoch = name("instant"), f"regexp_like({name('text')}, '{_EPOCH}')"
        at = _timestamp_of(instant)
        if self.config.zone != "UTC":
            is_local = f"{name('zone')} = '' and not {is_epoch}"
            at = _if(is_local, _of_wall_time(at, self.config.zone), at)
        in_calendar = "v between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999'"
        known = listed("element_at(filter(", [f"array[{at}]", f"v -> {in_calendar}"], "), 1)")
        in_window = f"{instant} >= {_EPOCH_WINDOW[0]} and {instant} < {_EPOCH_WINDOW[1]}"
        value = _if(f"not {is_epoch} or ({in_window})", known)
        if self.config.type == "timestamp":
            return value
        is_day = f"{name('rest')} = '' and {name('date')} is not null"
        return _if(is_day, name("date"), f"cast({value} as date)")

    def _other_value(self) -> str:
        trimmed, kind = self._name("text"), SQL_TYPES.get(self.config.type, self.config.type)
        if kind == "boolean":
            true, false = "('TRUE', 'T', '1')", "('FALSE', 'F', '0')"
            return cases([(f"{trimmed} in {true}", "true"), (f"{trimmed} in {false}", "false")])
        if kind in ("real", "double"):
            number = _if(f"regexp_like({trimmed}, '{_FLOAT}')", f"try_cast({trimmed} as {kind})")
            return f"element_at(filter(array[{number}], v -> is_finite(v)), 1)"
        pattern = _DECIMAL if kind.startswith("decimal") else _INTEGER
        return _if(f"regexp_like({trimmed}, '{pattern}')", f"try_cast({trimmed} as {kind})")


def derivations(columns: dict[str, ColumnConfig]) -> list[Derivation]:
    """One derivation per column, their names apart from one another's."""
    return [Derivation(name, config, number) for number, (name, config) in enumerate(columns.items())]


def derived(relation: str, columns: list[Derivation]) -> dict[str, str]:
    """Relations by name, one for each layer, over another one: the last has its columns and, per derivation,
    those that it names."""
    relations: dict[str, str] = {}
    before = relation
    of_each = [column.layers() for column in columns]
    for depth in range(max((len(layers) for layers in of_each), default=0)):
        named = [pair for layers in of_each if depth < len(layers) for pair in layers[depth]]
        expressions = (f"{expression} as {name}" for name, expression in named)
        relations[_LAYERS[depth]] = lines(listed("select ", ["*", *expressions]), f"from {before}")
        before = _LAYERS[depth]
    return relations


def _if(condition: str, value: str, otherwise: str = "") -> str:
    return listed("if(", [condition, value, *([otherwise] if otherwise else [])], ")")


def _month_start(year: str, month: str) -> str:
    # Months since 1970: the calendar of the engine's date functions is the proleptic Gregorian one.
    return _if(
        f"{year} between 1 and 9999 and {month} between 1 and 12",
        f"date_add('month', {year} * 12 + {month} - {1970 * 12 + 1}, date '1970-01-01')",
    )


def _clock_micros(hms: str) -> str:
    hours, minutes = (f"cast({hms}[{at}] as bigint)" for at in (1, 2))
    seconds = f"cast(coalesce(element_at({hms}, 3), '0') as bigint)"
    fraction = f"cast(rpad(substr(coalesce(element_at({hms}, 4), ''), 1, 6), 6, '0') as bigint)"
    return _if(
        lines(f"{hours} <= 23", f"    and {minutes} <= 59", f"    and {seconds} <= 59"),
        lines(
            listed("(", [f"{hours} * 3600", f"+ {minutes} * 60", f"+ {seconds}"], ")", separator="")
            + " * 1000000",
            f"    + {fraction}",
        ),
    )


def _offset_minutes(zone: str) -> str:
    """Minutes ahead of UTC, NULL where the zone's text is none or the offset is too large."""
    stated = f"regexp_extract({zone}, '\\A ?([+-][0-9]{{2}}(?::?[0-9]{{2}})?)\\z', 1)"
    digits = f"rpad(regexp_replace({stated}, '[+:-]', ''), 4, '0')"
    hours, minutes = f"cast(substr({digits}, 1, 2) as bigint)", f"cast(substr({digits}, 3) as bigint)"
    total = listed("(", [f"{hours} * 60", f"+ {minutes}"], ")", separator="")
    return cases(
        [
            (f"regexp_like({zone}, '\\A ?(?:Z|UTC|GMT)\\z')", "bigint '0'"),
            (
                lines(f"{minutes} <= 59", f"    and {total} <= {_LARGEST_OFFSET}"),
                f"{total} * if({stated} like '-%', -1, 1)",
            ),
        ]
    )


def _of_wall_time(at: str, zone: str) -> str:
    """The instant of a wall time in a zone: of a doubled one the earlier, of a skipped one NULL."""
    zoned = f"with_timezone({at}, {text(zone)})"
    # A day before the clock change the earlier offset is in force; with_timezone alone gives the later one.
    day_before = listed("with_timezone(", [f"date_add('day', -1, {at})", text(zone)], ")")
    by_day_before = listed("date_add(", ["'second'", "86400", day_before], ")")
    instants = listed("array[", [by_day_before, zoned], "]")
    # A time that was skipped comes back as another.
    holding = listed("filter(", [instants, lines("v -> cast(v as timestamp(6))", f"    = {at}")], ")")
    return listed(
        "cast(", [f"element_at({holding}, 1)", "at time zone 'UTC' as timestamp(6)"], ")", separator=""
    )


def _timestamp_of(micros: str) -> str:
    # As a decimal: nanoseconds of the years before 1678 and after 2261 are more than a bigint holds.
    return f"cast(from_unixtime_nanos(cast({micros} as decimal(38, 0)) * 1000) as timestamp(6))"
