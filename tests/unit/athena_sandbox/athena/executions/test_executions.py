"""The rules of query executions, on a double of Trino."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from athena_sandbox.athena.errors import (
    Failure,
    InvalidRequestError,
    MalformedQueryError,
    StateError,
    TooManyRequestsError,
)
from athena_sandbox.athena.executions.model import (
    Execution,
    Request,
    Result,
    State,
    Statistics,
    from_record,
    to_record,
)
from athena_sandbox.athena.executions.outcome import Outcome, Run
from athena_sandbox.athena.executions.service import ExecutionService, Limits
from athena_sandbox.athena.executions.store import ExecutionStore
from athena_sandbox.athena.handlers.base import Services
from athena_sandbox.athena.handlers.interrupted import Interruptions
from athena_sandbox.athena.handlers.queries import passthrough
from athena_sandbox.athena.operations.executions import execution_members
from athena_sandbox.athena.resources.documents import DocumentStore
from athena_sandbox.athena.resources.prepared import PreparedStatements
from athena_sandbox.athena.results.columns import ColumnInfo
from athena_sandbox.athena.results.layout import Body
from athena_sandbox.athena.statements.ast import Statement
from athena_sandbox.athena.statements.classify import classify
from athena_sandbox.athena.statements.parser import parse

SELECT = "select 1"


def request(query: str = SELECT, token: str = "t" * 32, **more: Any) -> Request:
    return Request(query, "primary", "s3://b/out/", raw_query=query, token=token, **more)


class Glue:
    """A catalog of tables by name, all of one database."""

    def __init__(self) -> None:
        self.tables: dict[str, Any] = {}
        self.dead = False

    def of(self, catalog: str) -> Glue:
        return self

    def database(self, name: str) -> Any:
        if self.dead:
            raise EndpointConnectionError(endpoint_url="http://glue")
        return {"Name": name}

    def table(self, database: str, name: str) -> Any:
        return self.tables.get(name)


class Bench:
    """A service on the doubles; `start` is StartQueryExecution, `ended` waits for an execution's end."""

    def __init__(self, trino: Any, objects: Any, path: Path, **limits: int) -> None:
        self.store = ExecutionStore(path / "executions.sqlite")
        self.client = trino.client()
        self.glue = Glue()
        glue: Any = self.glue
        self.services = Services(glue, objects, PreparedStatements(DocumentStore(path / "resources.sqlite")))
        self.settle = Interruptions(self.services, self.client, seconds=0).outcome
        self.objects = objects
        self.service = self.restarted(**limits)

    def restarted(self, **limits: int) -> ExecutionService:
        """A service on what an earlier one has left."""
        limit = Limits(**limits)
        return ExecutionService(self.store, self.client, self.objects, self.handle, self.settle, limits=limit)

    async def handle(self, statement: Statement, run: Run) -> Outcome:
        return await passthrough(self.services, statement, run)

    async def start(self, query: str = SELECT, token: str = "t" * 32, **more: Any) -> str:
        asked = request(query, token, **more)
        statement = parse(query)
        return await self.service.start(asked, statement, classify(statement))

    async def ended(self, execution_id: str) -> Execution:
        for _ in range(2000):
            execution = self.service.get(execution_id)
            if execution.state.ended:
                return execution
            await asyncio.sleep(0.001)
        raise AssertionError("the execution does not end")


Story = Callable[[Bench], Awaitable[Any]]


@pytest.fixture
def play(trino: Any, objects: Any, tmp_path: Path) -> Callable[..., Any]:
    def run(story: Story, **limits: int) -> Any:
        async def inside() -> Any:
            return await story(Bench(trino, objects, tmp_path, **limits))

        return asyncio.run(inside())

    return run


def test_a_query_succeeds_and_leaves_its_files(play: Any, trino: Any, objects: Any) -> None:
    stats = {"state": "FINISHED", "physicalInputBytes": 4096, "planningTimeMillis": 3}
    trino.rows(SELECT, [("a", "integer")], [[1], [None]], stats=stats)

    async def story(bench: Bench) -> Execution:
        return await bench.ended(await bench.start())

    execution = play(story)
    assert execution.state is State.SUCCEEDED
    assert execution.output_location == f"s3://b/out/{execution.id}.csv"
    assert objects.objects[execution.output_location] == b'"a"\n"1"\n\n'
    assert f"{execution.output_location}.metadata" in objects.objects
    assert execution.statistics.scanned_bytes == 4096
    assert execution.statistics.planning_ms == 3
    assert execution.result.columns == (ColumnInfo("a", "integer", 10, 0, False),)
    assert execution.result.update_count == 0


