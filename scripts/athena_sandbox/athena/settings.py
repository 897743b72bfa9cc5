"""The settings of one Athena service: where it listens and keeps its state, and the services behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Addresses are `http://host:port`; `data_directory` is created if it is missing.

    `engine_start` is a command that starts a dead engine again; it may be empty.
    `s3tables_url` is where S3 Tables and their Iceberg REST catalog (below `/iceberg`) are, for this service
    and for Trino; None when there are none.
    `spark_directory` is where Spark is installed, None for a service without Spark; `spark_sessions` is how
    many sessions may be open at once.
    """

    port: int
    data_directory: Path
    trino_url: str
    glue_url: str
    s3_url: str
    s3tables_url: str | None = None
    region: str = "eu-central-1"
    account: str = "000000000000"
    host: str = "127.0.0.1"
    engine_start: tuple[str, ...] = ()
    spark_directory: Path | None = None
    spark_sessions: int = 4

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"
