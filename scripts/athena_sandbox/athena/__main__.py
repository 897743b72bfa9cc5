"""`python -m athena_sandbox.athena`: serves the Athena API on the loopback address until it is stopped."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
from pathlib import Path

import uvicorn

from athena_sandbox.athena.app import create_app
from athena_sandbox.athena.settings import Settings


def parse_arguments(arguments: list[str] | None = None) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m athena_sandbox.athena", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="where history and resources are kept")
    parser.add_argument("--trino-url", required=True)
    parser.add_argument("--glue-url", required=True)
    parser.add_argument("--s3-url", required=True)
    parser.add_argument("--s3tables-url", help="without it there are no S3 Tables catalogs")
    parser.add_argument("--region", default="eu-central-1")
    parser.add_argument(
        "--engine-start",
        metavar="COMMAND",
        default="",
        help="command (split as a shell would) that starts a dead engine again; it must be safe to run twice",
    )
    parser.add_argument("--spark-dir", type=Path, help="installed Spark; without it there are no sessions")
    parser.add_argument("--spark-sessions", type=int, default=4, help="sessions open at once")
    parsed = parser.parse_args(arguments)
    return Settings(
        port=parsed.port,
        data_directory=parsed.data_dir,
        trino_url=parsed.trino_url,
        glue_url=parsed.glue_url,
        s3_url=parsed.s3_url,
        s3tables_url=parsed.s3tables_url,
        region=parsed.region,
        engine_start=tuple(shlex.split(parsed.engine_start)),
        spark_directory=parsed.spark_dir,
        spark_sessions=parsed.spark_sessions,
    )


def main() -> None:
    settings = parse_arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # One line for each client request would hide what matters.
    for name in ("httpx", "httpcore", "botocore", "boto3", "s3transfer"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # The machine's own AWS configuration must not reach the services behind.
    for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE"):
        os.environ.pop(variable, None)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