def test_every_millisecond_of_the_total_is_in_one_of_its_parts(play: Any, trino: Any) -> None:
    trino.rows(SELECT, [("a", "integer")], [[1]])

    async def story(bench: Bench) -> Execution:
        return await bench.ended(await bench.start())

    told = play(story).statistics
    parts = (told.queue_ms, told.preprocessing_ms, told.engine_ms, told.processing_ms)
    # Any time at all counts as one: Athena has no query without a time in the queue.
    assert min(parts) >= 1
    assert told.total_ms == sum(parts)


def test_the_settings_of_a_result_are_shown_with_its_place() -> None:
    settings = {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "k"}}
    execution = Execution(
        "id", request(result_settings=settings), classify(parse(SELECT)), "s3://b/out/id.csv", submitted=1.0
    )
    assert execution_members(execution)["ResultConfiguration"] == {
        "OutputLocation": "s3://b/out/id.csv",
        **settings,
    }
    managed = replace(execution, request=request(result_settings=settings, managed_results=True))
    assert execution_members(managed)["ManagedQueryResultsConfiguration"] == {"Enabled": True, **settings}
    assert from_record(to_record(execution)) == execution
    assert request().reuse_key() != request(result_settings=settings).reuse_key()


def test_the_engine_is_asked_in_utc_with_full_timestamps(play: Any, trino: Any) -> None:
    async def story(bench: Bench) -> None:
        await bench.ended(await bench.start(catalog="AwsDataCatalog", database="Db"))

    play(story)
    headers = trino.headers[0]
    assert headers["x-trino-catalog"] == "awsdatacatalog"
    assert headers["x-trino-schema"] == "db"
    assert headers["x-trino-time-zone"] == "UTC"
    assert headers["x-trino-client-capabilities"] == "PARAMETRIC_DATETIME"


def test_an_analysis_error_fails_the_execution(play: Any, trino: Any) -> None:
    trino.error(SELECT, "TABLE_NOT_FOUND", "line 1:15: Table 'iceberg.d.t' does not exist")

    async def story(bench: Bench) -> Execution:
        return await bench.ended(await bench.start())

    execution = play(story)
    assert execution.state is State.FAILED
    assert execution.reason == "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.d.t' does not exist"
    assert execution.failure == Failure(execution.reason, 2, 1301)


def test_a_full_disk_is_named_where_the_engine_names_it_in_a_cause_only(play: Any, trino: Any) -> None:
    trino.error(SELECT, "HIVE_WRITER_CLOSE_ERROR", "Error committing write parquet to Hive")
    full = "No space is left on the disk of /objects: no space left on device. Free some and try again."
    failure = trino.answers[SELECT][0]["error"]["failureInfo"]
    failure["cause"] = {"message": "Put failed", "cause": {"message": full}}

    async def story(bench: Bench) -> Execution:
        return await bench.ended(await bench.start())

    expected = f"HIVE_WRITER_CLOSE_ERROR: Error committing write parquet to Hive: {full}"
    assert play(story).reason == expected


def test_information_schema_without_its_catalog_fails_and_is_not_empty(play: Any) -> None:
    query = "select column_name from information_schema.columns where table_name = 't'"

    async def story(bench: Bench) -> Execution:
        bench.glue.dead = True
        return await bench.ended(await bench.start(query))

    execution = play(story)
    assert is_retryable(execution)
    assert "The data catalog does not answer" in (execution.reason or "")


def test_a_syntax_error_refuses_the_request_and_frees_its_token(play: Any, trino: Any) -> None:
    trino.error("selec 1", "SYNTAX_ERROR", "line 1:1: mismatched input 'selec'", parsing=True)

    async def story(bench: Bench) -> None:
        with pytest.raises(MalformedQueryError, match=r"^line 1:1: mismatched input 'selec'$"):
            await bench.start("selec 1")
        assert bench.store.recent(10) == []
        await bench.ended(await bench.start(SELECT))

    play(story)


def test_a_repeated_token_returns_the_first_execution(play: Any, trino: Any) -> None:
    async def story(bench: Bench) -> None:
        first = await bench.start()
        await bench.ended(first)
        assert await bench.start() == first
        assert len(trino.statements) == 1

    play(story)


