"""One operator at a time, and a killed one is no obstacle."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from lakehouse.records.ledger import Ledger
from lakehouse.records.lock import STALE_AFTER, Holder, LockedError, hold_lock

KEY = "acme/lock.json"


def write(ledger: Ledger, holder: Holder) -> None:
    ledger.s3.put_object(Bucket="migrations", Key=KEY, Body=holder.encoded())


def current(ledger: Ledger) -> Holder:
    return Holder.decoded(ledger.s3.get_object(Bucket="migrations", Key=KEY)["Body"].read())


def exists(ledger: Ledger) -> bool:
    return bool(ledger.s3.list_objects_v2(Bucket="migrations", Prefix=KEY).get("Contents"))


def test_the_second_is_told_who_holds_it_and_since_when(ledger: Ledger) -> None:
    with hold_lock(ledger, "backfill"):
        holder = current(ledger)
        with pytest.raises(LockedError) as raised, hold_lock(ledger, "cutover"):
            raise AssertionError("two hold the lock")
    assert str(raised.value).startswith(
        f"{holder.operator} holds this migration since {holder.since:%Y-%m-%d %H:%M:%S} UTC with `backfill`"
    )
    assert not exists(ledger)


def test_it_is_free_again_after_an_error(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), hold_lock(ledger, "backfill"):
        _ = 1 / 0
    with hold_lock(ledger, "backfill"):
        assert current(ledger).command == "backfill"


def test_the_lock_of_a_process_that_is_gone_is_taken_over(ledger: Ledger) -> None:
    with hold_lock(ledger, "backfill"):
        mine = current(ledger)
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    write(ledger, replace(mine, token="other", pid=process.pid, process_start="1"))
    with hold_lock(ledger, "backfill"):
        assert current(ledger).pid == os.getpid()


def test_a_process_of_the_same_number_is_not_the_same_process(ledger: Ledger) -> None:
    with hold_lock(ledger, "backfill"):
        mine = current(ledger)
    write(ledger, replace(mine, token="other", process_start="another"))
    with hold_lock(ledger, "cutover"):
        assert current(ledger).command == "cutover"


def test_a_lock_of_another_machine_is_respected_until_its_heartbeat_is_old(ledger: Ledger) -> None:
    with hold_lock(ledger, "backfill"):
        mine = current(ledger)
    elsewhere = replace(mine, token="other", host="elsewhere", pid=1)
    write(ledger, elsewhere)
    with pytest.raises(LockedError, match="process 1 on elsewhere"), hold_lock(ledger, "cutover"):
        raise AssertionError("two hold the lock")
    write(ledger, replace(elsewhere, alive_at=ledger.now() - STALE_AFTER - timedelta(seconds=1)))
    with hold_lock(ledger, "cutover"):
        assert current(ledger).command == "cutover"


def test_a_lock_that_another_took_over_is_not_released(ledger: Ledger) -> None:
    with hold_lock(ledger, "backfill"):
        write(ledger, replace(current(ledger), token="other"))
    assert exists(ledger)


def test_an_object_that_is_not_a_lock_is_named(ledger: Ledger) -> None:
    ledger.s3.put_object(Bucket="migrations", Key=KEY, Body=b"not json")
    with (
        pytest.raises(LockedError, match=r"lock\.json is not a lock of this command"),
        hold_lock(ledger, "backfill"),
    ):
        raise AssertionError("the lock was taken")
