"""Reports: files below a location, one for each run, never changed."""

from __future__ import annotations

import mimetypes
from datetime import datetime
from pathlib import Path

import jinja2

from lakehouse.errors import UsageError
from lakehouse.output import counted
from lakehouse.records.ledger import Ledger


def keep_report(ledger: Ledger, step: str, suffix: str, content: str, at: datetime) -> str:
    """Put a report into reports/ beside the ledger and return where it is (s3://...)."""
    place = ledger.location / f"reports/{step}-{at:%Y%m%dT%H%M%SZ}.{suffix}"
    kind = mimetypes.guess_type(f"report.{suffix}")[0] or "text/plain"
    ledger.s3.put_object(
        Bucket=place.bucket, Key=place.key, Body=content.encode(), ContentType=f"{kind}; charset=utf-8"
    )
    return str(place)


def rendered(package: str, template: str, **values: object) -> str:
    """A template of a package's folder `templates` as HTML; every value in it is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["counted"] = counted
    return environment.get_template(template).render(values)


def write_report(path: Path, content: str) -> None:
    """Write a report to a file of this machine. Raises UsageError if it can't be written."""
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from error
