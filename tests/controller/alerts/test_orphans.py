"""Alerts about targets that are measured no more."""

import pytest

from tests.controller.alerts.alert_rules_made import rule
from tests.controller.alerts.test_watch import Bench

pytestmark = pytest.mark.anyio


async def test_a_target_that_is_taken_out_of_its_probe_is_over() -> None:
    bench = Bench(rule())
    async with bench.running():
        bench.row(100, target="192.0.2.1")
        bench.row(100, target="192.0.2.2")
        await bench.turns(15)
        bench.store.targets = {"192.0.2.2"}
        await bench.turns(15)
        assert bench.ledger.said[2:] == ["resolve 1 target_gone"]


async def test_a_target_that_was_taken_out_unseen_is_over_when_nothing_is_said_of_it() -> None:
    """One that the agent measures though nobody asked for it stays."""
    bench = Bench(rule())
    bench.store.targets = {"192.0.2.9"}
    async with bench.running():
        bench.row(100, target="192.0.2.1")
        bench.row(100, target="made-up.invalid")
        for _ in range(4):
            await bench.turns(60)
            bench.row(100, target="made-up.invalid")
            assert bench.ledger.said[2:] == []
        await bench.turns(15)
        assert bench.ledger.said[2:] == ["resolve 1 target_gone"]
