"""Names and places that can be configured: read from the environment, with this project's own as defaults."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lakehouse.errors import UsageError

ENVIRONMENT_PREFIX = "LAKEHOUSE_"

# The part of S3's rule for bucket names that a pattern can express.
BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]


class Settings(BaseModel):
    """Settings of the command line; each is set by the variable LAKEHOUSE_<NAME>.

    `results` is where Athena puts query results (s3://...), unless the workgroup overrides it.
    `table_bucket` is a table bucket of S3 Tables, by name or ARN. `table_namespace` is the namespace of a
    table that is named without one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bronze_bucket: BucketName = "acme-lakehouse-bronze"
    database_prefix: Annotated[str, Field(pattern=r"^[a-z0-9_]{0,64}$")] = ""
    workgroup: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,128}$")] = "primary"
    results: Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$")] = (
        "s3://acme-lakehouse-results/sql/"
    )
    table_bucket: Annotated[str, Field(pattern=r"^(arn:.+|[a-z0-9-]{3,63})$")] = "acme-lakehouse-tables"
    table_namespace: Annotated[str, Field(pattern=r"^[0-9a-z]([0-9a-z_]{0,253}[0-9a-z])?$")] = "default"


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings in the environment. Raises UsageError, which names the first invalid variable."""
    given = {
        name: environment[variable]
        for name in Settings.model_fields
        if (variable := ENVIRONMENT_PREFIX + name.upper()) in environment
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        variable = ENVIRONMENT_PREFIX + str(first["loc"][0]).upper()
        raise UsageError(f"{variable}={first['input']!r} is not valid: {first['msg']}") from error