@pytest.mark.parametrize(
    "change", [{"query": "select 2"}, {"database": "x"}, {"requested_output": "s3://b/x/"}]
)
def test_a_token_used_for_another_request_is_refused(play: Any, change: dict[str, str]) -> None:
    async def story(bench: Bench) -> None:
        await bench.start()
        with pytest.raises(InvalidRequestError, match=r"^Idempotent parameters do not match$") as caught:
            await bench.start(**change)
        assert caught.value.code == "IDEMPOTENT_PARAMETER_MISMATCH"

    play(story)


def test_more_than_the_queue_holds_is_refused(play: Any, trino: Any) -> None:
    async def story(bench: Bench) -> None:
        trino.gate = asyncio.Event()
        waiting = [asyncio.create_task(bench.start(token=str(number) * 32)) for number in range(3)]
        await asyncio.sleep(0.01)
        with pytest.raises(TooManyRequestsError) as caught:
            await bench.start(token="x" * 32)
        assert caught.value.members == {"Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED"}
        trino.gate.set()
        states = [(await bench.ended(await task)).state for task in waiting]
        assert states == [State.SUCCEEDED] * 3

    play(story, running_dml=1, active=3)


def test_queries_beyond_the_running_ones_wait_in_the_queue(play: Any, trino: Any) -> None:
    async def story(bench: Bench) -> None:
        trino.gate = asyncio.Event()
        first = asyncio.create_task(bench.start(token="1" * 32))
        await asyncio.sleep(0.01)
        second = await bench.start(token="2" * 32)
        assert bench.service.get(second).state is State.QUEUED
        trino.gate.set()
        assert (await bench.ended(second)).state is State.SUCCEEDED
        await bench.ended(await first)

    play(story, running_dml=1)


def test_stop_cancels_at_the_engine(play: Any, trino: Any) -> None:
    trino.answers[SELECT] = [{"stats": {"state": "RUNNING"}}] * 1000

    async def story(bench: Bench) -> None:
        execution_id = await bench.start()
        await bench.service.stop(execution_id)
        execution = bench.service.get(execution_id)
        assert execution.state is State.CANCELLED
        assert execution.reason == "Query cancelled by user"
        assert execution.failure is None
        assert trino.cancelled == ["query_0"]
        await bench.service.stop(execution_id)

    play(story)


def test_the_scan_limit_of_a_work_group_cancels(play: Any, trino: Any) -> None:
    running = {"stats": {"state": "RUNNING", "physicalInputBytes": 10_000_001}}
    data = {"columns": [], "data": [[]], **running}
    trino.answers[SELECT] = [running, data, *[running] * 1000]

    async def story(bench: Bench) -> Execution:
        return await bench.ended(await bench.start(scan_cutoff=10_000_000))

    execution = play(story)
    assert (execution.state, execution.reason) == (State.CANCELLED, "Bytes scanned limit was exceeded")
    assert trino.cancelled == ["query_0"]


def test_a_dead_engine_fails_the_query_retryably_and_later_queries_run(play: Any, trino: Any) -> None:
    async def story(bench: Bench) -> None:
        trino.dead = True
        execution = await bench.ended(await bench.start(token="1" * 32))
        assert execution.state is State.FAILED
        assert execution.failure is not None
        assert (execution.failure.category, execution.failure.retryable) == (1, True)
        trino.dead = False
        assert (await bench.ended(await bench.start(token="2" * 32))).state is State.SUCCEEDED

    play(story)


def test_a_starting_engine_is_waited_for(play: Any, trino: Any, objects: Any, tmp_path: Path) -> None:
    starting = {"errorName": "SERVER_STARTING_UP", "message": "Trino server is still initializing"}
    trino.answers[SELECT] = [{"stats": {"state": "FAILED"}, "error": starting}]

    async def story(bench: Bench) -> None:
        service = ExecutionService(bench.store, trino.client(patience=5), objects, bench.handle, bench.settle)
        bench.service = service
        begun = asyncio.create_task(bench.start())
        while len(trino.statements) < 3:
            await asyncio.sleep(0.001)
        trino.answers[SELECT] = [{"stats": {"state": "FINISHED"}}]
        assert (await bench.ended(await begun)).state is State.SUCCEEDED

    play(story)


INSERT = "insert into t values 1"
CREATE = "create table t with (table_type = 'ICEBERG', location = 's3://b/t/') as select 1 a"


