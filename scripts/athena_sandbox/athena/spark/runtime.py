"""An installed Spark: its folders, and the environment that its processes need."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# They would change what Spark, its JVM or its Python do.
_DROPPED_PREFIXES = ("AWS_", "SPARK_", "PYSPARK_", "PYTHON", "JAVA_", "JDK_", "_JAVA_")


@dataclass(frozen=True)
class SparkInstallation:
    """Where Spark is: a folder with `deps` (SPARK_HOME), `java` (JAVA_HOME), `pyspark`, `lib/py4j-*.zip`."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "deps"

    @property
    def java_home(self) -> Path:
        return self.root / "java"

    @property
    def archive(self) -> Path:
        """The class archive of its JVM, where `archive.make_archive` puts it."""
        return self.root / "sessions.jsa"

    def existing_archive(self) -> Path | None:
        return self.archive if self.archive.exists() else None

    def python_path(self) -> str:
        """PYTHONPATH of Spark's Python sources."""
        bridges = sorted((self.root / "lib").glob("py4j-*-src.zip"))
        return os.pathsep.join(str(path) for path in (self.root, *bridges))

    def environment(self, inherited: Mapping[str, str], temporary: Path) -> dict[str, str]:
        """Variables of a Python process that starts Spark with this interpreter.

        `inherited` is the environment of the process that starts it, `temporary` the folder for temporary
        files.
        """
        environ = {name: value for name, value in inherited.items() if not name.startswith(_DROPPED_PREFIXES)}
        return environ | {
            "SPARK_HOME": str(self.home),
            "JAVA_HOME": str(self.java_home),
            "PYTHONPATH": self.python_path(),
            "PYTHONUNBUFFERED": "1",
            "PYSPARK_PYTHON": sys.executable,
            "PYSPARK_DRIVER_PYTHON": sys.executable,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "TMPDIR": str(temporary),
            "TZ": "UTC",
        }
