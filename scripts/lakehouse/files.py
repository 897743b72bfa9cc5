"""Files that a user names."""

from pathlib import Path

from lakehouse.errors import UsageError


def read_text(path: Path, what: str) -> str:
    """Return a file's text; UsageError says why it can't be read as `what`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{path} can't be read as {what}: {reason}") from error
