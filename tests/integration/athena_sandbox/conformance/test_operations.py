"""Section 1: operations, their members and errors."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import RESULTS, Athena

UNKNOWN = "00000000-0000-0000-0000-000000000000"


def body(caught: pytest.ExceptionInfo[ClientError]) -> dict[str, Any]:
    return dict(caught.value.response)


# -- 1.2 StartQueryExecution ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "code", "message"),
    [
        ("selec 1", "MALFORMED_QUERY", "line 1:1: mismatched input 'selec'. Expecting: "),
        (
            "select 1; select 2",
            "MALFORMED_QUERY",
            "Only one sql statement is allowed. Got: select 1; select 2",
        ),
        (";", "MALFORMED_QUERY", "Empty sql statement: ;"),
    ],
)
def test_syntax_is_answered_at_once(athena: Athena, sql: str, code: str, message: str) -> None:
    error = athena.refusal(sql)
    assert error["Error"]["Code"] == "InvalidRequestException"
    assert error["AthenaErrorCode"] == code
    assert error["Message"].startswith(message)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"ClientRequestToken": "x" * 128 + "y"}, "clientRequestToken exceeds maximum allowed length 128"),
        ({"ResultConfiguration": {"OutputLocation": "nowhere"}}, "outputLocation is not a valid S3 path."),
        ({"ResultConfiguration": None}, "No output location provided."),
        ({"WorkGroup": "nothing"}, "WorkGroup is not found."),
    ],
)
def test_requests_are_checked_in_athenas_words(athena: Athena, more: dict[str, Any], message: str) -> None:
    # botocore itself would stop the token that is too long.
    athena.client.meta.config.parameter_validation = False
    error = athena.refusal("select 1", **more)
    assert error["AthenaErrorCode"] == "INVALID_INPUT"
    assert error["Message"].startswith(message)


def test_the_token_is_looked_at_before_the_location_and_the_statement(athena: Athena) -> None:
    token = str(uuid.uuid4())
    athena.start("select 1", ClientRequestToken=token)
    wrong = {"ResultConfiguration": {"OutputLocation": "nowhere"}, "ClientRequestToken": token}
    broken = "alter table hive add column x int"
    assert athena.refusal(broken, **wrong)["Message"] == "outputLocation is not a valid S3 path."
    assert "no viable alternative" in athena.refusal(broken, ClientRequestToken=token)["Message"]
    assert athena.refusal("select 2", ClientRequestToken=token)["AthenaErrorCode"] == (
        "IDEMPOTENT_PARAMETER_MISMATCH"
    )


def test_a_rejected_call_leaves_its_token_free(athena: Athena) -> None:
    token = str(uuid.uuid4())
    athena.refusal("selec 1", ClientRequestToken=token)
    assert athena.do("select 1", ClientRequestToken=token).state == "SUCCEEDED"


def test_a_token_does_not_cover_parameters(athena: Athena) -> None:
    token = str(uuid.uuid4())
    first = athena.start("select ?", ClientRequestToken=token, ExecutionParameters=["1"])
    assert athena.start("select ?", ClientRequestToken=token, ExecutionParameters=["2"]) == first


@pytest.mark.parametrize(
    ("sql", "parameters", "rows"),
    [
        ("select ? as x", ["1"], [["x"], ["1"]]),
        ("select ? as x", ["word"], [["x"], ["word"]]),
        ("select ? as x", ["'quo''ted'"], [["x"], ["quo'ted"]]),
        ("select ? as x", ["date '2020-01-01'"], [["x"], ["2020-01-01"]]),
        ("select 1 as x", ["2"], [["x"], ["1"]]),
    ],
)
def test_parameters(athena: Athena, sql: str, parameters: list[str], rows: list[list[str]]) -> None:
    assert athena.do(sql, ExecutionParameters=parameters).rows == rows


def test_a_wrong_count_of_parameters_fails(athena: Athena) -> None:
    ended = athena.run("select ?, ?", ExecutionParameters=["1"])
    assert ended.reason.startswith("INVALID_PARAMETER_USAGE")
    assert (ended.error["ErrorCategory"], ended.error["ErrorType"]) == (2, 1100)


# -- 1.2 GetQueryExecution and GetQueryResults ----------------------------------------------------


def test_an_execution_has_athenas_members(athena: Athena) -> None:
    execution = athena.do("select 1 ; ", context={"Catalog": "AwsDataCatalog"}).execution
    assert execution["Query"] == "select 1"
    assert execution["QueryExecutionContext"] == {"Catalog": "awsdatacatalog", "Database": athena.database}
    assert execution["EngineVersion"] == {
        "SelectedEngineVersion": "AUTO",
        "EffectiveEngineVersion": "Athena engine version 3",
    }
    assert execution["ResultConfiguration"]["OutputLocation"] == (
        f"{RESULTS}{execution['QueryExecutionId']}.csv"
    )
    assert {"SubmissionDateTime", "CompletionDateTime"} <= execution["Status"].keys()
    assert "AthenaError" not in execution["Status"]
    assert "ExecutionParameters" not in execution
    assert execution["Statistics"]["ResultReuseInformation"] == {"ReusedPreviousResult": False}
    times = ("Engine", "Total")
    assert all(isinstance(execution["Statistics"][f"{name}ExecutionTimeInMillis"], int) for name in times)


def test_unknown_executions(athena: Athena) -> None:
    for operation in ("get_query_execution", "get_query_results", "stop_query_execution"):
        with pytest.raises(ClientError) as caught:
            getattr(athena.client, operation)(QueryExecutionId=UNKNOWN)
        assert body(caught)["AthenaErrorCode"] == "QUERY_EXECUTION_NOT_FOUND"
        assert body(caught)["Message"] == f"QueryExecution {UNKNOWN} was not found"
    known = athena.do("select 1").id
    answer = athena.client.batch_get_query_execution(QueryExecutionIds=[known, UNKNOWN])
    assert [execution["QueryExecutionId"] for execution in answer["QueryExecutions"]] == [known]
    (missing,) = answer["UnprocessedQueryExecutionIds"]
    assert (missing["QueryExecutionId"], missing["ErrorCode"]) == (UNKNOWN, "QUERY_EXECUTION_NOT_FOUND")


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [
        ("describe ", ""),
        ("show columns in ", ""),
        ("show create table ", ""),
        ("show tblproperties ", ""),
        ("alter table ", " set tblproperties ('a' = 'b')"),
        ("drop table if exists ", "_nothing"),
        ("msck repair table ", ""),
    ],
)
def test_the_default_catalog_disappears_from_the_query(athena: Athena, prefix: str, suffix: str) -> None:
    name = f"{athena.database}.hive{suffix}"
    assert athena.do(f"{prefix}awsdatacatalog.{name}").execution["Query"] == f"{prefix}{name}"


def test_reading_results_too_early_too_much_or_of_nothing(athena: Athena) -> None:
    slow = athena.start(
        "select count(*) from unnest(sequence(1, 10000)) as a (x) "
        "cross join unnest(sequence(1, 10000)) as b (x) cross join unnest(sequence(1, 10000)) as c (x)"
    )
    cases: list[tuple[dict[str, Any], str, str]] = [
        (
            {"QueryExecutionId": slow},
            "INVALID_QUERY_EXECUTION_STATE",
            "Query has not yet finished. Current state: RUNNING",
        ),
        (
            {"QueryExecutionId": slow, "MaxResults": 1001},
            "INVALID_INPUT",
            "MaxResults is more than maximum allowed length 1000",
        ),
    ]
    failed = athena.run("select 1 / 0").id
    done = athena.do("select 1").id
    cases += [
        (
            {"QueryExecutionId": failed},
            "INVALID_QUERY_EXECUTION_STATE",
            "Query did not finish successfully. Final query state: FAILED",
        ),
        ({"QueryExecutionId": done, "NextToken": "x"}, "INVALID_INPUT", "Malformed nextPageToken x"),
    ]
    for request, code, message in cases:
        with pytest.raises(ClientError) as caught:
            athena.client.get_query_results(**request)
        assert (body(caught)["AthenaErrorCode"], body(caught)["Message"]) == (code, message)
    athena.client.stop_query_execution(QueryExecutionId=slow)
    with pytest.raises(ClientError) as caught:
        athena.client.get_query_results(QueryExecutionId=slow)
    assert (body(caught)["AthenaErrorCode"], body(caught)["Message"]) == (
        "RESULT_NOT_FOUND",
        "Could not find results",
    )


def test_a_full_page_always_has_a_token(athena: Athena) -> None:
    query = athena.do("select x from unnest(sequence(1, 4)) as t (x)").id
    page = athena.client.get_query_results(QueryExecutionId=query, MaxResults=5)
    assert len(page["ResultSet"]["Rows"]) == 5
    last = athena.client.get_query_results(QueryExecutionId=query, NextToken=page["NextToken"])
    assert last["ResultSet"]["Rows"] == []
    assert "NextToken" not in last


# -- 1.3 work groups, prepared statements, named queries, catalogs, tags --------------------------


def test_a_work_group_has_the_members_that_clients_read(athena: Athena) -> None:
    group = athena.client.get_work_group(WorkGroup="primary")["WorkGroup"]
    assert (group["Name"], group["State"]) == ("primary", "ENABLED")
    configuration = group["Configuration"]
    assert configuration["EnforceWorkGroupConfiguration"] is False
    assert configuration["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert configuration["RequesterPaysEnabled"] is False
    assert configuration["ResultConfiguration"] == {}


@pytest.fixture
def group(athena: Athena) -> Any:
    name = f"g-{uuid.uuid4().hex[:8]}"
    athena.client.create_work_group(
        Name=name, Configuration={"ResultConfiguration": {"OutputLocation": f"{RESULTS}{name}/"}}
    )
    yield name
    athena.client.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def test_an_enforcing_group_replaces_the_location_silently(athena: Athena, group: str) -> None:
    assert athena.do("select 1", WorkGroup=group).location.startswith(f"{RESULTS}{group}/")


def test_an_enforcing_group_puts_ctas_below_its_own_location(athena: Athena, group: str) -> None:
    name = f"t_{uuid.uuid4().hex}"
    ended = athena.do(f"create table {name} as select 1 as a", WorkGroup=group)
    table = athena.glue.get_table(DatabaseName=athena.database, Name=name)["Table"]
    assert table["StorageDescriptor"]["Location"].rstrip("/") == f"{RESULTS}{group}/tables/{ended.id}"
    text = f"create table {name}_x with (external_location = '{athena.place}/') as select 1 as a"
    assert "external_location" in athena.problem(text, WorkGroup=group)


def test_a_disabled_group_rejects(athena: Athena, group: str) -> None:
    athena.client.update_work_group(WorkGroup=group, State="DISABLED")
    assert athena.refusal("select 1", WorkGroup=group)["Error"]["Code"] == "InvalidRequestException"


def test_managed_results_have_no_location(athena: Athena) -> None:
    name = f"m-{uuid.uuid4().hex[:8]}"
    managed = {"ManagedQueryResultsConfiguration": {"Enabled": True}}
    athena.client.create_work_group(Name=name, Configuration=managed)
    ended = athena.do("select 1 as x", WorkGroup=name, ResultConfiguration=None)
    assert "OutputLocation" not in ended.execution["ResultConfiguration"]
    assert ended.execution["ManagedQueryResultsConfiguration"]["Enabled"] is True
    assert ended.rows == [["x"], ["1"]]
    assert athena.refusal("select 1", WorkGroup=name)["Message"] == (
        "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together."
    )
    place = athena.place
    table = f"t_{uuid.uuid4().hex}"
    athena.do(
        f"create table {table} with (external_location = '{place}/') as select 1 as a",
        WorkGroup=name,
        ResultConfiguration=None,
    )
    assert athena.do(f"select a from {table}").rows == [["a"], ["1"]]
    with pytest.raises(ClientError, match=f"WorkGroup {name} is not empty"):
        athena.client.delete_work_group(WorkGroup=name)
    athena.client.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def test_primary_stays_and_groups_exist_once(athena: Athena, group: str) -> None:
    for call in (
        lambda: athena.client.delete_work_group(WorkGroup="primary"),
        lambda: athena.client.create_work_group(Name=group),
        lambda: athena.client.get_work_group(WorkGroup="nothing"),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert body(caught)["Error"]["Code"] == "InvalidRequestException"


def test_prepared_statements(athena: Athena, group: str) -> None:
    named = {"StatementName": "p1", "WorkGroup": group}
    athena.client.create_prepared_statement(QueryStatement="select ? as x", Description="d", **named)
    statement = athena.client.get_prepared_statement(**named)["PreparedStatement"]
    assert statement.keys() == {
        "StatementName",
        "QueryStatement",
        "WorkGroupName",
        "Description",
        "LastModifiedTime",
    }
    with pytest.raises(ClientError) as caught:
        athena.client.create_prepared_statement(QueryStatement="select 1", **named)
    assert body(caught)["Error"]["Code"] == "InvalidRequestException"
    assert athena.do("execute p1 using 7", WorkGroup=group).rows == [["x"], ["7"]]
    assert athena.do("execute p1", WorkGroup=group, ExecutionParameters=["8"]).rows == [["x"], ["8"]]
    athena.client.delete_prepared_statement(**named)
    for operation in ("get_prepared_statement", "delete_prepared_statement"):
        with pytest.raises(ClientError) as caught:
            getattr(athena.client, operation)(**named)
        assert body(caught)["Error"]["Code"] == "ResourceNotFoundException"
        assert body(caught)["ResourceName"]


def test_statements_prepared_in_sql_belong_to_the_group(athena: Athena, group: str) -> None:
    athena.do("prepare p2 from select n from hive where n > ?", WorkGroup=group)
    statement = athena.client.get_prepared_statement(StatementName="p2", WorkGroup=group)
    assert statement["PreparedStatement"]["QueryStatement"] == "select n from hive where n > ?"
    assert athena.do("execute p2 using 1", WorkGroup=group).rows == [["n"], ["2"]]
    athena.do("deallocate prepare p2", WorkGroup=group)
    assert athena.run("execute p2 using 1", WorkGroup=group).state == "FAILED"


def test_named_queries(athena: Athena, group: str) -> None:
    made = athena.client.create_named_query(
        Name="n", Database="d", QueryString="select 1", WorkGroup=group, ClientRequestToken=str(uuid.uuid4())
    )["NamedQueryId"]
    query = athena.client.get_named_query(NamedQueryId=made)["NamedQuery"]
    assert {query["Name"], query["Database"], query["QueryString"]} == {"n", "d", "select 1"}
    assert athena.client.list_named_queries(WorkGroup=group)["NamedQueryIds"] == [made]
    answer = athena.client.batch_get_named_query(NamedQueryIds=[made, UNKNOWN])
    assert [missing["NamedQueryId"] for missing in answer["UnprocessedNamedQueryIds"]] == [UNKNOWN]


def test_the_default_catalog_is_listed(athena: Athena) -> None:
    (summary, *_) = athena.client.list_data_catalogs()["DataCatalogsSummary"]
    assert (summary["CatalogName"], summary["Type"]) == ("AwsDataCatalog", "GLUE")


def test_metadata(athena: Athena) -> None:
    where = {"CatalogName": "AwsDataCatalog", "DatabaseName": athena.database}
    table = athena.client.get_table_metadata(TableName="hive", **where)["TableMetadata"]
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Columns"] == [
        {"Name": "n", "Type": "int", "Comment": "a number"},
        {"Name": "s", "Type": "string"},
    ]
    assert table["PartitionKeys"] == [{"Name": "p", "Type": "string"}]
    listed = athena.client.list_table_metadata(Expression="hi.*", **where)["TableMetadataList"]
    assert [found["Name"] for found in listed] == ["hive"]
    assert athena.client.get_database(**where)["Database"]["Name"] == athena.database
    for operation, more in (
        ("get_table_metadata", {"TableName": "nothing", **where}),
        ("get_database", {"CatalogName": "AwsDataCatalog", "DatabaseName": "nothing"}),
        ("list_table_metadata", {"CatalogName": "AwsDataCatalog", "DatabaseName": "nothing"}),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(athena.client, operation)(**more)
        assert body(caught)["Error"]["Code"] == "MetadataException"


def test_tags(athena: Athena, group: str) -> None:
    arn = f"arn:aws:athena:eu-central-1:000000000000:workgroup/{group}"
    athena.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    athena.client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert athena.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    with pytest.raises(ClientError) as caught:
        athena.client.list_tags_for_resource(ResourceARN=f"{arn}-nothing")
    assert body(caught)["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("create_capacity_reservation", {"TargetDpus": 24, "Name": "r"}),
        ("list_capacity_reservations", {}),
        ("create_notebook", {"WorkGroup": "primary", "Name": "n"}),
    ],
)
def test_what_is_not_served_is_refused_by_name(
    athena: Athena, operation: str, request_: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match=r"Operation \w+ is not supported by this server"):
        getattr(athena.client, operation)(**request_)
