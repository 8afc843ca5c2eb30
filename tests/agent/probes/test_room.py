"""Nothing is taken on that there is no room for, and one type never takes all turns."""

import msgspec
import pytest

from forepost.agent.probes.schedule import MOST_OPEN, ROOM
from forepost.wire.probes import KINDS
from forepost.wire.probes.budget import BUDGET
from forepost.wire.probes.probe import Probe
from tests.agent.probes.test_schedule import probe, site

pytestmark = pytest.mark.anyio


def many(kind: str, probes: int, targets: int, **more: object) -> list[Probe]:
    return [
        probe(number, kind, *(f"198.18.{number}.{n}" for n in range(targets)), **more)
        for number in range(1, probes + 1)
    ]


async def test_what_is_too_much_is_left_out_and_said() -> None:
    async with site() as here:
        said = here.scheduler.want(many("PING", 70, 200, interval_sec=60, timeout_sec=10))
        assert here.scheduler.running == BUDGET.targets
        assert len(said) == 20
        assert said[0] == (
            "probe 51: PING: no room: targets: this agent would have 10,200 targets; "
            "the most is 10,000"
        )
        assert here.scheduler._health.problems[ROOM].startswith("20 are left out, the first: probe")
        assert here.scheduler.want([]) == []
        assert here.scheduler._health.problems == {}


async def test_a_smaller_host_has_less_room() -> None:
    async with site() as here:
        here.scheduler._budget = msgspec.structs.replace(BUDGET, targets=3)
        said = here.scheduler.want(many("PING", 2, 2))
        assert here.scheduler.running == 2
        assert said == [
            "probe 2: PING: no room: targets: this agent would have 4 targets; the most is 3"
        ]


def test_every_type_has_its_most() -> None:
    assert MOST_OPEN.keys() == KINDS.keys()


async def test_turns_of_a_type_wait_for_a_place_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(MOST_OPEN, "PING", 2)
    async with site() as here:
        here.net.silent |= {f"198.18.1.{n}" for n in range(6)}
        here.scheduler.want(many("PING", 1, 6, interval_sec=60, timeout_sec=10))
        await here.clock.advance(59)
        assert len(here.posts) == 6
        ended = [at for at, _ in here.posts]
        assert ended[-1] - ended[0] >= 20  # two at once, ten seconds each
        assert here.scheduler._open["PING"] == 0


async def test_what_waits_is_forgotten_when_it_is_wanted_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(MOST_OPEN, "PING", 1)
    async with site() as here:
        here.net.silent |= {f"198.18.1.{n}" for n in range(6)}
        here.scheduler.want(many("PING", 1, 6, interval_sec=60, timeout_sec=10))
        await here.clock.advance(12)
        here.scheduler.want([probe(7, "PING", "198.18.9.9", interval_sec=60)])
        assert not here.scheduler._waiting["PING"]
        await here.clock.advance(60)
        assert {post.target for _, post in here.posts} <= {
            "198.18.9.9",
            "198.18.1.0",
            "198.18.1.1",
            "198.18.1.2",
            "198.18.1.3",
            "198.18.1.4",
            "198.18.1.5",
        }
        assert [post.probe_id for _, post in here.posts][-1] == 7
        assert here.scheduler._open["PING"] == 0
