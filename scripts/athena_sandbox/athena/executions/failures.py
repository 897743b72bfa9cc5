"""Turns an engine's or a service's error into Athena's: StateChangeReason, ErrorCategory, ErrorType.

The reason is `NAME: text` with Trino's error name; the same text is AthenaError.ErrorMessage, because clients
match on either. Catalog names in it are those that the user knows.

Source: measured on Athena in September 2026 (aoyagikouhei/athena-local, docs: errors); Athena User Guide,
page error-reference, read by November 2026; ErrorType 233 is the one that dbt-athena retries on (August
2026).
"""

from __future__ import annotations

import re

from athena_sandbox.athena.engine.client import EngineError
from athena_sandbox.athena.errors import ApiError, EngineUnavailableError, Failure, StatementFailedError
from athena_sandbox.athena.results.storage import StorageError
from athena_sandbox.athena.statements.table_buckets import with_true_names

SYSTEM, USER, OTHER = 1, 2, 3

# Trino's error name: Athena's ErrorType, for those measured.
_ERROR_TYPES = {
    "DIVISION_BY_ZERO": 1001,
    "TYPE_MISMATCH": 1002,
    "SYNTAX_ERROR": 1006,
    "COLUMN_NOT_FOUND": 1006,
    "CATALOG_NOT_FOUND": 1006,
    "INVALID_CAST_ARGUMENT": 1100,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1100,
    "INVALID_PARAMETER_USAGE": 1100,
    "MISSING_COLUMN_NAME": 1100,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "TABLE_ALREADY_EXISTS": 1110,
    "NOT_SUPPORTED": 1200,
    "NOT_FOUND": 1300,
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1301,
    "FUNCTION_NOT_FOUND": 1303,
    # dbt-athena repeats a statement on this type together with the name.
    "ICEBERG_COMMIT_ERROR": 233,
    "EXCEEDED_TIME_LIMIT": 206,
}
_KIND_DEFAULTS = {
    # Trino's errorType: category, ErrorType
    "USER_ERROR": (USER, 1006),
    "INSUFFICIENT_RESOURCES": (SYSTEM, 1),
    "INTERNAL_ERROR": (SYSTEM, 100),
    "EXTERNAL": (OTHER, 300),
}
_RETRYABLE = frozenset(("ICEBERG_COMMIT_ERROR", "SERVER_SHUTTING_DOWN", "SERVER_STARTING_UP"))
# Iceberg tables live in a second Trino catalog that is hidden from users.
_NO_CATALOG = re.compile(r"(\bCatalog '[^']*') not found")
_INTERNAL_CATALOG = re.compile(r"""(?<=['"\s(])("?)iceberg\1(?=\.)""")


# The engine's AWS client adds this to a refusal by Glue. One that names an error of Athena's is that error.
_BY_GLUE = re.compile(
    r"(?:(?P<name>[A-Z][A-Z_]+): )?(?P<text>.*) \(Service: Glue, Status Code: 400, Request ID: [^()]*\)"
    r"(?: \(SDK Attempt Count: [0-9]+\))?",
    re.DOTALL,
)


def user_message(message: str) -> str:
    """A message of Trino with the catalogs' names as users know them."""
    named = _INTERNAL_CATALOG.sub(lambda match: f"{match.group(1)}awsdatacatalog{match.group(1)}", message)
    # Athena's own text for a catalog that doesn't exist.
    return _NO_CATALOG.sub(r"\1 does not exist", with_true_names(named))


def failure_of(error: BaseException) -> Failure:
    """The failure that an execution ends with because of this error."""
    if isinstance(error, StatementFailedError):
        return error.failure
    if isinstance(error, EngineError):
        return _engine_failure(error)
    if isinstance(error, EngineUnavailableError):
        return Failure(f"GENERIC_INTERNAL_ERROR: {error}", SYSTEM, 100, retryable=True)
    if isinstance(error, StorageError):
        return Failure(f"GENERIC_INTERNAL_ERROR: {error}", OTHER, 401)
    if isinstance(error, ApiError):
        return Failure(error.message or error.exception, USER, 1006)
    return Failure(f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}", SYSTEM, 100)


def _engine_failure(error: EngineError) -> Failure:
    name, message, kind = error.name, error.message, error.kind
    if by_glue := _BY_GLUE.fullmatch(message):
        message = by_glue["text"]
        if by_glue["name"]:
            name, kind = by_glue["name"], "USER_ERROR"
    category, error_type = _KIND_DEFAULTS.get(kind, (USER, 1006))
    reason = f"{name}: {user_message(message)}"
    return Failure(reason, category, _ERROR_TYPES.get(name, error_type), retryable=name in _RETRYABLE)


def hive_failure(reason: str, *, message: str | None = None, error_type: int = 1006) -> StatementFailedError:
    """A failure of the Hive path: `FAILED: ` stands before the reason and not before the message."""
    category = SYSTEM if error_type in (1003, 1502) else USER
    return StatementFailedError(
        Failure(f"FAILED: {reason}", category, error_type, message=message if message is not None else reason)
    )


def unsupported_for_iceberg() -> StatementFailedError:
    """What Athena answers to a Hive-only statement on an Iceberg table."""
    return StatementFailedError(
        Failure("Query type not supported by Athena Iceberg at this time", USER, 1200)
    )


def not_supported(text: str) -> StatementFailedError:
    return StatementFailedError(Failure(f"NOT_SUPPORTED: {text}", USER, 1200))
