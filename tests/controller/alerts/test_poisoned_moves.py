"""What can never be written down costs its own line, and nobody else's alerts."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy.exc import DBAPIError

from forepost.controller.alerts.change import Change
from forepost.controller.alerts.watch import Watch
from forepost.controller.alerts.writer import AlertWriter
from forepost.controller.series.port import Row
from forepost.kit.health import Health
from forepost.wire.rest.alerts import Alert
from tests.controller.alerts.alert_rules_made import rule
from tests.controller.alerts.alert_stage import Hooks, Stage, quick_controller
from tests.controller.alerts.samples import PING, but
from tests.fakes.alert_ledger import FakeLedger
from tests.fakes.clock import FakeClock
from tests.postgres import Postgres
from tests.running import DATABASE_URL, until

LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)
POISON = 13


class PoisonedLedger(FakeLedger):
    """Cannot keep what is said of one probe, as a database that takes no such text."""

    async def write(self, changes: Sequence[Change], now: Any) -> list[Alert | None]:
        if any(change.line[0] == POISON for change in changes):
            raise DBAPIError("INSERT", {}, ValueError("invalid byte sequence"))
        return await super().write(changes, now)


@pytest.mark.anyio
async def test_what_the_database_cannot_keep_holds_nobody_up() -> None:
    clock, ledger, told = FakeClock(), PoisonedLedger(), list[str]()
    health, watch = Health(logging.getLogger("test")), Watch(clock)
    watch.replace(1, [rule()], [])
    writer = AlertWriter(
        watch,
        ledger,  # type: ignore[arg-type]
        lambda event, alert: told.append(f"{event} {alert.probe_id}"),
        clock,
        health,
    )

    def lost(probe: int) -> None:
        now_us = watch.now_us()
        row = Row(
            identity=1,
            probe_id=probe,
            probe_agent_id=1,
            agent_id=1,
            created_us=now_us,
            received_us=now_us,
            type="PING",
            payload=b"{}",
            loss_pct=100.0,
        )
        watch.consider(1, [row])

    async with anyio.create_task_group() as tasks:
        for probe in (1, POISON, 2):
            lost(probe)
        tasks.start_soon(writer.run)
        await clock.advance(10)
        lost(3)
        await clock.advance(10)
        tasks.cancel_scope.cancel()
    assert told == ["opened 1", "opened 2", "opened 3"]
    assert health.problems == {}


def test_a_nul_character_of_an_agent_stops_nobody_s_alerts(
    tmp_path: Path, hooks: Hooks, postgres: Postgres
) -> None:
    controller = quick_controller(tmp_path)
    controller.env[DATABASE_URL] = postgres.database()
    controller.start()
    try:
        stage = Stage(controller.person(), hooks, "nul")
        stage.rule(metric="failure", tells="alerts")
        probe = stage.person.probe(stage.agent, type="PING", targets=["10.0.0.1"])
        page = stage.person.probe(stage.agent, type="HTTP", targets=["http://10.0.0.1/"])
        with stage.speaking() as agent:
            agent.post("PING", LOST, probe=probe, target="10.0.0.1\0")
            wrong = {"status_code": 0, "error": "cut\0off"}
            agent.post("HTTP", wrong, probe=page, target="http://10.0.0.1/")
            agent.post("PING", LOST, probe=probe, target="10.0.0.1")
            until(lambda: len(stage.alerts()) == 3, 8, stage.alerts)
    finally:
        controller.end()
