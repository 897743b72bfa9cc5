"""Date formats as Java's DateTimeFormatter writes them, as far as partition projection needs them.

Letters: y u (year), M L (month: digits, MMM, MMMM), d, D (day of the year), E (day of the week as text), H,
h, a, m, s, S (fraction); text in quotes, '' for a quote, and everything that is not a letter.

Source: Java's DateTimeFormatter, which Athena User Guide names on its pages of partition projection (read by
November 2026).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_PIECES = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|.", re.DOTALL)
_SUB_DAY = frozenset("HhamsS")
_DAY = frozenset("dDE")
_MONTH = frozenset("ML")


class DatePatternError(ValueError):
    """The pattern has a letter that is not served, or a text does not fit it; the message says which."""


@dataclass(frozen=True)
class DatePattern:
    """`letters` are the pattern's field letters; `parse` and `format` are each other's inverse."""

    pattern: str
    pieces: tuple[tuple[str, int], ...]
    expression: re.Pattern[str]

    @classmethod
    def of(cls, pattern: str) -> DatePattern:
        """Raises DatePatternError for a letter that is not served."""
        pieces: list[tuple[str, int]] = []
        for match in _PIECES.finditer(pattern):
            letter = match.group(2)
            if letter:
                pieces.append((letter, len(match.group())))
            elif match.group(1) is not None:
                pieces.append((match.group(1).replace("''", "'") or "'", 0))
            else:
                pieces.append((match.group(), 0))
        expression = "".join(_expression(text, width, at) for at, (text, width) in enumerate(pieces))
        return cls(pattern, tuple(pieces), re.compile(expression))

    @property
    def letters(self) -> frozenset[str]:
        return frozenset(text for text, width in self.pieces if width)

    @property
    def is_finer_than_a_day(self) -> bool:
        return bool(self.letters & _SUB_DAY)

    @property
    def default_unit(self) -> str | None:
        """DAYS or MONTHS for a pattern of just that precision, else None."""
        if self.is_finer_than_a_day:
            return None
        return "DAYS" if self.letters & _DAY else "MONTHS" if self.letters & _MONTH else None

    def format(self, moment: datetime) -> str:
        return "".join(_text(text, width, moment) if width else text for text, width in self.pieces)

    def parse(self, text: str) -> datetime:
        """The moment; fields that the pattern lacks have their first value. Raises DatePatternError."""
        match = self.expression.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            moment = self._moment(match)
        except ValueError:
            raise DatePatternError(f"'{text}' is not a date of the format '{self.pattern}'") from None
        return moment

    def _moment(self, match: re.Match[str]) -> datetime:
        fields: dict[str, int] = {}
        for at, (letter, width) in enumerate(self.pieces):
            if width:
                fields[letter] = _number(letter, width, match[f"f{at}"])
        hour = fields.get("H", fields.get("h", 0) % 12 + 12 * fields.get("a", 0))
        month = fields.get("M", fields.get("L", 1))
        year = fields.get("y", fields.get("u", 1970))
        clock = (hour, fields.get("m", 0), fields.get("s", 0), fields.get("S", 0))
        moment = datetime(year, month, fields.get("d", 1), *clock)
        return moment + timedelta(days=fields["D"] - 1) if "D" in fields else moment


def _names(letter: str, width: int) -> list[str]:
    if letter == "E":
        return list(calendar.day_name if width == 4 else calendar.day_abbr)
    return list(calendar.month_name if width == 4 else calendar.month_abbr)[1:]


def _is_text(letter: str, width: int) -> bool:
    return letter == "E" or (letter in _MONTH and width > 2)


def _expression(text: str, width: int, at: int) -> str:
    if not width:
        return re.escape(text)
    if text == "a":
        form = "AM|PM"
    elif _is_text(text, width) and width <= 4:
        form = "|".join(_names(text, width))
    elif text in "yu" and width != 2:
        form = r"\d{4}" if width == 4 else rf"\d{{{width},9}}"
    elif text == "S":
        form = rf"\d{{{width}}}"
    elif text in "yuMLdHhms" and width <= 2:
        form = r"\d{2}" if width == 2 else r"\d{1,2}"
    elif text == "D" and width <= 3:
        form = r"\d{3}" if width == 3 else rf"\d{{{width},3}}"
    else:
        raise DatePatternError(f"'{text * width}' of a date format is not served by the sandbox")
    return f"(?P<f{at}>{form})"


def _number(letter: str, width: int, text: str) -> int:
    if letter == "a":
        return int(text == "PM")
    if _is_text(letter, width):
        return _names(letter, width).index(text) + 1
    if letter == "S":
        return int(text[:6].ljust(6, "0"))
    return int(text) + (2000 if letter in "yu" and width == 2 else 0)


def _text(letter: str, width: int, moment: datetime) -> str:
    if letter in "yu":
        return f"{moment.year % 100:02d}" if width == 2 else f"{moment.year:0{width}d}"
    if letter == "E":
        return _names(letter, width)[moment.weekday()]
    if letter in _MONTH and width > 2:
        return _names(letter, width)[moment.month - 1]
    if letter == "a":
        return "AM" if moment.hour < 12 else "PM"
    if letter == "S":
        return f"{moment.microsecond:06d}".ljust(width, "0")[:width]
    values = {
        "M": moment.month,
        "L": moment.month,
        "d": moment.day,
        "D": moment.timetuple().tm_yday,
        "H": moment.hour,
        "h": moment.hour % 12 or 12,
        "m": moment.minute,
        "s": moment.second,
    }
    return f"{values[letter]:0{width}d}"
