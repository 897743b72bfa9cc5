"""`migrate monitor` repeated: each look sees what other commands have done since the one before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lakehouse.migration.cli import monitor
from lakehouse.records.ledger import Ledger


def test_each_look_sees_what_others_have_added_since(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    migration: Any = SimpleNamespace(ledger=ledger, config=SimpleNamespace(chosen=lambda _tables: ()))
    monkeypatch.setattr(monitor, "opened", lambda *_: migration)
    monkeypatch.setattr(monitor, "_look_at_all", lambda *_: seen.append(len(ledger.entries())))

    def sleep(_seconds: float) -> None:
        if len(seen) == 2:
            raise KeyboardInterrupt
        Ledger(ledger.s3, ledger.location).append("dual-write", "increment", "raw.events")

    monkeypatch.setattr(monitor, "time", SimpleNamespace(sleep=sleep))
    context: Any = None
    with pytest.raises(KeyboardInterrupt):
        monitor.monitor(context, every=1.0)
    assert seen == [0, 1]