def left_open(query: str, engine_query: str | None, *, running: bool = True) -> Execution:
    # Newer than the history's limit.
    kind = classify(parse(query))
    left = Execution("e1", request(query), kind, "s3://b/out/e1", 4e9)
    left = left.run() if running else left
    return left if engine_query is None else left.on_engine(engine_query)


@pytest.fixture
def after_a_kill(play: Any, trino: Any) -> Callable[..., Execution]:
    """The end of an execution that a killed service left; `snapshots` are the queries that wrote to t."""

    def end(left: Execution, snapshots: list[str] | None = None) -> Execution:
        async def story(bench: Bench) -> Execution:
            bench.store.save(left)
            if snapshots is not None:
                summaries = [{"summary": {"trino_query_id": query}} for query in snapshots]
                bench.objects.objects["s3://b/t/metadata/1.json"] = json.dumps(
                    {"snapshots": summaries}
                ).encode()
                parameters = {"table_type": "ICEBERG", "metadata_location": "s3://b/t/metadata/1.json"}
                bench.glue.tables["t"] = {
                    "DatabaseName": "d",
                    "Name": "t",
                    "Parameters": parameters,
                    "StorageDescriptor": {"Location": "s3://b/t"},
                }
            bench.service = bench.restarted()
            await bench.service.recover()
            execution = await bench.ended("e1")
            # The token finds the same execution, and its true end.
            again = bench.service.find_repeated(left.request)
            assert again is not None
            assert again.id == "e1"
            return execution

        return play(story)

    return end


def is_retryable(execution: Execution) -> bool:
    assert execution.state is State.FAILED
    assert execution.failure is not None
    return execution.failure.retryable


@pytest.mark.parametrize("query", [SELECT, "show tables", "explain select 1", "vacuum t"])
def test_what_only_reads_may_be_run_again(after_a_kill: Any, trino: Any, query: str) -> None:
    assert is_retryable(after_a_kill(left_open(query, "query_7")))
    assert trino.cancelled == ["query_7"]


@pytest.mark.parametrize(
    ("update", "written", "count"), [("INSERT", 3, 3), ("MERGE", 0, None), ("DELETE", 0, None)]
)
def test_a_write_that_the_engine_has_finished_succeeded(
    after_a_kill: Any, trino: Any, objects: Any, update: str, written: int, count: int | None
) -> None:
    query = {
        "INSERT": INSERT,
        "MERGE": "merge into t using s on t.a = s.a when matched then delete",
        "DELETE": "delete from t",
    }[update]
    stats = {"writtenPositions": written}
    trino.infos["query_7"] = {"state": "FINISHED", "updateType": update, "queryStats": stats}
    execution = after_a_kill(left_open(query, "query_7"))
    assert execution.state is State.SUCCEEDED
    assert execution.result.update_count == count
    assert "s3://b/out/e1.metadata" in objects.objects
    assert trino.cancelled == []


@pytest.mark.parametrize(
    ("query", "subtype"),
    [
        (CREATE, "CREATE_TABLE_AS_SELECT"),
        ("unload (select 1 a) to 's3://b/u/' with (format = 'PARQUET')", "UNLOAD"),
    ],
)
def test_a_finished_ctas_or_unload_succeeded(after_a_kill: Any, trino: Any, query: str, subtype: str) -> None:
    stats = {"writtenPositions": 1}
    trino.infos["query_7"] = {"state": "FINISHED", "updateType": "CREATE TABLE", "queryStats": stats}
    execution = after_a_kill(left_open(query, "query_7"))
    assert (execution.state, execution.kind.subtype) == (State.SUCCEEDED, subtype)


def test_a_write_that_the_engine_has_failed_has_the_engines_reason(after_a_kill: Any, trino: Any) -> None:
    code = {"name": "DIVISION_BY_ZERO", "type": "USER_ERROR"}
    failure = {"message": "Division by zero"}
    trino.infos["query_7"] = {"state": "FAILED", "errorCode": code, "failureInfo": failure}
    execution = after_a_kill(left_open(INSERT, "query_7"))
    assert execution.reason == "DIVISION_BY_ZERO: Division by zero"


def cancelled(finishing: str, name: str = "USER_CANCELED") -> dict[str, Any]:
    """Trino's QueryInfo of a query that was ended from outside, this long after its commit began."""
    return {"state": "FAILED", "errorCode": {"name": name}, "queryStats": {"finishingTime": finishing}}


