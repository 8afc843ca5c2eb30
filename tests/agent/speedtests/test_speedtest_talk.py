"""Speed tests in the conversation with a controller, NetWatcher's and ours."""

import json
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.settings import SpeedtestSection
from forepost.agent.speedtests.queue import SpeedtestQueue
from forepost.agent.speedtests.talk import MOST_TESTS, SpeedtestTalk, read_queue
from forepost.wire.uplink.neffos import Frame, decode, encode
from tests.agent.speedtests.test_agent_speedtests import SERVERS
from tests.fakes.clock import START, FakeClock, settle
from tests.fakes.speed import FakeSpeed

pytestmark = pytest.mark.anyio

NETWATCHERS_ITEM = {
    "id": 5,
    "created_at": "2026-11-21T09:14:27.885153476Z",
    "updated_at": "2026-11-21T09:14:27Z",
    "workspace_id": 1,
    "agent_id": 10,
    "server_id": "7",
    "server_name": "Somewhere",
    "status": "pending",
    "requested_by": 3,
    "requested_at": "2026-11-21T09:14:27Z",
    "expires_at": None,
}
OK = ';agent;;speedtest_result_ok;0;0;{"ok":true}'
REFUSED = ";agent;;speedtest_result;1;0;unknown queue id"


def queue_of(*items: Any) -> str:
    return f";agent;;speedtest_queue;0;0;{json.dumps(items)}"


class Lab:
    """An agent's speed tests, and what they say to a controller of this ability."""

    def __init__(self, able: Iterable[str] = ()) -> None:
        self.clock, self.speed = FakeClock(), FakeSpeed()
        self.queue = SpeedtestQueue(
            SpeedtestSection(servers=SERVERS),
            self.speed,
            lambda: 0,
            lambda: "ctl",
            self.clock,
            lambda: START,
        )
        self.said: list[str] = []
        self.talk = SpeedtestTalk(self.queue, self.clock)
        self.dialogue = self.talk.begin(self._say, frozenset(able))

    async def _say(self, frame: Frame) -> None:
        self.said.append(encode(frame))

    def hear(self, text: str) -> None:
        frame = decode(text)
        assert (frame.namespace, frame.event) in self.talk.events
        self.dialogue.heard(frame)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.queue.run)
            tasks.start_soon(self.dialogue.run)
            await settle()
            yield
            tasks.cancel_scope.cancel()

    def of(self, event: str) -> list[Any]:
        frames = [decode(text) for text in self.said]
        return [json.loads(frame.body) for frame in frames if frame.event == event]


async def test_the_queue_of_netwatchers_controller_is_asked_for_again_and_again() -> None:
    lab = Lab()
    async with lab.running():
        assert lab.said[0].startswith(";agent;;speedtest_servers;0;0;[{")
        assert lab.said[1:] == [";agent;;speedtest_queue_get;0;0;{}"]
        await lab.clock.advance(61)
        assert lab.said[2:] == [";agent;;speedtest_queue_get;0;0;{}"] * 2


async def test_a_result_is_told_once_and_the_next_when_it_is_kept() -> None:
    lab = Lab()
    async with lab.running():
        lab.hear(queue_of(NETWATCHERS_ITEM, {**NETWATCHERS_ITEM, "id": 6, "server_id": "none"}))
        await settle()
        (first,) = lab.of("speedtest_result")
        assert (first["queue_id"], first["success"]) == (5, True)
        assert lab.of("speedtest_progress") == []  # it would not know the event
        lab.hear(OK)
        await settle()
        second = lab.of("speedtest_result")[1]
        assert (second["queue_id"], second["success"]) == (6, False)
        lab.hear(REFUSED)
        await settle()
        assert not lab.queue.results
        for again in (OK, REFUSED):
            lab.hear(again)  # of nothing that is on its way


async def test_our_controller_wants_progress() -> None:
    lab = Lab(["report", "speedtest"])
    async with lab.running():
        lab.speed.go_on = anyio.Event()
        lab.hear(queue_of(NETWATCHERS_ITEM))
        await settle()
        (progress,) = lab.of("speedtest_progress")
        assert (progress["queue_id"], progress["phase"], progress["part"]) == (5, "download", 0.5)


async def test_a_new_conversation_says_again_what_nobody_kept() -> None:
    lab = Lab()
    async with lab.running():
        lab.hear(queue_of(NETWATCHERS_ITEM))
        await settle()
    lab.dialogue = lab.talk.begin(lab._say, frozenset())
    async with lab.running():
        assert [one["queue_id"] for one in lab.of("speedtest_result")] == [5, 5]


def test_one_that_is_wrong_costs_the_others_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tests = read_queue(json.dumps([{"id": "x"}, NETWATCHERS_ITEM]))
    assert [one.id for one in tests] == [5]
    assert "a speed test that is not understood" in caplog.text
    assert read_queue("[]") == read_queue("null") == []
    many = json.dumps([{**NETWATCHERS_ITEM, "id": n} for n in range(1, MOST_TESTS + 50)])
    assert len(read_queue(many)) == MOST_TESTS
    with pytest.raises(msgspec.MsgspecError):
        read_queue('{"id":5}')
    lab = Lab()
    lab.hear(";agent;;speedtest_queue;1;0;no such table")
