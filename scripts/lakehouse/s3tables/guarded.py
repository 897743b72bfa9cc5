"""Replacing something that somebody else may replace at the same time, in a service without versions.

A put replaces a whole setting or policy, and the service doesn't check what was there. So the present value
is read again right before the write: a change that was made since the first read is not overwritten. It is
read again after the write: a write by somebody else in those milliseconds can't be prevented, but is
reported.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lakehouse.s3tables.errors import ChangedMeanwhileError

Content = TypeVar("Content")


@dataclass(frozen=True)
class Replacement(Generic[Content]):
    """A value as it was read and as it is to be written. `what` names it in messages."""

    what: str
    before: Content
    after: Content

    def write(self, read: Callable[[], Content], put: Callable[[], object]) -> None:
        """Call `put` if `read` still returns the value that was read first.

        Raises ChangedMeanwhileError if it doesn't, or if after the write it doesn't return what was put.
        """
        if (now := read()) != self.before:
            raise ChangedMeanwhileError(
                f"somebody else has changed {self.what} meanwhile to {_short(now)}: nothing was written; "
                "check it and run the command again"
            )
        put()
        if (now := read()) != self.after:
            raise ChangedMeanwhileError(
                f"somebody else has written {self.what} at the same time; it is now {_short(now)}: check it "
                "and run the command again"
            )


def _short(content: object) -> str:
    text = str(content)
    return text if len(text) <= 300 else f"{text[:300]}..."
