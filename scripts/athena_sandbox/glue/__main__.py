"""`python -m athena_sandbox.glue --port P --data-dir DIR`: the Glue endpoint as a process, on the loopback
only."""

import argparse
import logging
import os
import sys
from functools import cache
from pathlib import Path

import uvicorn

from athena_sandbox.glue.app import GlueApp
from athena_sandbox.glue.errors import DataDirectoryError
from athena_sandbox.glue.federated import Clients, FederatedCatalogs
from athena_sandbox.glue.journal import Journal
from athena_sandbox.glue.moto_services import MotoServices
from athena_sandbox.glue.service import GlueService
from athena_sandbox.wire.access import AccessCheck
from athena_sandbox.wire.keys import SECRET_KEY, own_key, required_key

# Longer than the idle time of the connection pools of the AWS SDKs (60 s), so that the client closes first: a
# connection closed by the server under a new request is an error that the client sees.
KEEP_ALIVE_SECONDS = 120


def _federated(storage_url: str | None) -> FederatedCatalogs | None:
    if storage_url is None:
        return None
    # The machine's own AWS configuration must not reach the services behind.
    for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE"):
        os.environ.pop(variable, None)

    @cache
    def connect(region: str) -> Clients:
        # Imported when S3 Tables are first asked for: a stack without them doesn't need it.
        import boto3
        from botocore.config import Config

        session = boto3.session.Session(own_key(), SECRET_KEY, region_name=region)
        config = Config(s3={"addressing_style": "path"}, max_pool_connections=32)
        return Clients(
            session.client("s3tables", endpoint_url=storage_url, config=config),
            session.client("s3", endpoint_url=storage_url, config=config),
        )

    return FederatedCatalogs(connect)


def main() -> int:
    """Serve until a signal stops it. Returns 1, with one line on stderr, if the data directory cannot be
    used.
    """
    parser = argparse.ArgumentParser(prog="athena_sandbox.glue", description="Glue, STS and Lake Formation")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="where the catalog is kept")
    parser.add_argument("--storage-url", help="S3 and S3 Tables; without it there is no s3tablescatalog")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        service = GlueService(Journal(arguments.data_dir))
    except DataDirectoryError as error:
        print(error, file=sys.stderr)
        return 1
    app = GlueApp(service, MotoServices(own_key()), _federated(arguments.storage_url))
    try:
        uvicorn.run(
            AccessCheck(app, required_key(), "glue"),
            host="127.0.0.1",
            port=arguments.port,
            access_log=False,
            log_level="warning",
            lifespan="off",
            ws="none",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=2,
        )
    finally:
        service.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
