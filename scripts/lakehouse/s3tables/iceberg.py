"""The metadata of existing tables, read by pyiceberg through the Iceberg REST endpoint of S3 Tables.

pyiceberg is imported on first use: importing it takes half a second, which other commands save.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from lakehouse.errors import ServiceError, UsageError
from lakehouse.s3tables.names import TableBucket, TableName

if TYPE_CHECKING:
    from pyiceberg.catalog.rest import RestCatalog
    from pyiceberg.table.metadata import TableMetadata

logger = logging.getLogger(__name__)

# As many attempts as the SDK makes for the other calls (lakehouse.aws); the pauses double.
_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 0.5


class NoSuchTableError(UsageError):
    """The table doesn't exist."""


@dataclass(frozen=True)
class IcebergTables:
    """The tables of one bucket. `endpoint` is the address of the S3 Tables API, without a path."""

    session: boto3.Session
    endpoint: str
    bucket: TableBucket
    sleep: Callable[[float], None] = time.sleep

    def load(self, table: TableName) -> "TableMetadata":
        """Return a table's current metadata.

        Raises NoSuchTableError; ServiceError if the endpoint refuses, fails or can't be reached.
        """
        import requests
        from pyiceberg import exceptions as iceberg

        for attempt in range(1, _ATTEMPTS + 1):
            try:
                loaded: TableMetadata = self._catalog.load_table((table.namespace, table.name)).metadata
                return loaded
            except iceberg.NoSuchTableError as error:
                raise no_such_table(table, self.bucket) from error
            except (iceberg.TooManyRequestsError, iceberg.ServiceUnavailableError) as error:
                if attempt == _ATTEMPTS:
                    raise ServiceError(f"metadata of {table}: {_one_line(error)}") from error
                logger.info("metadata of %s: trying again after %s", table, _one_line(error))
                self.sleep(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
            except iceberg.RESTError as error:
                raise ServiceError(f"metadata of {table}: {_one_line(error)}") from error
            except requests.RequestException as error:
                raise ServiceError(f"{self.endpoint}/iceberg can't be reached: {_one_line(error)}") from error
        raise AssertionError("the last attempt returns or raises")

    @cached_property
    def _catalog(self) -> "RestCatalog":
        from pyiceberg.catalog.rest import RestCatalog

        credentials = self.session.get_credentials()
        if credentials is None:
            raise UsageError("there are no AWS credentials to sign a request with")
        frozen = credentials.get_frozen_credentials()
        keys = {
            "client.region": self.bucket.region,
            "client.access-key-id": frozen.access_key,
            "client.secret-access-key": frozen.secret_key,
            "client.session-token": frozen.token,
        }
        return RestCatalog(
            "s3tables",
            **{
                "uri": f"{self.endpoint}/iceberg",
                "warehouse": self.bucket.arn,
                "rest.sigv4-enabled": "true",
                "rest.signing-name": "s3tables",
                "rest.signing-region": self.bucket.region,
                **{key: value for key, value in keys.items() if value},
            },
        )


def no_such_table(table: TableName, bucket: TableBucket) -> NoSuchTableError:
    """The error for a table that doesn't exist."""
    return NoSuchTableError(
        f"there is no table {table} in {bucket.name}: `lakehouse s3tables list --bucket {bucket.name}` "
        "shows the tables"
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
