"""What is answered and told as time goes on, on a clock that stands still."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import insert

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.fleet.presence import standing
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.topology.news import TopologyNews
from forepost.controller.topology.service import Topology, TopologyNeeds
from forepost.kit.health import Health
from tests.controller.series.series_rows import MINUTE, START, row
from tests.controller.topology.mtr_reports import report
from tests.fakes.clock import FakeClock
from tests.metadata import sqlite_url
from tests.rows import THEN, home

pytestmark = pytest.mark.anyio


class Stage:
    """Workspace 1 with agent 1 and its PING, probe 1; the clock stands at START."""

    def __init__(self, db: Database, series: SqliteSeries, clock: FakeClock) -> None:
        self.db, self.series, self.clock = db, series, clock
        self.seen: dict[int, datetime] = {1: self.clock.now()}
        self.watched: list[int] = []
        self.in_conflict: set[int] = set()
        self.frames: list[Any] = []
        self.topology = Topology(
            TopologyNeeds(
                db=db,
                series=series,
                clock=self.clock,
                last_seen=self.seen.get,
                standing=standing,
                address_of=lambda _: "203.0.113.1",
                in_conflict=lambda agent_id: agent_id in self.in_conflict,
            )
        )
        self.telling = TopologyNews(
            self.topology,
            self.clock,
            lambda: self.watched,
            lambda _, frame: self.frames.append(json.loads(frame)),
        )

    def say(self, rtt: float, loss: float = 0.0, probe_id: int = 1) -> None:
        us = START + round((self.clock.monotonic() - 1_000) * 1e6)
        self.topology.consider(
            1, [row(us, agent_id=1, probe_id=probe_id, rtt_ms=rtt, loss_pct=loss)]
        )

    def fail(self, sent: int) -> None:
        us = START + round((self.clock.monotonic() - 1_000) * 1e6)
        payload = b'{"packets_sent":%d,"packets_recv":0,"packet_loss":100}' % sent
        lost = row(us, agent_id=1, probe_id=1, rtt_ms=None, loss_pct=100.0, payload=payload)
        self.topology.consider(1, [lost])

    async def health(self) -> Any:
        return json.loads(await self.topology.body("health", 1, 15))

    async def told(self) -> list[Any]:
        await self.telling.turn()
        frames, self.frames = self.frames, []
        return frames


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    times = {"created_at": THEN, "updated_at": THEN}
    async with db.write() as connection:
        await connection.execute(
            insert(probes).values(
                id=1,
                workspace_id=1,
                agent_id=1,
                type="PING",
                enabled=True,
                interval_sec=60,
                timeout_sec=10,
                count=0,
                duration_sec=0,
                server=False,
                bind_interface="",
                **times,
            )
        )
        await connection.execute(
            insert(probe_targets).values(id=1, probe_id=1, target="192.0.2.1", **times)
        )
    clock = FakeClock()
    health = Health(logging.getLogger("tests.topology"))
    series = await SqliteSeries.open(tmp_path / "series.sqlite", clock, health)
    yield Stage(db, series, clock)
    await series.close()
    await db.close()


async def test_an_answer_holds_for_two_seconds_and_a_change_of_lines_ends_it(stage: Stage) -> None:
    stage.say(10.0)
    first = await stage.topology.body("health", 1, 15)
    stage.say(500.0)
    assert await stage.topology.body("health", 1, 15) is first
    await stage.clock.advance(2)
    (agent,) = (await stage.health())["agents"]
    assert agent["probes"][0]["avg_latency"] == 255.0
    assert agent["probes"][0]["status"] == "degraded"
    before = await stage.topology.body("map", 1, 15)
    stage.topology.consider(1, [row(START, agent_id=1, target="192.0.2.7")])  # a line that is new
    after = await stage.topology.body("map", 1, 15)
    assert b"192.0.2.7" in after
    assert b"192.0.2.7" not in before


async def test_without_news_an_answer_is_made_anew_all_the_same(stage: Stage) -> None:
    stage.say(10.0)
    assert (await stage.health())["counts"]["agents"]["online"] == 1
    await stage.clock.advance(91)
    found = await stage.health()
    assert found["counts"]["agents"] == {"online": 0, "offline": 1, "unknown": 0}
    (probe,) = found["agents"][0]["probes"]
    assert (probe["status"], probe["reason"]) == ("unknown", "the agent is offline")
    assert probe["avg_latency"] == 10.0  # what it said is still shown
    await stage.clock.advance(900)
    stage.seen[1] = stage.clock.now()
    (probe,) = (await stage.health())["agents"][0]["probes"]
    assert (probe["reason"], probe["last_updated"]) == ("no result in the last 15 min", None)


async def test_a_probe_that_falls_silent_is_not_healthy_any_more(stage: Stage) -> None:
    stage.say(10.0)
    found = await stage.health()
    assert (found["verdict"]["status"], found["verdict"]["reason"]) == ("healthy", "")
    await stage.clock.advance(132)  # one is due every minute
    stage.seen[1] = stage.clock.now()
    found = await stage.health()
    (agent,) = found["agents"]
    (probe,) = agent["probes"]
    assert (probe["status"], probe["reason"]) == ("unknown", "no result for 131 s")
    assert (agent["verdict"]["status"], found["verdict"]["status"]) == ("unknown", "unknown")


async def test_what_is_cut_off_is_told_with_the_next_result(stage: Stage) -> None:
    for _ in range(10):
        stage.say(10.0)
        await stage.clock.advance(60)
        stage.seen[1] = stage.clock.now()
    stage.fail(sent=5)
    found = await stage.health()
    (agent,) = found["agents"]
    (probe,) = agent["probes"]
    assert (probe["status"], probe["reason"]) == ("critical", "no answer")
    assert probe["packet_loss"] < 50  # of the last quarter of an hour
    assert probe["since"] == stage.clock.now().isoformat().replace("+00:00", "Z")
    assert found["verdict"]["reason"] == "edge: no answer."
    await stage.clock.advance(60)
    stage.seen[1] = stage.clock.now()
    stage.say(10.0)
    (probe,) = (await stage.health())["agents"][0]["probes"]
    assert (probe["status"], probe["reason"]) == ("healthy", "")


async def test_panels_are_told_of_agents_and_of_statuses(stage: Stage) -> None:
    stage.say(10.0)
    assert await stage.told() == []  # nobody watches
    stage.watched = [1]
    assert await stage.told() == []  # what is so at first is no news
    stage.say(11.0)
    await stage.clock.advance(3)
    assert await stage.told() == []  # a figure is none either
    stage.say(900.0)
    await stage.clock.advance(3)
    (drawn,) = await stage.told()
    assert drawn["type"] == "network_map_update"
    assert {node["id"]: node["status"] for node in drawn["nodes"]} == {
        "agent:1": "degraded",
        "dest:192.0.2.1": "degraded",
    }
    await stage.clock.advance(88)
    gone, drawn = await stage.told()
    assert (gone["type"], gone["event"], gone["status"]) == ("agent_update", "changed", "offline")
    assert {node["id"]: node["status"] for node in drawn["nodes"]} == {
        "agent:1": "critical",
        "dest:192.0.2.1": "unknown",
    }
    stage.seen[1] = stage.clock.now()
    back, drawn = await stage.told()
    assert (back["status"], drawn["nodes"][0]["is_online"]) == ("online", True)
    assert await stage.told() == []
    stage.in_conflict = {1}
    (two,) = await stage.told()
    assert (two["event"], two["identity_conflict"]) == ("changed", True)
    stage.watched = []
    await stage.told()
    stage.say(1.0, 100.0)
    assert await stage.told() == []


async def test_lines_expire_by_themselves(stage: Stage) -> None:
    stage.say(10.0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.topology.run)
        await stage.clock.advance(901)
        assert stage.topology.latest.lines == 1
        await stage.clock.advance(30)
        assert stage.topology.latest.lines == 0
        tasks.cancel_scope.cancel()


async def test_a_longer_lookback_shows_what_was_said_before_the_last_quarter(stage: Stage) -> None:
    us = START - 50 * MINUTE
    hops = [("198.51.100.1", 1.0, 0.0), ("192.0.2.1", 20.0, 0.0)]
    path = json.dumps(report(hops, "192.0.2.1")).encode()
    of = {"agent_id": 1, "probe_agent_id": 1}
    await stage.series.add(
        [
            row(us, 1, **of, rtt_ms=10.0, loss_pct=0.0),
            row(us + MINUTE, 2, **of, rtt_ms=30.0, loss_pct=50.0),
            row(us, 3, **of, type="MTR", target="", payload=path, rtt_ms=20.0),
        ]
    )
    quarter = json.loads(await stage.topology.body("map", 1, 15))
    assert [node["type"] for node in quarter["nodes"]] == ["agent"]
    hour = json.loads(await stage.topology.body("map", 1, 60))
    assert {node["id"] for node in hour["nodes"]} == {
        "agent:1",
        "hop:198.51.100.1",
        "dest:192.0.2.1",
    }
    assert hour["destinations"][0]["avg_latency"] == 20.0
    matrix = json.loads(await stage.topology.body("matrix", 1, 1_440))
    (entry,) = matrix["entries"]
    said = {one["type"]: (one["avg_latency"], one["packet_loss"]) for one in entry["probe_status"]}
    assert said["PING"] == (20.0, 25.0)
    assert said["MTR"][0] == 20.0
