"""Replacing what somebody else may be replacing, in a service that has no versions.

Settings and policies are put as a whole, and the service compares nothing. So what is there is read again
right before it is written: what somebody changed since it was first read is not overwritten. It is read once
more after: a write of somebody else in those milliseconds is noticed and told, though not prevented.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from lakehouse.s3tables.errors import ChangedMeanwhileError

Content = TypeVar("Content")


@dataclass(frozen=True)
class Replacement(Generic[Content]):
    """Something that is there, as it was read and as it shall be. `what` names it in messages."""

    what: str
    before: Content
    after: Content

    def write(self, read: Callable[[], Content], put: Callable[[], object]) -> None:
        """Call `put` if `read` still gives what was there.

        Raises ChangedMeanwhileError if it does not, or if afterwards it does not give what was put.
        """
        if (now := read()) != self.before:
            raise ChangedMeanwhileError(
                f"{self.what} was changed by somebody else meanwhile, it is {_short(now)}: nothing was "
                "written; look at it and run the command again"
            )
        put()
        if (now := read()) != self.after:
            raise ChangedMeanwhileError(
                f"{self.what} was written by somebody else at the same time, it is {_short(now)} now: look "
                "at it and run the command again"
            )


def _short(content: object) -> str:
    text = str(content)
    return text if len(text) <= 300 else f"{text[:300]}..."
