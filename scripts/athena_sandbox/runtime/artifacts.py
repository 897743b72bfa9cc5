"""The pins: which Maven artifacts make up which program, to the byte.

An artifact is data, and so is the way a program is put together from artifacts; the code that downloads and
unpacks (`download`, `install`) knows no product. Checksums were computed from a download whose SHA-1 equalled
the one that the repository publishes.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Artifact:
    """One file of a Maven repository.

    Attributes:
        packaging: the file name's ending, such as "jar", "zip" or "tar.gz".
        size: length in bytes.
        sha256: hexadecimal checksum of the whole file.
    """

    group: str
    name: str
    version: str
    packaging: str
    size: int
    sha256: str
    classifier: str = ""

    @property
    def file_name(self) -> str:
        """The file's name, as the repository has it."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.name}-{self.version}{classifier}.{self.packaging}"

    def __str__(self) -> str:
        return f"{self.group}:{self.name}:{self.version}"


@dataclass(frozen=True)
class Component:
    """One artifact's place in a program.

    Attributes:
        into: folder below the program's root that receives it; "" is the root.
        strip: leading folders of the archive's paths that are dropped.
        keep: path prefixes (after stripping) that are unpacked; empty means everything.
        unpack: False puts the file itself there (jars on a class path).
    """

    artifact: Artifact
    into: str = ""
    strip: int = 1
    keep: tuple[str, ...] = ()
    unpack: bool = True


@dataclass(frozen=True)
class Program:
    """A set of components that is installed as one folder.

    Attributes:
        unpacked_size: bytes on disk once unpacked, for the check of free space.
    """

    name: str
    version: str
    components: tuple[Component, ...]
    unpacked_size: int
    artifacts: tuple[Artifact, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "artifacts", tuple(component.artifact for component in self.components))

    @property
    def digest(self) -> str:
        """Changes with any pin and any detail of the layout."""
        described = json.dumps([asdict(component) for component in self.components], sort_keys=True)
        return hashlib.sha256(described.encode()).hexdigest()

    @property
    def folder_name(self) -> str:
        """Name of its folder in the cache; another layout of the same version gets another folder."""
        return f"{self.name}-{self.version}-{self.digest[:8]}"

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


_TRINO_VERSION = "476"

_TRINO_SERVER = Artifact(
    "io.trino",
    "trino-server-core",
    _TRINO_VERSION,
    "tar.gz",
    194_358_953,
    "0f388f9967c177ae70a47c099082fc95387f0c3cb96d8000d1d41fc3a5223158",
)
_TRINO_HIVE = Artifact(
    "io.trino",
    "trino-hive",
    _TRINO_VERSION,
    "zip",
    258_326_133,
    "611bacdb07d9f3cf7b9d47f97ecc76fa2e7ff8bfe8a9728c3d06adc1bfb8662e",
)
_TRINO_ICEBERG = Artifact(
    "io.trino",
    "trino-iceberg",
    _TRINO_VERSION,
    "zip",
    345_890_737,
    "99edba5b491ed94d599aeb61e0794272d3569d8b563f3bb8569e8a49daa87b6c",
)

TRINO = Program(
    "trino",
    _TRINO_VERSION,
    (
        # The server's other bundled plugins (spooling, exchange, password files, ...) serve clusters. Athena
        # has the geospatial functions, so that one stays.
        Component(_TRINO_SERVER, keep=("lib/", "plugin/geospatial/", "NOTICE")),
        Component(_TRINO_HIVE, into="plugin/hive"),
        Component(_TRINO_ICEBERG, into="plugin/iceberg"),
    ),
    unpacked_size=760_000_000,
)
