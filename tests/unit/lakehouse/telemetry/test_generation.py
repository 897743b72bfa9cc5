"""What happens to data that is there, to data that isn't, and when a generation is killed."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from lakehouse.errors import DifferenceError, RefusedError
from lakehouse.synthetic.store import Store
from lakehouse.telemetry import generation
from lakehouse.telemetry.generation import Action, Outcome, Target, generate, read_manifest
from lakehouse.telemetry.manifest import JOURNAL_KEY, MANIFEST_KEY
from lakehouse.telemetry.scenario import Scenario

# A minute, and one file is run by one worker.
pytestmark = pytest.mark.takes_minutes


def contents(target: Target) -> dict[str, str]:
    """Hash of every object of the bucket."""
    store = target.store
    return {
        key: hashlib.sha256(store.read(key) or b"").hexdigest()
        for key in store.sizes(["acme_", "_", "other"])
    }


@pytest.fixture
def run(target: Target, watcher: Any) -> Any:
    def generate_scenario(scenario: Scenario, *, replace: bool = False) -> Outcome:
        return generate(scenario, target, watcher, say=watcher.say, replace=replace)

    return generate_scenario


def test_data_is_written_with_its_tables(run: Any, target: Target, smallest: Scenario, watcher: Any) -> None:
    outcome = run(smallest)
    assert outcome.action is Action.WRITE
    manifest = read_manifest(target.store)
    assert manifest == outcome.manifest
    assert manifest is not None
    sizes = target.store.sizes(["acme_"])
    assert sum(table.total.files for table in manifest.tables.values()) == len(sizes) == outcome.files_written
    assert (
        sum(table.total.bytes for table in manifest.tables.values()) == sum(sizes.values()) == watcher.bytes
    )
    assert watcher.rows == sum(table.total.rows for table in manifest.tables.values())
    assert watcher.hours == 48
    assert target.store.read(JOURNAL_KEY) is None
    # A manifest inside a table's location would be read as data.
    assert not any(key.startswith("acme_") for key in (MANIFEST_KEY, JOURNAL_KEY))


def test_the_catalog_describes_the_tables(run: Any, target: Target, smallest: Scenario) -> None:
    run(smallest)
    glue = target.catalog.glue
    json_table = glue.get_table(DatabaseName="test_acme_telemetry", Name="video_telemetry_json")["Table"]
    parameters = json_table["Parameters"]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.day.range"] == "12,13"
    assert parameters["projection.hour.digits"] == "2"
    assert parameters["storage.location.template"] == (
        "s3://test-bronze/acme_telemetry/video_telemetry_json/"
        "year=${year}/month=${month}/day=${day}/hour=${hour}/"
    )
    serde = json_table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
    assert serde == "org.openx.data.jsonserde.JsonSerDe"
    assert [key["Name"] for key in json_table["PartitionKeys"]] == ["year", "month", "day", "hour"]
    columns = json_table["StorageDescriptor"]["Columns"]
    assert len(columns) == 24
    assert all(column["Comment"] for column in columns)
    partitions = glue.get_partitions(DatabaseName="test_acme_streaming_data", TableName="telemetry")[
        "Partitions"
    ]
    assert sorted(tuple(each["Values"]) for each in partitions) == [
        ("2025", "12", "12"),
        ("2025", "12", "13"),
    ]
    assert partitions[0]["StorageDescriptor"]["Location"].startswith(
        "s3://test-bronze/acme_streaming_data/telemetry/year=2025/month=12/day=12"
    )


def test_the_same_again_changes_nothing(run: Any, target: Target, smallest: Scenario) -> None:
    run(smallest)
    before = contents(target)
    outcome = run(smallest)
    assert (outcome.action, outcome.files_written) == (Action.NOTHING, 0)
    assert contents(target) == before


def test_the_same_again_brings_back_a_lost_catalog(run: Any, target: Target, smallest: Scenario) -> None:
    run(smallest)
    glue = target.catalog.glue
    glue.delete_table(DatabaseName="test_acme_telemetry", Name="telemetry")
    glue.delete_partition(
        DatabaseName="test_acme_streaming_data", TableName="telemetry", PartitionValues=["2025", "12", "12"]
    )
    assert run(smallest).action is Action.NOTHING
    assert glue.get_table(DatabaseName="test_acme_telemetry", Name="telemetry")
    assert glue.get_partition(
        DatabaseName="test_acme_streaming_data", TableName="telemetry", PartitionValues=["2025", "12", "12"]
    )


def test_other_arguments_are_refused_and_nothing_changes(
    run: Any, target: Target, smallest: Scenario
) -> None:
    run(smallest)
    before = contents(target)
    other = smallest.model_copy(update={"seed": 9, "dirt": 0.5})
    with pytest.raises(RefusedError, match=r"--dirt 0\.02 \(now 0\.5\), --seed 3 \(now 9\); --replace"):
        run(other)
    with pytest.raises(RefusedError, match=r"--days 2 \(now 1\)"):
        run(smallest.grown_to(1))
    assert contents(target) == before


def test_replacing_leaves_only_the_new_data_and_what_is_elsewhere(
    run: Any, target: Target, smallest: Scenario, watcher: Any
) -> None:
    other = smallest.model_copy(update={"seed": 9, "days": 1})
    run(other)
    expected = contents(target)
    run(smallest, replace=True)
    target.store.write("other/file.txt", b"not ours")
    run(other, replace=True)
    assert contents(target) == {**expected, "other/file.txt": hashlib.sha256(b"not ours").hexdigest()}
    assert any("deleting" in line and "acme_telemetry/telemetry/" in line for line in watcher.said)
    partitions = target.catalog.glue.get_partitions(
        DatabaseName="test_acme_streaming_data", TableName="telemetry"
    )["Partitions"]
    assert [each["Values"] for each in partitions] == [["2025", "12", "12"]]


def test_objects_of_unknown_origin_are_refused(run: Any, target: Target, smallest: Scenario) -> None:
    target.store.ensure_bucket()
    target.store.write("acme_telemetry/telemetry/2025/12/12/mine.parquet", b"precious")
    with pytest.raises(RefusedError, match=r"found 1 object of unknown origin.* below the bronze"):
        run(smallest)
    assert target.store.read("acme_telemetry/telemetry/2025/12/12/mine.parquet") == b"precious"


@pytest.mark.parametrize("folder", ["2025/12/12", "2026/01/01"])
def test_objects_beside_the_data_are_refused(
    run: Any, target: Target, smallest: Scenario, folder: str
) -> None:
    run(smallest)
    expected = contents(target)
    key = f"acme_telemetry/telemetry/{folder}/mine.parquet"
    target.store.write(key, b"precious")
    for scenario in (smallest, smallest.grown_to(4)):
        with pytest.raises(RefusedError, match="found 1 object below the bronze tables that was not"):
            run(scenario)
    assert target.store.read(key) == b"precious"
    run(smallest, replace=True)
    assert contents(target) == expected


def test_a_table_of_another_place_is_refused(run: Any, target: Target, smallest: Scenario) -> None:
    glue = target.catalog.glue
    glue.create_database(DatabaseInput={"Name": "test_acme_telemetry"})
    glue.create_table(
        DatabaseName="test_acme_telemetry",
        TableInput={"Name": "telemetry", "StorageDescriptor": {"Location": "s3://production/telemetry"}},
    )
    with pytest.raises(RefusedError, match="s3://production/telemetry"):
        run(smallest)


def test_days_that_are_added_give_what_more_days_at_once_give(
    run: Any, target: Target, smallest: Scenario
) -> None:
    run(smallest.grown_to(4))
    expected = contents(target)
    run(smallest, replace=True)
    outcome = run(smallest.grown_to(4))
    assert outcome.action is Action.GROW
    assert contents(target) == expected
    table = target.catalog.glue.get_table(DatabaseName="test_acme_telemetry", Name="video_telemetry_json")
    assert table["Table"]["Parameters"]["projection.day.range"] == "12,15"


def test_missing_and_changed_objects_are_written_again(run: Any, target: Target, smallest: Scenario) -> None:
    run(smallest)
    expected = contents(target)
    keys = sorted(target.store.sizes(["acme_telemetry/telemetry/"]))
    target.store.delete([keys[0]])
    target.store.write(keys[1], b"torn")
    assert run(smallest).action is Action.REPAIR
    assert contents(target) == expected


def test_a_manifest_of_another_version_is_refused_and_replaced(
    run: Any, target: Target, smallest: Scenario
) -> None:
    run(smallest)
    expected = contents(target)
    target.store.write(MANIFEST_KEY, b'{"format": 0}')
    with pytest.raises(DifferenceError, match="another version"):
        read_manifest(target.store)
    with pytest.raises(RefusedError, match="another version"):
        run(smallest)
    run(smallest, replace=True)
    assert contents(target) == expected


class Killed(BaseException):
    """The process dies: nothing after it is done."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let the process die at its n-th change of the bucket."""
    write, delete = Store.write, Store.delete
    left = [0]

    def step(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    def dying_write(self: Store, key: str, content: bytes) -> None:
        step()
        write(self, key, content)

    def dying_delete(self: Store, keys: Any) -> None:
        step()
        delete(self, keys)

    def after(changes: int) -> None:
        left[0] = changes
        monkeypatch.setattr(Store, "write", dying_write)
        monkeypatch.setattr(Store, "delete", dying_delete)

    def never() -> None:
        monkeypatch.setattr(Store, "write", write)
        monkeypatch.setattr(Store, "delete", delete)

    monkeypatch.setattr(generation, "_WORKERS", 1)
    after.never = never  # type: ignore[attr-defined]
    yield after
    never()


@pytest.mark.parametrize("changes", [0, 2, 20, -4, -3, -1])
def test_a_killed_generation_is_completed_to_the_same_bytes(
    run: Any, target: Target, smallest: Scenario, dying: Any, changes: int
) -> None:
    one_day = smallest.grown_to(1)
    outcome = run(one_day)
    expected = contents(target)
    # Journal, old manifest, deletes, the files, leftovers, manifest, journal.
    steps = outcome.files_written + 6
    other = one_day.model_copy(update={"seed": 9})
    run(other, replace=True)
    dying(changes if changes >= 0 else steps + changes)
    with pytest.raises(Killed):
        run(one_day, replace=True)
    dying.never()
    # As the user would: the same command again.
    run(one_day, replace=True)
    assert contents(target) == expected


def test_a_generation_killed_midway_is_completed_without_replace(
    run: Any, target: Target, smallest: Scenario, dying: Any
) -> None:
    one_day = smallest.grown_to(1)
    run(one_day)
    expected = contents(target)
    target.store.delete(list(contents(target)))
    for changes in (1, 12, 30):
        # Each time with a shape of its own, so that leftovers differ.
        dying(changes)
        with pytest.raises(Killed):
            run(smallest.model_copy(update={"seed": changes}))
        dying.never()
    assert run(one_day).action is Action.COMPLETE
    assert contents(target) == expected


def test_a_killed_growth_is_undone_or_completed(
    run: Any, target: Target, smallest: Scenario, dying: Any
) -> None:
    run(smallest.grown_to(3))
    longer = contents(target)
    run(smallest, replace=True)
    shorter = contents(target)
    dying(10)
    with pytest.raises(Killed):
        run(smallest.grown_to(3))
    dying.never()
    assert contents(target) != shorter
    assert run(smallest).action is Action.NOTHING
    assert contents(target) == shorter
    dying(10)
    with pytest.raises(Killed):
        run(smallest.grown_to(3))
    dying.never()
    run(smallest.grown_to(3))
    assert contents(target) == longer
