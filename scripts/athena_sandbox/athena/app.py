"""Builds the service: the only place that constructs clients and wires the parts together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpcore
from botocore.config import Config
from starlette.applications import Starlette

from athena_sandbox.athena.catalog.glue import GlueCatalog
from athena_sandbox.athena.engine.federated import FederatedTrino, TableBuckets
from athena_sandbox.athena.engine.recovery import EngineRecovery
from athena_sandbox.athena.executions.service import ExecutionService
from athena_sandbox.athena.executions.store import ExecutionStore
from athena_sandbox.athena.handlers.base import Services
from athena_sandbox.athena.handlers.interrupted import Interruptions
from athena_sandbox.athena.handlers.registry import StatementHandlers
from athena_sandbox.athena.operations.executions import ExecutionOperations
from athena_sandbox.athena.operations.metadata import MetadataOperations
from athena_sandbox.athena.operations.resources import (
    DataCatalogOperations,
    NamedQueryOperations,
    PreparedStatementOperations,
    TagOperations,
    WorkGroupOperations,
)
from athena_sandbox.athena.operations.spark import CalculationOperations, SessionOperations
from athena_sandbox.athena.operations.table import operation_table
from athena_sandbox.athena.protocol.page import queries_page
from athena_sandbox.athena.protocol.routes import routes
from athena_sandbox.athena.resources.catalogs import DataCatalogs
from athena_sandbox.athena.resources.documents import DocumentStore
from athena_sandbox.athena.resources.named import NamedQueries
from athena_sandbox.athena.resources.prepared import PreparedStatements
from athena_sandbox.athena.resources.tags import Tags
from athena_sandbox.athena.resources.workgroups import WorkGroups
from athena_sandbox.athena.results.storage import ObjectStore
from athena_sandbox.athena.settings import Settings
from athena_sandbox.athena.spark.process import ProcessLauncher
from athena_sandbox.athena.spark.properties import Endpoints
from athena_sandbox.athena.spark.runtime import SparkInstallation
from athena_sandbox.athena.spark.service import SparkLimits, SparkService
from athena_sandbox.athena.spark.store import SparkStore
from athena_sandbox.wire.access import AccessCheck
from athena_sandbox.wire.keys import SECRET_KEY, engine_token, given_key, own_key, page_token, required_key

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

# Enough for every running execution to write its files while other requests read pages.
_THREADS = 32


def create_app(settings: Settings) -> AccessCheck:
    """The ASGI application; its lifespan opens and closes everything that it uses."""
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    spool = settings.data_directory / "spool"
    spool.mkdir(exist_ok=True)
    # Left behind only by a killed process.
    for leftover in spool.iterdir():
        leftover.unlink()
    documents = DocumentStore(settings.data_directory / "resources.sqlite")
    prepared = PreparedStatements(documents)
    named = NamedQueries(documents)
    workgroups = WorkGroups(documents)
    catalogs = DataCatalogs(documents, settings.account)
    tags = Tags(documents, workgroups, catalogs)
    key = given_key()
    objects = ObjectStore(_s3_client(settings))
    glue = GlueCatalog(_glue_client(settings), account=settings.account)
    http = httpcore.AsyncConnectionPool(max_connections=None, max_keepalive_connections=64)
    engine = FederatedTrino(
        settings.trino_url,
        http,
        _table_buckets(settings),
        recovery=EngineRecovery(settings.engine_start),
        token=engine_token(key) if key else None,
    )
    services = Services(glue, objects, prepared)
    executions = ExecutionService(
        ExecutionStore(settings.data_directory / "executions.sqlite"),
        engine,
        objects,
        StatementHandlers(services),
        Interruptions(services, engine).outcome,
        spool_directory=spool,
    )
    spark = SparkService(
        SparkStore(settings.data_directory / "spark.sqlite"),
        _spark_launcher(settings),
        objects,
        _spark_folder(settings),
        limits=SparkLimits(sessions=settings.spark_sessions),
    )

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="athena-io")
        asyncio.get_running_loop().set_default_executor(pool)
        await executions.recover()
        spark.recover()
        try:
            yield
        finally:
            await spark.shut_down()
            await executions.shut_down()
            await http.aclose()
            documents.close()

    operations = operation_table(
        ExecutionOperations(executions, workgroups, prepared, objects),
        WorkGroupOperations(workgroups, prepared, named, tags, executions),
        PreparedStatementOperations(prepared, workgroups),
        NamedQueryOperations(named, workgroups),
        DataCatalogOperations(catalogs, tags),
        MetadataOperations(glue),
        SessionOperations(spark, workgroups),
        CalculationOperations(spark),
        TagOperations(tags),
    )
    page = queries_page(executions.recent, executions.get)
    # Starlette's types of a message are wider than ASGI's dictionaries.
    app: Any = Starlette(routes=routes(operations, page), lifespan=lifespan)
    return AccessCheck(app, required_key(), "athena", page_token(key) if key else None)


def _spark_folder(settings: Settings) -> Path:
    return settings.data_directory.resolve() / "spark"


def _spark_launcher(settings: Settings) -> ProcessLauncher | None:
    if settings.spark_directory is None:
        return None
    endpoints = Endpoints(settings.glue_url, settings.s3_url, settings.region)
    return ProcessLauncher(
        SparkInstallation(settings.spark_directory), endpoints, _spark_folder(settings), settings.url
    )


def _config(settings: Settings) -> Config:
    return Config(
        region_name=settings.region,
        retries={"total_max_attempts": 3, "mode": "standard"},
        max_pool_connections=_THREADS,
        s3={"addressing_style": "path"},
        # Between processes of one machine checksums only cost time in every statement.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


def _session() -> boto3.session.Session:
    # Named, so that the machine's own profile is not used.
    return boto3.session.Session(own_key(), SECRET_KEY)


def _s3_client(settings: Settings) -> S3Client:
    return _session().client("s3", endpoint_url=settings.s3_url, config=_config(settings))


def _table_buckets(settings: Settings) -> TableBuckets | None:
    if settings.s3tables_url is None:
        return None
    client = _session().client("s3tables", endpoint_url=settings.s3tables_url, config=_config(settings))
    return TableBuckets(client, settings.s3tables_url, settings.s3_url, settings.region, settings.account)


def _glue_client(settings: Settings) -> GlueClient:
    return _session().client("glue", endpoint_url=settings.glue_url, config=_config(settings))
