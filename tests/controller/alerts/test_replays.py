"""What a backlog tells of outages that are over, and what a restart takes up again."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from forepost.controller.alerts.change import EndedAlert, Open
from forepost.controller.alerts.move_queue import Move
from forepost.controller.alerts.watch import Watch
from forepost.controller.series.port import Row
from tests.controller.alerts.alert_rules_made import rule
from tests.controller.alerts.alert_stage import Hooks, Stage, quick_controller
from tests.controller.alerts.samples import PING, but
from tests.fakes.clock import START, FakeClock
from tests.running import ControllerProcess, until

SECOND = 1_000_000
MINUTE = 60 * SECOND
LINE = (1, 1, "PING", "")
LOST = but(PING, packet_loss=100.0, packets_recv=0, avg_rtt=0)


class Course:
    """A watch, and results of one line that a test makes."""

    def __init__(self, **fields: Any) -> None:
        self.clock = FakeClock()
        self.watch = Watch(self.clock)
        old = START - timedelta(days=30)
        made = rule(**fields)
        self.rule = type(made)(**{**_fields(made), "created_at": old})
        self.watch.replace(1, [self.rule], [])

    def row(self, loss: float, *, ago: float = 0) -> Row:
        received = self.watch.now_us()
        return Row(
            identity=1,
            probe_id=1,
            probe_agent_id=1,
            agent_id=1,
            created_us=received - round(ago * MINUTE),
            received_us=received,
            type="PING",
            payload=b"{}",
            loss_pct=loss,
        )

    def post(self, loss: float, *, ago: float = 0) -> None:
        self.watch.consider(1, [self.row(loss, ago=ago)])

    def moves(self) -> list[Move]:
        return self.watch.moves.first(100)

    def later(self, minutes: float) -> None:
        self.clock.slumber(minutes * 60)


def _fields(made: Any) -> dict[str, Any]:
    return {name: getattr(made, name) for name in made.__struct_fields__}


@pytest.fixture
def course() -> Course:
    return Course()


def test_an_outage_that_is_over_is_recorded_with_its_times(course: Course) -> None:
    course.post(0)
    for minutes, loss in ((60, 0), (50, 100), (40, 80), (20, 100), (10, 0)):
        course.post(loss, ago=minutes)
    (move,) = course.moves()
    assert move.kind == "replay"
    assert move.begun is not None
    assert move.begun.at == course.clock.now() - timedelta(minutes=50)
    assert move.ended_at == course.clock.now() - timedelta(minutes=10)
    assert (move.ending.last_value, move.ending.worst_value) == (0, 100)


def test_a_backlog_that_ends_in_the_outage_ends_it_with_its_last_word(course: Course) -> None:
    began = course.clock.now()
    course.post(0)
    for minutes in (50, 40, 20):
        course.post(100, ago=minutes)
    assert course.moves() == []
    course.later(3)
    course.watch.prune(course.watch.now_us())
    (move,) = course.moves()
    assert (move.kind, move.ended_at) == ("replay", began - timedelta(minutes=20))


def test_what_goes_on_is_told_as_of_now_and_not_twice(course: Course) -> None:
    course.post(100)
    (move,) = course.moves()
    assert move.kind == "open"
    for minutes in (50, 40, 20):
        course.post(100, ago=minutes)
    course.later(3)
    course.watch.prune(course.watch.now_us())
    assert course.moves() == []


def test_an_older_result_decides_nothing(course: Course) -> None:
    """Out of order by less than is late."""
    course.post(0)
    course.post(100, ago=2)
    assert course.moves() == []
    course.post(100)
    assert [move.kind for move in course.moves()] == ["open"]
    course.later(1)
    course.post(100)
    course.post(0, ago=0.5)
    assert course.moves() == []


def test_a_rule_that_was_not_there_then_records_nothing() -> None:
    course = Course()
    young = type(course.rule)(**{**_fields(course.rule), "created_at": course.clock.now()})
    course.watch.replace(1, [young], [])
    course.post(0)
    for minutes, loss in ((50, 100), (40, 0)):
        course.post(loss, ago=minutes)
    course.later(3)
    course.watch.prune(course.watch.now_us())
    assert course.moves() == []


def test_samples_are_counted_over_a_restart() -> None:
    course = Course(for_count=3, of_count=5)
    course.watch.recall(1, [course.row(100, ago=2), course.row(0, ago=1.5), course.row(100, ago=1)])
    assert course.moves() == []
    course.post(100)
    assert [move.kind for move in course.moves()] == ["open"]


def test_what_is_open_ends_by_nothing_that_is_older_than_what_was_seen_before() -> None:
    course = Course()
    course.watch.restore(Open(1, LINE, "packet_loss", "warning", "", 100.0, 100.0))
    course.watch.recall(1, [course.row(100, ago=1)])
    course.post(0, ago=2)
    assert course.moves() == []
    course.post(0)
    assert [move.kind for move in course.moves()] == ["resolve"]


def test_a_cooldown_is_kept_over_a_restart() -> None:
    course = Course(cooldown_minutes=10)
    over = course.clock.now() - timedelta(minutes=6)
    course.watch.cool_down(EndedAlert(1, LINE, over, by_hand=False))
    course.post(100)
    assert course.moves() == []
    course.later(5)
    course.post(100)
    assert [move.kind for move in course.moves()] == ["open"]


def test_resolved_by_hand_it_may_open_again_once_it_was_false() -> None:
    course = Course(cooldown_minutes=60)
    course.watch.cool_down(EndedAlert(1, LINE, course.clock.now(), by_hand=True))
    course.later(1)
    course.post(100)
    assert course.moves() == []
    course.later(1)
    course.post(0)
    course.later(1)
    course.post(100)
    assert [move.kind for move in course.moves()] == ["open"]


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[ControllerProcess]:
    controller = quick_controller(tmp_path)
    controller.start()
    yield controller
    controller.end()


def test_a_controller_that_was_killed_counts_on_and_keeps_quiet(
    restarted: ControllerProcess, hooks: Hooks
) -> None:
    stage = Stage(restarted.person(), hooks, "recalled")
    counted = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.1"])
    cooling = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.2"])
    stage.rule(metric="packet_loss", threshold=5, for_count=3, of_count=5, probe_id=counted)
    stage.rule(metric="packet_loss", threshold=5, cooldown_minutes=60, probe_id=cooling)
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=cooling)
        stage.notice("triggered", probe_id=cooling)
        agent.post("PING", PING, probe=cooling)
        stage.notice("resolved", probe_id=cooling)
        for _ in range(2):
            agent.post("PING", LOST, probe=counted)
    stage.noted()
    restarted.kill()
    restarted.start()
    with stage.speaking() as agent:
        agent.post("PING", LOST, probe=cooling)
        stage.quiet()
        agent.post("PING", LOST, probe=counted)
        stage.notice("triggered", probe_id=counted)


def test_an_outage_of_a_backlog_is_in_the_history_and_wakes_nobody(
    restarted: ControllerProcess, hooks: Hooks
) -> None:
    stage = Stage(restarted.person(), hooks, "late")
    probe = stage.person.probe(stage.agent, type="PING", targets=["192.0.2.1"])
    stage.rule(metric="packet_loss", threshold=5)
    # A rule tells only of what was while it was there.
    with stage.speaking() as agent:
        agent.post("PING", PING, probe=probe)
        for minutes, body in ((50, LOST), (40, LOST), (10, PING)):
            agent.post("PING", body, probe=probe, ago_sec=60 * minutes)
        stage.quiet()
    assert stage.alerts() == []
    restarted.end()
    _make_rules_older(restarted)
    restarted.start()
    with stage.speaking() as agent:
        agent.post("PING", PING, probe=probe)
        for minutes, body in ((49, LOST), (39, LOST), (9, PING)):
            agent.post("PING", body, probe=probe, ago_sec=60 * minutes)
        until(lambda: len(stage.alerts()) == 1, 5)
        stage.quiet()
    (alert,) = stage.alerts()
    assert (alert["status"], alert["is_replayed"], alert["ended"]) == (
        "resolved",
        True,
        "recovered",
    )
    assert alert["triggered_at"] < alert["resolved_at"] < alert["created_at"]
    assert hooks.came.get(stage.name, []) == []


def _make_rules_older(controller: ControllerProcess) -> None:
    import sqlite3

    (path,) = controller.folder.rglob("meta.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alert_rules SET created_at = '2026-01-01 00:00:00.000000'")


def test_what_was_acknowledged_before_a_kill_is_judged_after_the_start(
    restarted: ControllerProcess, hooks: Hooks
) -> None:
    stage = Stage(restarted.person(), hooks, "killed")
    probes = [
        stage.person.probe(stage.agent, type="PING", targets=[f"192.0.2.{n}"]) for n in range(1, 8)
    ]
    stage.rule(metric="packet_loss", threshold=5)
    with stage.speaking() as agent:
        for probe in probes:
            agent.post("PING", LOST, probe=probe)
        restarted.kill()
    restarted.start()
    until(lambda: len(stage.alerts(status="active")) == len(probes), 8)
