"""The watch and what writes for it, on a clock that a test moves and a store that can fail."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.alerts.change import Open
from forepost.controller.alerts.index import MOST_LINES_OF_AGENT
from forepost.controller.alerts.move_queue import WAITING
from forepost.controller.alerts.rules import Limits
from forepost.controller.alerts.store import Expected, WantedTargets, WatchedAgent
from forepost.controller.alerts.timers import Timers
from forepost.controller.alerts.watch import Watch
from forepost.controller.alerts.writer import AlertWriter
from forepost.controller.series.port import Row
from forepost.kit.health import Health
from forepost.wire.rest.alerts import Rule
from tests.controller.alerts.alert_rules_made import FakeIncidents, nothing_wrong, rule
from tests.controller.alerts.test_windows import window
from tests.fakes.alert_ledger import FakeLedger
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio
SECOND = 1_000_000
MINUTE = 60 * SECOND


class FakeStore:
    """Agent 1 with probe 1, of PING."""

    def __init__(self) -> None:
        self.probes = [Expected(1, 1, "PING", START)]
        self.targets = {"192.0.2.1", "192.0.2.2"}

    async def hosts(self, _: Any) -> list[WatchedAgent]:
        return [WatchedAgent(1, 1, START, None)]

    async def expected(self, workspaces: Any) -> dict[int, list[Expected]]:
        return dict.fromkeys(workspaces, self.probes)

    async def targets_of(self, probe_ids: Any) -> dict[int, WantedTargets]:
        return dict.fromkeys(probe_ids, WantedTargets(60, frozenset(self.targets), frozenset()))


class Bench:
    def __init__(self, *rules: Rule) -> None:
        self.clock, self.ledger = FakeClock(), FakeLedger()
        self.health, self.watch = Health(logging.getLogger("test")), Watch(self.clock)
        self.watch.replace(1, rules, [])
        self.told: list[str] = []
        self.writing = AlertWriter(
            self.watch,
            self.ledger,  # type: ignore[arg-type]
            lambda event, alert: self.told.append(f"{event} {alert.probe_id}"),
            self.clock,
            self.health,
        )
        self.seen: dict[int, Any] = {}
        self.store = FakeStore()
        self.timers = Timers(
            self.watch,
            self.store,  # type: ignore[arg-type]
            FakeIncidents(),  # type: ignore[arg-type]
            self.seen.get,
            lambda _: False,
            nothing_wrong,
            self.clock,
            15.0,
        )

    def row(
        self, loss: float, *, probe: int = 1, agent: int = 1, ago: int = 0, **fields: Any
    ) -> None:
        received = self.watch.now_us()
        found = Row(
            identity=1,
            probe_id=probe,
            probe_agent_id=agent,
            agent_id=agent,
            created_us=received - ago,
            received_us=received,
            type="PING",
            payload=b"{}",
            loss_pct=loss,
            **fields,
        )
        self.seen[1] = self.clock.now()
        self.watch.consider(1, [found])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.writing.run)
            yield
            await self.clock.advance(0)
            tasks.cancel_scope.cancel()

    async def turns(self, seconds: float, *, speaking: bool = True) -> None:
        for _ in range(round(seconds / 15)):
            await self.clock.advance(15)
            if speaking:
                self.seen[1] = self.clock.now()
            await self.timers.turn()
            await self.clock.advance(0)


async def test_while_the_store_is_down_nothing_is_lost_and_the_order_stays() -> None:
    bench = Bench(rule())
    bench.ledger.down = True
    async with bench.running():
        bench.row(100)
        bench.row(100, probe=2)
        await bench.clock.advance(1)
        bench.row(0)
        await bench.clock.advance(10)
        assert bench.told == []
        assert bench.health.problems == {"alerts": "OSError: the disk is full"}
        bench.ledger.down = False
        await bench.clock.advance(40)
    assert bench.told == ["opened 1", "opened 2", "resolved 1"]
    assert bench.health.problems == {}
    assert (bench.writing.opened, bench.writing.resolved) == (2, 1)


async def test_when_too_much_waits_a_streak_moves_with_a_later_sample() -> None:
    bench = Bench(rule(), rule(id=2, threshold=50.0))
    late = WAITING // 2 + 1
    for probe in range(1, late + 1):
        bench.row(100, probe=probe, agent=1 + probe // 1_000)
    assert len(bench.watch.moves) == WAITING
    async with bench.running():
        await bench.clock.advance(1)
        bench.row(100, probe=late, agent=1 + late // 1_000)
    assert bench.told[-2:] == [f"opened {late}"] * 2
    assert len(bench.told) == 2 * late


def test_an_agent_that_makes_up_targets_takes_no_room_from_others() -> None:
    bench = Bench(rule())
    for number in range(MOST_LINES_OF_AGENT + 500):
        bench.row(100, target=f"made-up-{number}")
    assert len(bench.watch.moves) == MOST_LINES_OF_AGENT
    bench.row(100, agent=2, target="real")
    assert len(bench.watch.moves) == MOST_LINES_OF_AGENT + 1
    # Where there is room again there is some for it, too.
    bench.watch.moves.first(WAITING)
    bench.clock.slumber(1)
    bench.row(0, target="made-up-0")
    bench.clock.slumber(7_200)
    bench.watch.prune(bench.watch.now_us())
    bench.watch.moves.first(WAITING)
    bench.row(100, target="another")
    assert len(bench.watch.moves) == 1


async def test_a_replay_says_nothing_new() -> None:
    bench = Bench(rule())
    async with bench.running():
        bench.row(100)
        bench.row(100)
        await bench.clock.advance(60)
        bench.row(0)
        bench.row(100, ago=60 * SECOND)
    assert bench.told == ["opened 1", "resolved 1"]


async def test_a_backlog_is_history_and_a_slow_clock_is_not() -> None:
    bench = Bench(rule())
    async with bench.running():
        bench.row(100, ago=3_600 * SECOND)
        assert not bench.watch.moves
        for _ in range(11):
            await bench.clock.advance(60)
            bench.row(100, ago=3_600 * SECOND)
    assert bench.told == ["opened 1"]


async def test_a_changed_rule_forgets_what_it_counted_for_the_old_one() -> None:
    bench = Bench(rule())
    bench.row(100)
    bench.watch.replace(1, [rule(metric="latency")], [])
    async with bench.running():
        pass
    assert bench.ledger.said == []
    bench.watch.replace(1, [rule(threshold=50.0)], [])
    async with bench.running():
        bench.row(40)
        await bench.clock.advance(1)
        bench.row(60)
        await bench.clock.advance(1)
        bench.watch.replace(1, [rule(threshold=80.0)], [])
        bench.row(70)
    assert bench.told == ["opened 1", "resolved 1"]


async def test_a_window_is_asked_when_something_would_open() -> None:
    bench = Bench(rule())
    works = window(ends_at=START + timedelta(minutes=5))
    bench.watch.replace(1, [rule()], [works])
    async with bench.running():
        bench.row(100)
        await bench.clock.advance(299)
        bench.row(100)
        assert bench.told == []
        await bench.clock.advance(1)
        bench.row(100)
    assert bench.told == ["opened 1"]


async def test_what_gets_worse_in_a_window_is_told_after_its_end() -> None:
    made = rule(threshold_type="dynamic_stddev")
    bench = Bench(made)
    watched, line = bench.watch.known[1], (1, 1, "PING", "")
    watched.limits[line] = Limits(5.0, 50.0)
    async with bench.running():
        bench.row(10)
        await bench.clock.advance(1)
        works = window(starts_at=START, ends_at=START + timedelta(minutes=5))
        bench.watch.replace(1, [made], [works])
        bench.row(100)
        await bench.clock.advance(1)
        bench.row(100)
        assert bench.told == ["opened 1"]
        (found,) = bench.watch.suppression.unwritten()
        assert (found.kind, found.severity) == ("worsen", "critical")
        await bench.clock.advance(300)
        bench.row(100)
    assert bench.told == ["opened 1", "changed 1"]


async def test_a_second_condition_is_not_older_than_a_quarter_of_an_hour() -> None:
    made = rule(metric2="memory_usage", operator2=">", threshold2=90.0, logical_op="AND")
    bench = Bench(made)
    memory = b'{"memoryInfo":{"total_bytes":100,"used_bytes":95}}'
    async with bench.running():
        now = bench.watch.now_us()
        sysinfo = Row(
            identity=1,
            probe_id=0,
            probe_agent_id=1,
            agent_id=1,
            created_us=now,
            received_us=now,
            type="SYSINFO",
            payload=memory,
        )
        bench.watch.consider(1, [sysinfo])
        await bench.clock.advance(901)
        bench.row(100)
        assert bench.told == []
        bench.watch.consider(
            1,
            [
                Row(
                    **{f: getattr(sysinfo, f) for f in Row.__struct_fields__}
                    | dict.fromkeys(("created_us", "received_us"), now + 901 * SECOND)
                )
            ],
        )
        await bench.clock.advance(1)
        bench.row(100)
    assert bench.told == ["opened 1"]


async def test_silence_counts_while_the_agent_speaks() -> None:
    bench = Bench(rule(no_data_sec=60))
    async with bench.running():
        bench.row(0)
        await bench.turns(45)
        assert bench.told == []
        await bench.turns(30)
        assert bench.ledger.said == ["open 1 no_data 60"]
        bench.row(0)
        await bench.turns(15)
    assert bench.told == ["opened 1", "resolved 1"]


async def test_an_agent_that_is_away_makes_its_probes_unknown() -> None:
    bench = Bench(rule(no_data_sec=60), rule(id=2, metric="offline", threshold=2.0))
    async with bench.running():
        bench.row(0)
        await bench.turns(15)
        await bench.turns(300, speaking=False)
        assert bench.ledger.said == ["open 0 offline 2.25"]
        bench.seen[1] = bench.clock.now()
        await bench.turns(45)
        assert bench.told == ["opened 0", "resolved 0"]
        await bench.turns(30)
    assert bench.told == ["opened 0", "resolved 0", "opened 1"]


async def test_silence_that_this_process_did_not_listen_to_is_nobodys() -> None:
    bench = Bench(rule(metric="offline", threshold=5.0))
    bench.seen[1] = START - timedelta(hours=3)
    async with bench.running():
        await bench.turns(240, speaking=False)
        assert bench.told == []
        await bench.turns(75, speaking=False)
        assert bench.told == ["opened 0"]


async def test_what_was_open_before_a_restart_stays_so() -> None:
    bench = Bench(rule(no_data_sec=60), rule(id=2, metric="offline", threshold=5.0))
    bench.seen[1] = START - timedelta(hours=3)
    bench.watch.restore(Open(2, (0, 1, "", ""), "offline", "warning", ""))
    bench.watch.restore(Open(1, (1, 1, "no_data", ""), "no_data", "warning", ""))
    bench.watch.restore(Open(1, (1, 1, "PING", ""), "packet_loss", "critical", ""))
    assert bench.watch.state_of(1) == "down"
    async with bench.running():
        await bench.turns(30, speaking=False)
        assert bench.ledger.said == []
        bench.row(0)
        await bench.turns(15)
    assert sorted(bench.ledger.said) == ["resolve 0", "resolve 1", "resolve 1"]


async def test_open_incidents_are_counted_and_a_probe_that_is_gone_is_over() -> None:
    bench = Bench(rule(), rule(id=2, metric="incident_count", threshold=1.0))
    async with bench.running():
        bench.row(100)
        await bench.turns(15)
        assert bench.ledger.said == ["open 1 packet_loss 100", "open 0 incident_count 2"]
        bench.store.probes = []
        await bench.turns(15)
    assert bench.ledger.said[-1] == "resolve 1 probe_gone"


async def test_streaks_are_forgotten_in_the_end() -> None:
    bench = Bench(rule())
    async with bench.running():
        bench.row(100)
        await bench.clock.advance(60)
        bench.row(0)
        await bench.turns(3_600)
        assert bench.watch.known[1].streaks
        await bench.turns(60)
        assert not bench.watch.known[1].streaks
    assert bench.watch.state_of(1) == "ok"


SAMPLES = st.tuples(st.integers(1, 2), st.sampled_from([0.0, 5.0, 6.0, 20.0, 60.0]))
RULES = st.fixed_dictionaries(
    {
        "operator": st.sampled_from([">", ">=", "<", "lte", "="]),
        "threshold": st.sampled_from([0.0, 5.0, 20.0]),
        "probe_id": st.sampled_from([None, 1]),
        "agent_id": st.sampled_from([None, 1, 2]),
        "for_count": st.integers(1, 2),
        "of_count": st.integers(2, 3),
        "cooldown_minutes": st.integers(0, 2),
    }
)


@given(st.lists(RULES, max_size=6), st.lists(SAMPLES, max_size=30))
async def test_many_rules_are_judged_as_each_would_be_alone(
    wanted: list[dict[str, Any]], samples: list[tuple[int, float]]
) -> None:
    rules = [rule(id=number, **fields) for number, fields in enumerate(wanted)]
    together = Bench(*rules)
    alone = [Bench(each) for each in rules]
    for number, (probe, loss) in enumerate(samples):
        for bench in (together, *alone):
            bench.clock.set_wall(START + timedelta(minutes=number))
            bench.row(loss, probe=probe)
    moves = together.watch.moves.first(WAITING)
    for each, bench in zip(rules, alone, strict=True):
        found = [
            (move.kind, move.line, move.begun) for move in moves if move.watched.rule.id == each.id
        ]
        assert found == [
            (move.kind, move.line, move.begun) for move in bench.watch.moves.first(WAITING)
        ]
        assert together.watch.state_of(each.id) == bench.watch.state_of(each.id)
