"""What a migration does with a write whose end nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from lakehouse.athena.statements import Statements
from lakehouse.errors import QueryError

INSERT = "insert into old select * from new"
MERGE = "merge into new using old on new.id = old.id when not matched then insert values (old.id)"
LOST = {"ErrorCategory": 1, "ErrorType": 100, "Retryable": False}


class Athena:
    """Knows one execution for each token; the first ended long ago as `error` says, later ones succeed."""

    def __init__(self, error: dict[str, Any]) -> None:
        self._error = error
        self.tokens: list[str] = []

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        if request["ClientRequestToken"] not in self.tokens:
            self.tokens.append(request["ClientRequestToken"])
        return {"QueryExecutionId": str(self.tokens.index(request["ClientRequestToken"]))}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803  botocore's name
        status: dict[str, Any] = {"SubmissionDateTime": datetime(2025, 1, 1, tzinfo=UTC)}
        if QueryExecutionId == "0":
            status |= {"State": "FAILED", "StateChangeReason": "It failed.", "AthenaError": self._error}
        else:
            status |= {"State": "SUCCEEDED"}
        return {"QueryExecution": {"QueryExecutionId": QueryExecutionId, "Status": status}}


def write(athena: Athena, statement: str) -> str:
    session = SimpleNamespace(client=lambda _: athena)
    client: Any = SimpleNamespace(session=session, results="s3://b/r/", workgroup="primary")
    return Statements(client, sleep=lambda _: None).write(statement, "rollback").query_id


def test_an_insert_that_may_have_run_is_not_sent_again() -> None:
    athena = Athena(LOST)
    with pytest.raises(QueryError, match="not sent again, which could double its rows"):
        write(athena, INSERT)
    assert len(athena.tokens) == 1


@pytest.mark.parametrize(
    ("error", "statement"),
    [
        ({**LOST, "Retryable": True}, INSERT),
        # The engine has failed it: nothing of it is in the table.
        ({"ErrorCategory": 2, "ErrorType": 1006, "Retryable": False}, INSERT),
        # By key, so that repeating it changes nothing.
        (LOST, MERGE),
    ],
)
def test_what_can_be_repeated_is_sent_again(error: dict[str, Any], statement: str) -> None:
    assert write(Athena(error), statement) == "1"