def test_a_write_that_was_cancelled_before_its_commit_may_be_run_again(after_a_kill: Any, trino: Any) -> None:
    trino.infos["query_7"] = cancelled("0.00ms")
    assert is_retryable(after_a_kill(left_open(INSERT, "query_7"), snapshots=["query_6"]))
    assert is_retryable(after_a_kill(left_open(INSERT, "query_7")))


@pytest.mark.parametrize("name", ["USER_CANCELED", "ABANDONED_QUERY"])
def test_a_write_that_was_ended_in_its_commit_is_not_to_be_repeated(
    after_a_kill: Any, trino: Any, name: str
) -> None:
    trino.infos["query_7"] = cancelled("4.10s", name)
    # Its snapshot may come later than the cancellation.
    for snapshots in (None, ["query_6"]):
        execution = after_a_kill(left_open(INSERT, "query_7"), snapshots=snapshots)
        assert not is_retryable(execution)
        assert "it may have run" in (execution.reason or "")
    assert after_a_kill(left_open(INSERT, "query_7"), snapshots=["query_7"]).state is State.SUCCEEDED


def test_a_write_whose_engine_waits_for_a_reader_has_run_when_its_snapshot_is_there(
    after_a_kill: Any, trino: Any
) -> None:
    stats = {"writtenPositions": 3, "finishingTime": "4.10s"}
    trino.infos["query_7"] = {"state": "FINISHING", "updateType": "INSERT", "queryStats": stats}
    execution = after_a_kill(left_open(INSERT, "query_7"), snapshots=["query_7"])
    assert (execution.state, execution.result.update_count) == (State.SUCCEEDED, 3)
    # Nobody knows of a Hive table's, nor of a commit that isn't there yet.
    for snapshots in (None, ["query_6"]):
        execution = after_a_kill(left_open(INSERT, "query_7"), snapshots=snapshots)
        assert not is_retryable(execution)
        assert "it may have run" in (execution.reason or "")
    assert trino.cancelled == []


def test_a_write_whose_commit_is_slow_is_waited_for(play: Any, trino: Any) -> None:
    trino.infos["query_7"] = {"state": "FINISHING"}

    async def story(bench: Bench) -> Execution:
        bench.settle = Interruptions(bench.services, bench.client, seconds=10).outcome
        bench.store.save(left_open(INSERT, "query_7"))
        bench.service = bench.restarted()
        await bench.service.recover()
        await asyncio.sleep(0.02)
        assert not bench.service.get("e1").state.ended
        stats = {"writtenPositions": 1}
        trino.infos["query_7"] = {"state": "FINISHED", "updateType": "INSERT", "queryStats": stats}
        return await bench.ended("e1")

    assert play(story).state is State.SUCCEEDED


def test_a_committed_write_needs_no_engine(after_a_kill: Any, trino: Any) -> None:
    trino.dead = True
    assert after_a_kill(left_open(INSERT, "query_7"), snapshots=["query_7"]).state is State.SUCCEEDED


@pytest.mark.parametrize("query", [INSERT, CREATE, "delete from t", "optimize t rewrite data using bin_pack"])
def test_after_an_engine_restart_the_tables_snapshots_tell(after_a_kill: Any, trino: Any, query: str) -> None:
    assert after_a_kill(left_open(query, "query_7"), snapshots=["query_7"]).state is State.SUCCEEDED
    assert is_retryable(after_a_kill(left_open(query, "query_7"), snapshots=["query_6"]))


def test_a_write_with_an_unknown_end_is_not_to_be_repeated(after_a_kill: Any, trino: Any) -> None:
    # A Hive table, or none: nothing in it names the query.
    execution = after_a_kill(left_open(INSERT, "query_7"))
    assert not is_retryable(execution)
    assert "it may have run" in (execution.reason or "")
    trino.dead = True
    assert not is_retryable(after_a_kill(left_open(INSERT, "query_7"), snapshots=["query_6"]))


def test_a_write_with_an_unknown_end_says_how_to_find_out(play: Any, trino: Any) -> None:
    async def story(bench: Bench) -> Execution:
        bench.glue.tables["t"] = {
            "DatabaseName": "d",
            "Name": "t",
            "StorageDescriptor": {"Location": "s3://b/t"},
        }
        bench.store.save(left_open(INSERT, "query_7"))
        bench.service = bench.restarted()
        await bench.service.recover()
        return await bench.ended("e1")

    execution = play(story)
    assert not is_retryable(execution)
    assert execution.reason == (
        "GENERIC_INTERNAL_ERROR: The service was restarted while the statement was running and can't tell "
        "how it ended: it may have run. Before you run it again, look for its files where the table and its "
        "partitions lie: aws s3 ls --recursive s3://b/t/ | grep query_7"
    )


