"""Why a call on a table is refused. Both wires say it: the S3 Tables API and the Iceberg REST catalog.

SandboxError
└── TablesError            a refused call; HTTP status and the names of both wires
    ├── InvalidError       400: the request is not valid, or S3 Tables doesn't accept it
    ├── NoSuchBucketError, NoSuchNamespaceError, NoSuchTableError    404
    ├── ExistsError        409: the name is taken
    ├── NotEmptyError      409: it holds something
    ├── CommitError        409: another client has committed; read again and repeat
    ├── MetadataLostError  500: the table's current metadata file is missing
    ├── NoSpaceError       507: the disk is full; sending it again doesn't help
    └── UnsupportedError   406: Iceberg has it, S3 Tables or this server has not

Source: botocore 1.43's model of S3 Tables, November 2026; the error types of the Iceberg REST specification.
"""

from athena_sandbox.errors import SandboxError


class TablesError(SandboxError):
    """One refused call; `aws` is its error code in the S3 Tables API, `iceberg` its type in Iceberg REST."""

    status = 400
    aws = "BadRequestException"
    iceberg = "BadRequestException"


class InvalidError(TablesError):
    pass


class NoSuchBucketError(TablesError):
    status, aws, iceberg = 404, "NotFoundException", "NotFoundException"


class NoSuchNamespaceError(TablesError):
    status, aws, iceberg = 404, "NotFoundException", "NoSuchNamespaceException"


class NoSuchTableError(TablesError):
    status, aws, iceberg = 404, "NotFoundException", "NoSuchTableException"


class ExistsError(TablesError):
    status, aws, iceberg = 409, "ConflictException", "AlreadyExistsException"


class NotEmptyError(TablesError):
    status, aws, iceberg = 409, "ConflictException", "NamespaceNotEmptyException"


class CommitError(TablesError):
    status, aws, iceberg = 409, "ConflictException", "CommitFailedException"


class MetadataLostError(TablesError):
    status, aws, iceberg = 500, "InternalServerErrorException", "ServerErrorException"


class NoSpaceError(TablesError):
    status, aws, iceberg = 507, "InternalServerErrorException", "ServerErrorException"


class UnsupportedError(TablesError):
    status, aws, iceberg = 406, "BadRequestException", "UnsupportedOperationException"
