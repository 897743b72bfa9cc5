"""How this package reaches AWS: sessions and clients, from ordinary AWS configuration only.

Profile, environment and configuration file decide the endpoints and the credentials. No code in the package
checks where they point.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from lakehouse.errors import ConfigurationError, LakehouseError, ServiceError

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_lakeformation import LakeFormationClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3tables import S3TablesClient
    from mypy_boto3_sts import STSClient

WAY_TO_AWS = (
    'run `athena-sandbox up` and then `eval "$(athena-sandbox env)"`, '
    "or set AWS_PROFILE to a profile with a region and credentials"
)

# Four attempts with the SDK's backoff: enough for a short outage, and soon over when nothing is listening.
# Uploads run in several threads, each with a connection.
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 4},
    connect_timeout=5,
    max_pool_connections=16,
)


class Aws:
    """Clients, created on first use and then kept."""

    @cached_property
    def session(self) -> boto3.Session:
        """The session. Raises ConfigurationError if the profile, the region or the credentials are
        missing."""
        try:
            session = boto3.Session()
            if session.region_name is None:
                raise ConfigurationError(f"no AWS region is configured: {WAY_TO_AWS}")
            if session.get_credentials() is None:
                raise ConfigurationError(f"no AWS credentials are configured: {WAY_TO_AWS}")
        except BotoCoreError as error:
            raise explained(error) from error
        return session

    @cached_property
    def s3(self) -> "S3Client":
        return self.session.client("s3", config=_CONFIG)

    @cached_property
    def glue(self) -> "GlueClient":
        return self.session.client("glue", config=_CONFIG)

    @cached_property
    def s3tables(self) -> "S3TablesClient":
        return self.session.client("s3tables", config=_CONFIG)

    @cached_property
    def sts(self) -> "STSClient":
        return self.session.client("sts", config=_CONFIG)

    @cached_property
    def lakeformation(self) -> "LakeFormationClient":
        return self.session.client("lakeformation", config=_CONFIG)


def explained(error: BotoCoreError | ClientError) -> LakehouseError:
    """Return a botocore error as an error of this package, with what to do about it."""
    match error:
        case NoCredentialsError() | PartialCredentialsError() | NoRegionError() | ProfileNotFound():
            return ConfigurationError(f"AWS is not configured ({error}): {WAY_TO_AWS}")
        case EndpointConnectionError() | ConnectionError() | HTTPClientError():
            return ServiceError(
                f"AWS can't be reached ({error}): is the sandbox up (`athena-sandbox status`), "
                "is AWS_PROFILE the right one?"
            )
        case ClientError():
            details = error.response.get("Error", {})
            operation = error.operation_name
            return ServiceError(f"{operation}: {details.get('Code', '?')}: {details.get('Message', error)}")
        case _:
            return ServiceError(f"AWS SDK: {error}")