def test_a_write_to_iceberg_with_an_unknown_end_names_the_query_that_tells(
    after_a_kill: Any, trino: Any
) -> None:
    trino.infos["query_7"] = {"state": "FINISHING"}
    execution = after_a_kill(left_open(INSERT, "query_7"), snapshots=["query_6"])
    assert not is_retryable(execution)
    assert (execution.reason or "").endswith(
        "it may have run. Before you run it again, look for its snapshot: "
        "select * from \"d\".\"t$snapshots\" where element_at(summary, 'trino_query_id') = 'query_7'"
    )


def test_what_was_never_sent_may_be_run_again(after_a_kill: Any) -> None:
    assert is_retryable(after_a_kill(left_open(INSERT, None)))
    assert is_retryable(after_a_kill(left_open("drop table t", None, running=False)))
    # DDL that was begun works on the catalog, without the engine.
    assert not is_retryable(after_a_kill(left_open("drop table t", None)))


def test_a_write_whose_engine_dies_is_not_to_be_repeated(play: Any, trino: Any) -> None:
    trino.answers[INSERT] = [{"stats": {"state": "RUNNING"}}, {"stats": {"state": "FINISHED"}}]

    async def story(bench: Bench) -> Execution:
        trino.gate = asyncio.Event()
        started = asyncio.create_task(bench.start(INSERT))
        while not trino.statements:
            await asyncio.sleep(0.001)
        trino.dead = True
        trino.gate.set()
        return await bench.ended(await started)

    execution = play(story)
    assert not is_retryable(execution)
    assert "it may have run" in (execution.reason or "")


def test_an_unknown_id_is_refused(play: Any) -> None:
    async def story(bench: Bench) -> None:
        with pytest.raises(InvalidRequestError, match=r"^QueryExecution nope was not found$") as caught:
            bench.service.get("nope")
        assert caught.value.code == "QUERY_EXECUTION_NOT_FOUND"

    play(story)


def sample() -> Execution:
    return Execution("e", request(parameters=("1",)), classify(parse(SELECT)), "s3://b/e.csv", 5.0)


def test_a_record_restores_the_execution() -> None:
    result = Result((ColumnInfo("a", "varchar", 5, 0, True),), Body.CSV, 12, 3)
    done = sample().run().on_engine("q").succeed(9.0, result, Statistics(1, 2, 3, 4, 5, "s3://b/m"))
    failed = sample().fail(9.0, Failure("X: y", 2, 1006), Statistics())
    assert from_record(to_record(done)) == done
    assert from_record(to_record(failed)) == failed


def test_an_ended_execution_never_changes() -> None:
    ended = sample().cancel(6.0, "why", Statistics())
    for change in (
        lambda: ended.run(),
        lambda: ended.succeed(7.0, Result(), Statistics()),
        lambda: ended.fail(7.0, Failure("x", 1, 1), Statistics()),
        lambda: ended.cancel(7.0, "again", Statistics()),
    ):
        with pytest.raises(StateError):
            change()


def test_history_is_paged_newest_first(tmp_path: Path) -> None:
    store = ExecutionStore(tmp_path / "e.sqlite")
    for number in range(5):
        execution = Execution(
            f"e{number}", request(), classify(parse(SELECT)), "s3://b/x", float(number // 2)
        )
        store.save(execution)
    seen, token = [], None
    while True:
        ids, token = store.page("primary", 2, token)
        seen += ids
        if token is None:
            break
    assert seen == ["e4", "e2", "e3", "e0", "e1"]
    assert store.page("other", 2, None) == ([], None)


def test_history_survives_another_connection(tmp_path: Path) -> None:
    ExecutionStore(tmp_path / "e.sqlite").save(sample())
    assert ExecutionStore(tmp_path / "e.sqlite").get("e") == sample()


def test_only_ended_history_is_forgotten(tmp_path: Path) -> None:
    store = ExecutionStore(tmp_path / "e.sqlite")
    store.save(sample())
    store.forget_before(1000.0)
    assert store.get("e") is not None
    store.save(sample().cancel(6.0, "why", Statistics()))
    store.forget_before(1000.0)
    assert store.get("e") is None
