"""Roll-outs in waves: by the rule, and with agents."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.workloads.agent_state import Standing
from forepost.controller.workloads.rollout import (
    Finished,
    GoBack,
    Release,
    Rollout,
    RolloutStep,
    Wait,
    Well,
    next_step,
)
from forepost.controller.workloads.steady_time import SteadyTime
from forepost.wire.workloads.rest import RolloutRule
from tests.controller.workloads.ours import WorkloadsAgent, workloads_agent
from tests.fakes.clock import FakeClock
from tests.running import ControllerProcess, NewAgent, Person, until

pytestmark = pytest.mark.timeout(240)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = Standing(state="current", is_live=True)
BUSY = Standing(state="waiting", reason="pulling", is_live=True)
AWAY = Standing(state="waiting", reason="away")
BAD = Standing(state="refused", reason="no space", is_bad=True, is_live=True)


def rollout(reached: set[int], wave: int = 1, **more: Any) -> Rollout:
    rule = RolloutRule(waves=[1, 25, 100], gate_sec=60, limit_sec=600)
    fields = {"began_at": NOW, "wave_at": NOW, "good_since": None, **more}
    return Rollout(
        microservice_id=1,
        workspace_id=1,
        rule=rule,
        wave=wave,
        reached=frozenset(reached),
        **fields,
    )


def step(of: Rollout, agents: dict[int, Standing], after_sec: float = 0) -> RolloutStep:
    return next_step(of, agents, NOW + timedelta(seconds=after_sec))


def test_it_begins_with_one_that_is_connected() -> None:
    fleet = {1: AWAY, 2: BUSY, 3: GOOD}
    assert step(rollout(set(), wave=0), fleet) == Release(1, frozenset({2}))
    assert step(rollout(set(), wave=0), {1: AWAY}) == Release(1, frozenset({1}))
    assert step(rollout(set(), wave=0), {}) == Finished()


def test_the_next_wave_comes_when_all_before_it_were_well_for_long_enough() -> None:
    fleet = dict.fromkeys(range(1, 9), GOOD)
    one = rollout({1})
    assert step(one, fleet) == Well(NOW)
    well = rollout({1}, good_since=NOW)
    assert isinstance(step(well, fleet, 59), Wait)
    assert step(well, fleet, 60) == Release(2, frozenset({1, 2}))
    assert step(well, fleet | {1: BUSY}, 60) == Well(None)
    assert step(one, fleet | {1: BUSY}) == Wait("agent 1: pulling")
    last = rollout({1, 2}, wave=2, good_since=NOW)
    assert step(last, fleet, 60) == Release(3, frozenset(fleet))
    whole = rollout(set(fleet), wave=3, good_since=NOW)
    assert isinstance(step(whole, fleet, 1), Wait)
    assert step(whole, fleet, 60) == Finished()
    assert step(whole, fleet | {9: GOOD}, 60) == Release(3, frozenset({*fleet, 9}))


def test_the_first_bad_one_ends_it_at_once() -> None:
    fleet = {1: GOOD, 2: BAD, 3: GOOD}
    assert step(rollout({1, 2}), fleet) == GoBack("agent 2: no space")
    assert step(rollout({1}), fleet) == Well(NOW)  # 2 is bad with what it had before


def test_one_that_can_run_none_holds_up_nobody() -> None:
    other = Standing(state="refused", reason="of another make", is_live=True, can_run=False)
    fleet = {1: other, 2: GOOD, 3: GOOD}
    assert step(rollout(set(), wave=0), fleet) == Release(1, frozenset({2}))
    assert step(rollout({2, 3}, wave=3, good_since=NOW), fleet, 60) == Finished()


def test_one_that_is_never_well_ends_it_and_one_that_is_away_does_not() -> None:
    fleet = {1: BUSY, 2: GOOD}
    words = "agent 1: pulling, 600 s after its wave began"
    assert step(rollout({1}), fleet, 601) == GoBack(words)
    assert step(rollout({1}), {1: AWAY, 2: GOOD}, 601) == Wait("agent 1: away")


def test_a_clock_that_was_set_back_over_a_restart_holds_up_nobody() -> None:
    fleet = {1: GOOD, 2: GOOD}
    later = NOW + timedelta(hours=5)
    ahead = rollout({1}, wave_at=later, good_since=later)
    assert step(ahead, fleet) == Release(1, frozenset({1}))
    again = rollout({1}, good_since=later)
    assert step(again, fleet) == Well(NOW)


@pytest.mark.anyio
async def test_a_clock_that_is_set_neither_holds_it_up_nor_ends_it() -> None:
    clock = FakeClock()
    steady = SteadyTime(clock)
    began = steady.now()
    for hours in (-5, 10):
        clock.set_wall(clock.now() + timedelta(hours=hours))
        before = steady.now()
        await clock.advance(60)
        assert steady.now() - before == timedelta(seconds=60)
    clock.slumber(3_600)
    assert steady.now() - began == timedelta(seconds=3_720)


@given(
    st.dictionaries(st.integers(1, 40), st.sampled_from([GOOD, BUSY, AWAY]), max_size=30),
    st.lists(st.integers(1, 100), min_size=1, max_size=6, unique=True),
)
def test_while_nobody_is_bad_all_have_it_in_the_end(
    fleet: dict[int, Standing], percents: list[int]
) -> None:
    rule = RolloutRule(waves=sorted({*percents, 100}), gate_sec=0, limit_sec=600)
    of = rollout(set(), wave=0)
    reached: list[int] = []
    well = dict.fromkeys(fleet, GOOD)
    for _ in range(200):
        of = Rollout(**{name: getattr(of, name) for name in of.__struct_fields__} | {"rule": rule})
        match step(of, well if of.wave else fleet):
            case Finished():
                break
            case Release(wave, agents):
                assert of.reached < agents
                assert wave == max(1, min(of.wave + 1, len(rule.waves)))
                reached.append(len(agents))
                of = rollout(set(agents), wave=wave)
            case Well(since):
                of = rollout(set(of.reached), wave=of.wave, good_since=since)
            case other:
                raise AssertionError(other)
    assert of.reached == fleet.keys()
    assert len(reached) <= len(rule.waves)


class Fleet:
    """Three agents that are connected, and a microservice on all of them."""

    def __init__(self, person: Person, stack: ExitStack, controller: ControllerProcess) -> None:
        workspace = person.workspace("w")
        self.person = person
        self.agents: list[NewAgent] = [person.agent(workspace, name) for name in "abc"]
        self.path = f"/workspaces/{workspace}"
        body = {
            "name": "m",
            "image": "m:1",
            "agents": [one.id for one in self.agents],
            "rollout": {"waves": [1, 50, 100], "gate_sec": 0},
        }
        made = person.call("POST", f"{self.path}/microservices", body, status=201)
        self.one = f"{self.path}/microservices/{made['id']}"
        self.lines: list[WorkloadsAgent] = []
        self.connect(stack, controller)
        for line in self.lines:
            line.takes()
            line.runs_all()
        until(lambda: self.counts()["current"] == 3, 40, self.shown)

    def connect(self, stack: ExitStack, controller: ControllerProcess) -> None:
        revisions = [line.revision for line in self.lines] or [""] * 3
        manifests = [line.manifests for line in self.lines] or [{}] * 3
        self.lines = [
            stack.enter_context(workloads_agent(controller, agent, has=has))
            for agent, has in zip(self.agents, revisions, strict=True)
        ]
        for line, revision, had in zip(self.lines, revisions, manifests, strict=True):
            line.revision, line.manifests = revision, had

    def shown(self) -> Any:
        return self.person.call("GET", self.one)

    def counts(self) -> Any:
        return self.shown()["counts"]

    def progress(self) -> Any:
        return self.shown()["progress"]

    def takes(self, place: int) -> str:
        """The image that this agent is given now, which it says it runs."""
        line = self.lines[place]
        image = str(line.takes()["m"]["image"])
        line.runs_all()
        return image


@contextmanager
def fleet(controller: ControllerProcess, person: Person) -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(person, stack, controller)


def test_a_good_one_reaches_all_wave_by_wave(controller: ControllerProcess, person: Person) -> None:
    with fleet(controller, person) as sites:
        changed = person.call("PATCH", sites.one, {"image": "m:2"})
        assert (changed["progress"]["state"], changed["progress"]["reached"]) == ("running", [])
        assert sites.takes(0) == "m:2"
        reasons = [row["reason"] for row in sites.shown()["agents"]]
        assert reasons[2] == "it runs the former manifest: the roll-out has not come to it yet"
        error = person.call("PATCH", sites.one, {"image": "m:3"}, status=409)["error"]
        assert error.startswith("a roll-out is under way")
        person.call("PATCH", sites.one, {"external_id": "mine"})
        assert sites.takes(1) == "m:2"
        assert sites.takes(2) == "m:2"
        until(lambda: sites.progress()["state"] == "done", 40, sites.shown)
        assert sites.counts() == {"current": 3, "waiting": 0, "refused": 0, "failing": 0}
        log = person.call("GET", f"{sites.path}/audit?limit=100")["data"]
        said = [row["action"] for row in log if row["action"].startswith("rollouts.")]
        assert said == ["rollouts.finish", *["rollouts.release"] * 3]


def test_a_bad_one_goes_back_everywhere(controller: ControllerProcess, person: Person) -> None:
    with fleet(controller, person) as sites:
        person.call("PATCH", sites.one, {"image": "m:2", "config": {"new": True}})
        assert sites.takes(0) == "m:2"
        line = sites.lines[1]
        assert line.takes()["m"]["image"] == "m:2"
        line.reports(line.status("m", running="old", refused=True, problem="it never answers"))
        until(lambda: sites.progress()["state"] == "returned", 40, sites.shown)
        found = sites.shown()
        assert found["progress"]["reason"] == f"agent {sites.agents[1].id}: it never answers"
        assert (found["image"], found["config"]) == ("m:1", None)
        assert sites.takes(0) == "m:1"
        assert sites.takes(1) == "m:1"
        until(lambda: sites.counts()["current"] == 3, 40, sites.shown)
        actions = [row["action"] for row in person.call("GET", f"{sites.path}/audit")["data"]]
        assert "rollouts.return" in actions

        person.call("PATCH", sites.one, {"image": "m:3"})
        assert sites.takes(0) == "m:3"
        ended = person.call("DELETE", f"{sites.one}/rollout")
        assert (ended["image"], ended["progress"]["state"]) == ("m:1", "ended")
        person.call("DELETE", f"{sites.one}/rollout", status=404)
        # Without a rule all have it at once.
        person.call("PATCH", sites.one, {"rollout": None, "image": "m:4"})
        assert [sites.lines[n].takes()["m"]["image"] for n in (1, 2)] == ["m:4", "m:4"]
        assert sites.shown()["progress"] is None


def test_a_killed_controller_goes_on_where_it_was(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path).start()
    try:
        with ExitStack() as stack:
            sites = Fleet(controller.person(), stack, controller)
            sites.person.call("PATCH", sites.one, {"image": "m:2"})
            assert sites.takes(0) == "m:2"
            assert sites.lines[1].takes()["m"]["image"] == "m:2"
            controller.kill()
            controller.start()
            sites.person = controller.person()
            reached = sites.progress()["reached"]
            assert reached[:2] == [one.id for one in sites.agents[:2]]
            sites.connect(stack, controller)
            for line in sites.lines:
                line.runs_all()
            if len(reached) == 2:
                assert sites.lines[2].takes()["m"]["image"] == "m:2"
                sites.lines[2].runs_all()
            until(lambda: sites.progress()["state"] == "done", 40, sites.shown)
    finally:
        controller.end()


@pytest.mark.parametrize("rule", [{"waves": [1, 100], "gate_sec": -1}, {"limit_sec": 1}])
def test_a_rule_has_bounds(person: Person, rule: dict[str, Any]) -> None:
    path = f"/workspaces/{person.workspace('w')}/microservices"
    error = person.call("POST", path, {"name": "a", "rollout": rule}, status=400)["error"]
    assert error.startswith("rollout.")
