"""Small scenarios, and AWS played by moto inside the test's process."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import boto3
import numpy as np
import pytest
from moto import mock_aws

from lakehouse.synthetic.store import Store
from lakehouse.telemetry.arrivals import arriving_by_hour
from lakehouse.telemetry.catalog import Catalog
from lakehouse.telemetry.generation import Target
from lakehouse.telemetry.scenario import Scenario
from lakehouse.telemetry.sessions import Records


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """Five days, dirty enough that everything occurs often."""
    return Scenario(days=5, scale=0.05, dirt=0.2, seed=11, start=date(2025, 8, 11))


@pytest.fixture(scope="session")
def deliveries(scenario: Scenario) -> Records:
    """All rows of the telemetry tables of the scenario, in the order of their arrival hours."""
    return np.concatenate([rows for _, rows in arriving_by_hour(scenario)])


@pytest.fixture(scope="session")
def smallest() -> Scenario:
    """Two days at the least scale there is."""
    return Scenario(days=2, scale=0.02, dirt=0.02, seed=3, start=date(2025, 12, 12))


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """A bucket and a catalog of the test's own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_CONFIG_FILE", raising=False)
    with mock_aws():
        region = "eu-central-1"
        yield Target(
            Store(boto3.client("s3", region), "test-bronze"), Catalog(boto3.client("glue", region), "test_")
        )


@dataclass
class Watcher:
    """A progress that adds up what it is told."""

    hours: int = 0
    rows: int = 0
    bytes: int = 0
    said: list[str] = field(default_factory=list)

    def start(self, hours: int) -> None:
        self.hours = 0

    def advance(self, hours: int, rows: int, size: int) -> None:
        self.hours += hours
        self.rows += rows
        self.bytes += size

    def say(self, message: str) -> None:
        self.said.append(message)


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()
