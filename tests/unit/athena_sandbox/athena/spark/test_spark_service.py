"""Rules of Spark sessions and calculations, over a worker that does what the test says."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from athena_sandbox.athena.errors import (
    InvalidRequestError,
    ResourceNotFoundError,
    SessionAlreadyExistsError,
    TooManyRequestsError,
)
from athena_sandbox.athena.spark.model import (
    Calculation,
    CalculationRequest,
    CalculationState,
    Session,
    SessionRequest,
    SessionState,
)
from athena_sandbox.athena.spark.process import Outcome, WorkerDiedError
from athena_sandbox.athena.spark.service import SparkLimits, SparkService
from athena_sandbox.athena.spark.store import SparkStore

TOKEN = "t" * 32


class FakeWorker:
    """A worker whose calculations end when the test lets them; `die` is a crash."""

    def __init__(self) -> None:
        self.dead: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self.codes: list[str] = []
        self.interrupts: list[str] = []
        self.obeys = True
        self.killed = False

    async def ready(self) -> None:
        if self.dead.done():
            raise WorkerDiedError(self.dead.result())

    async def run(self, calculation_id: str, code: str, stdout: Path, stderr: Path) -> Outcome:
        self.codes.append(code)
        stdout.write_text(f"out of {code}")
        stderr.write_text("")
        outcome = asyncio.ensure_future(self.outcomes.get())
        await asyncio.wait((outcome, self.dead), return_when=asyncio.FIRST_COMPLETED)
        if not outcome.done():
            raise WorkerDiedError(self.dead.result())
        return outcome.result()

    def interrupt(self, calculation_id: str) -> None:
        self.interrupts.append(calculation_id)
        if self.obeys:
            self.outcomes.put_nowait(Outcome("interrupted"))

    async def died(self) -> str:
        return await asyncio.shield(self.dead)

    async def kill(self) -> None:
        self.killed = True
        self.die("killed")

    def die(self, why: str) -> None:
        if not self.dead.done():
            self.dead.set_result(why)


class FakeLauncher:
    def __init__(self) -> None:
        self.workers: dict[str, FakeWorker] = {}
        self.stillborn: str | None = None

    async def launch(self, session: Session) -> FakeWorker:
        worker = FakeWorker()
        if self.stillborn:
            worker.die(self.stillborn)
        self.workers[session.id] = worker
        return worker


class World:
    """A service with its store, its workers and the objects that it writes."""

    def __init__(self, tmp_path: Path, objects: Any, **limits: Any) -> None:
        self.path = tmp_path
        self.objects = objects
        self.launcher = FakeLauncher()
        self.limits = SparkLimits(**limits)
        self.service = self.restarted()

    def restarted(self) -> SparkService:
        return SparkService(
            SparkStore(self.path / "spark.sqlite"),
            self.launcher,
            self.objects,
            self.path / "spark",
            limits=self.limits,
        )

    async def idle_session(self, **request: Any) -> Session:
        session = self.service.start_session(session_request(**request))
        return await self.session_in(session.id, SessionState.IDLE)

    async def session_in(self, session_id: str, state: SessionState) -> Session:
        return await until(lambda: self.service.session(session_id), state)

    async def calculation_in(self, calculation_id: str, state: CalculationState) -> Calculation:
        return await until(lambda: self.service.calculation(calculation_id), state)


async def until(look: Callable[[], Any], state: str) -> Any:
    for _ in range(400):
        if look().state == state:
            return look()
        await asyncio.sleep(0.005)
    raise AssertionError(f"{look()} never became {state}")


def session_request(**members: Any) -> SessionRequest:
    known: dict[str, Any] = {
        "workgroup": "spark",
        "output_prefix": "s3://b/out/",
        "engine": {"MaxConcurrentDpus": 2},
        "idle_minutes": 10,
    }
    return SessionRequest(**(known | members))


@pytest.fixture
def play(tmp_path: Path, objects: Any) -> Callable[..., None]:
    """Runs a scene on a world with these limits."""

    def run(scene: Callable[[World], Awaitable[None]], **limits: Any) -> None:
        async def whole() -> None:
            world = World(tmp_path, objects, **limits)
            await scene(world)
            await world.service.shut_down()

        asyncio.run(whole())

    return run


def test_a_session_is_created_idles_and_ends_on_request(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = world.service.start_session(session_request())
        assert session.state is SessionState.CREATING
        assert str(uuid.UUID(session.id)) == session.id
        idle = await world.session_in(session.id, SessionState.IDLE)
        assert idle.idle_since is not None
        assert world.service.terminate(session.id).state is SessionState.TERMINATING
        ended = await world.session_in(session.id, SessionState.TERMINATED)
        assert ended.ended is not None
        assert world.launcher.workers[session.id].killed
        assert world.service.terminate(session.id).state is SessionState.TERMINATED

    play(scene)


def test_a_session_whose_process_does_not_start_is_failed_with_its_last_words(
    play: Callable[..., None],
) -> None:
    async def scene(world: World) -> None:
        world.launcher.stillborn = "no Java"
        session = world.service.start_session(session_request())
        failed = await world.session_in(session.id, SessionState.FAILED)
        assert failed.reason == "no Java"

    play(scene)


def test_a_calculation_makes_its_session_busy_and_leaves_three_files(
    play: Callable[..., None], objects: Any
) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "1 + 1"))
        assert calculation.state is CalculationState.CREATING
        await world.calculation_in(calculation.id, CalculationState.RUNNING)
        assert world.service.session(session.id).state is SessionState.BUSY
        world.launcher.workers[session.id].outcomes.put_nowait(Outcome("completed", result="2"))
        done = await world.calculation_in(calculation.id, CalculationState.COMPLETED)
        assert done.files is not None
        place = f"s3://b/out/{session.id}/{calculation.id}/"
        assert (done.files.stdout, done.files.stderr, done.files.result) == (
            f"{place}stdout",
            f"{place}stderr",
            f"{place}results/",
        )
        assert objects.objects[f"{place}stdout"] == b"out of 1 + 1"
        assert objects.objects[f"{place}results/result.json"] == b'{"data": {"text/plain": "2"}}'
        await world.session_in(session.id, SessionState.IDLE)

    play(scene)


def test_a_busy_session_takes_no_second_calculation(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        world.service.start_calculation(CalculationRequest(session.id, "1"))
        with pytest.raises(
            InvalidRequestError,
            match=r"Session is in the BUSY state; needs to be IDLE to accept Calculations\.",
        ):
            world.service.start_calculation(CalculationRequest(session.id, "2"))

    play(scene)


def test_an_ended_session_says_its_state_when_asked_to_calculate(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        world.service.terminate(session.id)
        with pytest.raises(InvalidRequestError, match="TERMINATING"):
            world.service.start_calculation(CalculationRequest(session.id, "1"))
        await world.session_in(session.id, SessionState.TERMINATED)
        with pytest.raises(InvalidRequestError, match="TERMINATED"):
            world.service.start_calculation(CalculationRequest(session.id, "1"))

    play(scene)


def test_an_error_in_the_code_fails_the_calculation_and_not_the_session(
    play: Callable[..., None],
) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "boom"))
        world.launcher.workers[session.id].outcomes.put_nowait(
            Outcome("failed", error="Traceback\nValueError: no")
        )
        failed = await world.calculation_in(calculation.id, CalculationState.FAILED)
        assert failed.reason == "Traceback\nValueError: no"
        await world.session_in(session.id, SessionState.IDLE)

    play(scene)


def test_a_long_traceback_keeps_its_end_within_the_apis_length(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "boom"))
        world.launcher.workers[session.id].outcomes.put_nowait(
            Outcome("failed", error="x" * 5000 + "ValueError: no")
        )
        failed = await world.calculation_in(calculation.id, CalculationState.FAILED)
        assert len(failed.reason or "") == 1024
        assert (failed.reason or "").endswith("ValueError: no")

    play(scene)


def test_a_long_java_error_shows_its_causes_and_not_its_stack(play: Callable[..., None]) -> None:
    frames = "\tat org.apache.hadoop.fs.s3a.Invoker.lambda$retry$1(Invoker.java:293)\n" * 30
    frames += "\tat java.base/java.lang.Thread.run(Unknown Source)\n\t... 23 more\n"
    python = 'File "<stdin>", line 1, in <module>\npy4j.protocol.Py4JJavaError: An error occurred.\n'
    causes = [": org.apache.spark.SparkException: Job aborted\n", "Caused by: java.io.IOException: disk\n"]

    async def scene(world: World) -> None:
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "boom"))
        error = python + "".join(cause + frames for cause in causes)
        world.launcher.workers[session.id].outcomes.put_nowait(Outcome("failed", error=error))
        failed = await world.calculation_in(calculation.id, CalculationState.FAILED)
        assert failed.reason == python + "".join(causes)

    play(scene)


def test_a_stopped_calculation_is_canceled_and_its_session_goes_on(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "sleep"))
        await world.calculation_in(calculation.id, CalculationState.RUNNING)
        assert world.service.stop_calculation(calculation.id).state is CalculationState.CANCELING
        await world.calculation_in(calculation.id, CalculationState.CANCELED)
        await world.session_in(session.id, SessionState.IDLE)
        assert world.launcher.workers[session.id].interrupts == [calculation.id]
        assert world.service.stop_calculation(calculation.id).state is CalculationState.CANCELED

    play(scene)


def test_a_calculation_that_ignores_the_interrupt_ends_with_its_session(
    play: Callable[..., None],
) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        world.launcher.workers[session.id].obeys = False
        calculation = world.service.start_calculation(CalculationRequest(session.id, "for ever"))
        await world.calculation_in(calculation.id, CalculationState.RUNNING)
        world.service.stop_calculation(calculation.id)
        await world.calculation_in(calculation.id, CalculationState.CANCELED)
        failed = await world.session_in(session.id, SessionState.FAILED)
        assert "could not be interrupted" in (failed.reason or "")

    play(scene, interrupt=0.02)


def test_a_crash_of_the_worker_fails_calculation_and_session(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "os._exit(1)"))
        await world.calculation_in(calculation.id, CalculationState.RUNNING)
        world.launcher.workers[session.id].die("exit code 1")
        failed = await world.calculation_in(calculation.id, CalculationState.FAILED)
        assert failed.reason == "exit code 1"
        assert (await world.session_in(session.id, SessionState.FAILED)).reason == "exit code 1"
        another = await world.idle_session()
        assert another.state is SessionState.IDLE

    play(scene)


def test_a_terminated_session_cancels_what_runs_in_it(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "sleep"))
        await world.calculation_in(calculation.id, CalculationState.RUNNING)
        world.service.terminate(session.id)
        canceled = await world.calculation_in(calculation.id, CalculationState.CANCELED)
        assert "its session was terminated" in (canceled.reason or "")
        await world.session_in(session.id, SessionState.TERMINATED)

    play(scene)


@pytest.mark.parametrize(("minutes", "shown"), [(1, "1 minute"), (2, "2 minutes")])
def test_an_idle_session_ends_after_its_timeout(play: Callable[..., None], minutes: int, shown: str) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session(idle_minutes=minutes)
        ended = await world.session_in(session.id, SessionState.TERMINATED)
        assert ended.reason == f"The session was idle for {shown}, its idle timeout."

    play(scene, idle_minute=0.02)


def test_a_busy_session_does_not_idle_away(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session(idle_minutes=1)
        world.service.start_calculation(CalculationRequest(session.id, "long"))
        await asyncio.sleep(0.2)
        assert world.service.session(session.id).state is SessionState.BUSY

    play(scene, idle_minute=0.05)


def test_a_token_opens_one_session_only(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        world.service.start_session(session_request(token=TOKEN))
        with pytest.raises(SessionAlreadyExistsError) as refused:
            world.service.start_session(session_request(token=TOKEN))
        assert refused.value.exception == "SessionAlreadyExistsException"

    play(scene)


def test_a_token_runs_code_once(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        session = await world.idle_session()
        first = world.service.start_calculation(CalculationRequest(session.id, "1", token=TOKEN))
        again = world.service.start_calculation(CalculationRequest(session.id, "1", token=TOKEN))
        assert again.id == first.id
        with pytest.raises(InvalidRequestError) as refused:
            world.service.start_calculation(CalculationRequest(session.id, "2", token=TOKEN))
        assert refused.value.code == "IDEMPOTENT_PARAMETER_MISMATCH"

    play(scene)


def test_sessions_at_work_leave_no_place_for_another(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        for _ in range(2):
            session = await world.idle_session()
            world.service.start_calculation(CalculationRequest(session.id, "1"))
        with pytest.raises(TooManyRequestsError):
            world.service.start_session(session_request())

    play(scene, sessions=2)


def test_the_session_that_idles_longest_is_ended_to_make_room(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        oldest = await world.idle_session()
        younger = await world.idle_session()
        await world.idle_session()
        await world.session_in(oldest.id, SessionState.TERMINATED)
        assert world.service.session(younger.id).state is SessionState.IDLE

    play(scene, sessions=2)


def test_history_survives_and_what_was_open_is_ended_by_a_restart(tmp_path: Path, objects: Any) -> None:
    async def scene() -> None:
        world = World(tmp_path, objects)
        session = await world.idle_session()
        calculation = world.service.start_calculation(CalculationRequest(session.id, "code"))
        await world.calculation_in(calculation.id, CalculationState.RUNNING)
        # Killed: nothing more is written.
        later = world.restarted()
        later.recover()
        assert later.session(session.id).state is SessionState.FAILED
        assert "restarted" in (later.session(session.id).reason or "")
        again = later.calculation(calculation.id)
        assert (again.state, again.request.code) == (CalculationState.FAILED, "code")

    asyncio.run(scene())


def test_folders_of_forgotten_sessions_are_removed(tmp_path: Path, objects: Any) -> None:
    async def scene() -> None:
        world = World(tmp_path, objects)
        session = await world.idle_session()
        kept, forgotten = (tmp_path / "spark" / name for name in (session.id, "forgotten"))
        for folder in (kept, forgotten):
            folder.mkdir(parents=True, exist_ok=True)
        world.restarted().recover()
        assert kept.exists()
        assert not forgotten.exists()

    asyncio.run(scene())


def test_a_service_that_stops_ends_its_sessions(tmp_path: Path, objects: Any) -> None:
    async def scene() -> None:
        world = World(tmp_path, objects)
        session = await world.idle_session()
        await world.service.shut_down()
        assert world.launcher.workers[session.id].killed
        assert world.restarted().session(session.id).state is SessionState.TERMINATED

    asyncio.run(scene())


def test_sessions_are_listed_newest_first_in_pages(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        ids = [(await world.idle_session()).id for _ in range(3)]
        await world.idle_session(workgroup="other")
        page, token = world.service.sessions("spark", None, 2, None)
        rest, end = world.service.sessions("spark", None, 2, token)
        assert [one.id for one in page + rest] == ids[::-1]
        assert end is None
        assert world.service.sessions("spark", SessionState.FAILED, 2, None) == ([], None)
        with pytest.raises(InvalidRequestError, match="malformed"):
            world.service.sessions("spark", None, 2, "nonsense")

    play(scene, sessions=9)


@pytest.mark.parametrize("operation", ["session", "terminate", "calculation", "stop_calculation"])
def test_what_is_unknown_is_not_found(play: Callable[..., None], operation: str) -> None:
    async def scene(world: World) -> None:
        with pytest.raises(ResourceNotFoundError):
            getattr(world.service, operation)("nothing")

    play(scene)
