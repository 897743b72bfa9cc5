"""Spark properties: what a session may set, and the whole configuration that its Spark is started with.

A session sets what it could set on Athena, and what points to AWS there points to this stack here: each
Iceberg catalog gets the Glue and S3 endpoints, each file system the S3 endpoint. A catalog that the
properties don't name isn't there, as on Athena, where Iceberg needs its properties too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from athena_sandbox.athena.errors import InvalidRequestError

_CATALOGS = frozenset(
    ("org.apache.iceberg.spark.SparkSessionCatalog", "org.apache.iceberg.spark.SparkCatalog")
)
_EXTENSIONS = frozenset(("org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",))
_CATALOG_PREFIX = "spark.sql.catalog."
# These keep a session to its process, its memory and the loopback address.
_OURS = (
    "spark.master",
    "spark.submit.",
    "spark.driver.host",
    "spark.driver.port",
    "spark.driver.bindAddress",
    "spark.driver.memory",
    "spark.driver.extra",
    "spark.driver.defaultJavaOptions",
    "spark.blockManager.port",
    "spark.ui.",
    "spark.local.dir",
    "spark.jars",
    "spark.files",
    "spark.archives",
    "spark.plugins",
    "spark.pyspark.",
    "spark.sql.catalogImplementation",
)
# One session's JVM; with the demo's 400,000 events it stays below.
_DRIVER_MEMORY = "1g"
_CORES = 2


@dataclass(frozen=True)
class Endpoints:
    """The services behind a session: `http://host:port` of Glue and S3."""

    glue: str
    s3: str
    region: str


def check_properties(properties: Mapping[str, str]) -> None:
    """Refuse properties that this server can't honour. Raises InvalidRequestError with the name of the first
    one.
    """
    for name, value in properties.items():
        if name.startswith(_OURS):
            raise InvalidRequestError(f"The Spark property {name} is set by this server and can't be changed")
        if name == "spark.sql.extensions":
            for extension in value.split(","):
                _check_known(extension.strip(), _EXTENSIONS, f"The Spark extension {extension.strip()}")
        elif _is_catalog(name):
            _check_known(value, _CATALOGS, f"The Spark catalog {value}")


def session_configuration(
    properties: Mapping[str, str],
    endpoints: Endpoints,
    *,
    warehouse: str,
    local_directory: str,
    archive: Path | None = None,
) -> dict[str, str]:
    """Everything that a session's Spark is configured with.

    `properties` are the session's own, checked by `check_properties`. `warehouse` is the `s3://` directory
    for tables of databases that have no location, `local_directory` the folder for what Spark spills.
    `archive` is the class archive for the JVM; None starts it without one.
    """
    java_options = [*_JAVA_OPTIONS, *([f"-XX:SharedArchiveFile={archive}"] if archive else [])]
    catalogs: dict[str, str] = {}
    for name in properties:
        if _is_catalog(name):
            catalogs |= _catalog(name, endpoints)
    return {
        **catalogs,
        **properties,
        **_s3_files(endpoints, local_directory),
        "spark.master": f"local[{_CORES}]",
        "spark.driver.memory": _DRIVER_MEMORY,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        # Its ports are open to every user of the machine; the secret is made by Spark for each session.
        "spark.authenticate": "true",
        "spark.driver.extraJavaOptions": " ".join(java_options),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": local_directory,
        "spark.sql.warehouse.dir": warehouse,
        # No Hive metastore: `driver.glue_catalog` takes the place of this catalog.
        "spark.sql.catalogImplementation": "in-memory",
        **{name: value for name, value in _DEFAULTS.items() if name not in properties},
    }


_DEFAULTS = {
    # Athena's clock is UTC. The defaults of a cluster (200 partitions) cost seconds on two cores.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": str(2 * _CORES),
    "spark.default.parallelism": str(_CORES),
}

_JAVA_OPTIONS = (
    # Short statements on few cores: the optimising compiler takes more than it gives, as in Trino.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.net.preferIPv4Stack=true",
    "-Duser.timezone=UTC",
    # Arrow's buffers on Java 21.
    "-Dio.netty.tryReflectionSetAccessible=true",
)


def _catalog(name: str, endpoints: Endpoints) -> dict[str, str]:
    return {
        f"{name}.glue.endpoint": endpoints.glue,
        f"{name}.s3.endpoint": endpoints.s3,
        f"{name}.s3.path-style-access": "true",
        f"{name}.client.region": endpoints.region,
        # Athena SQL changes tables behind Spark's back; Iceberg's cache would show them 30 seconds late.
        f"{name}.cache-enabled": "false",
    }


def _s3_files(endpoints: Endpoints, local_directory: str) -> dict[str, str]:
    """Files by s3:// and s3a:// addresses, outside of Iceberg tables."""
    hadoop = {
        "fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "fs.s3a.endpoint": endpoints.s3,
        # Without it a signature names us-east-1 and S3 redirects.
        "fs.s3a.endpoint.region": endpoints.region,
        "fs.s3a.path.style.access": "true",
        "fs.s3a.connection.ssl.enabled": "false",
        "fs.s3a.aws.credentials.provider": "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
        # From files an upload can be sent again. From memory it can't: the second try of one that storage had
        # refused fails with a NullPointerException, which hides why.
        "fs.s3a.fast.upload.buffer": "disk",
        "fs.s3a.buffer.dir": local_directory,
        # Seconds instead of a minute until a full disk is told. A storage part that starts again is waited
        # for by the client below.
        "fs.s3a.retry.limit": "3",
        # Leaves no _SUCCESS file beside a table's data, as Athena's committer doesn't.
        "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
        "mapreduce.fileoutputcommitter.algorithm.version": "2",
    }
    return {f"spark.hadoop.{name}": value for name, value in hadoop.items()}


def _is_catalog(name: str) -> bool:
    """Whether the property names a catalog's class: `spark.sql.catalog.<name>` and nothing behind it."""
    return name.startswith(_CATALOG_PREFIX) and "." not in name.removeprefix(_CATALOG_PREFIX)


def _check_known(value: str, known: frozenset[str], what: str) -> None:
    if value not in known:
        raise InvalidRequestError(f"{what} is not supported by this server")
