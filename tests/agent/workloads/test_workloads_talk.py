"""Microservices in the conversation with a controller: reports, logs, restarts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.talk import TooMuch
from forepost.agent.workloads.talk import MOST_REQUESTS, WorkloadsDialogue, WorkloadsTalk
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame
from forepost.wire.workloads.delivery import (
    LOG_LINES,
    LONGEST_LOG_LINE,
    MOST_LOG_LINES,
    MOST_LOG_READERS,
    REPORT,
    RESTARTED,
    WORKLOADS,
    MicroserviceStatus,
)
from tests.fakes.clock import FakeClock
from tests.fakes.logged_microservices import LoggedMicroservices

pytestmark = pytest.mark.anyio
LONG_SEC = 20


class Controller:
    """What the controller hears, and says."""

    def __init__(self) -> None:
        self.microservices = LoggedMicroservices()
        self.clock = FakeClock()
        self.heard: list[tuple[str, Any]] = []
        self.slow: anyio.Event | None = None
        """While it is set to an event, the line takes nothing until that."""
        self.dialogue: WorkloadsDialogue
        self.microservices.say(MicroserviceStatus(uuid="one", state="RUNNING"))

    async def take(self, frame: Frame) -> None:
        if self.slow is not None:
            await self.slow.wait()
        self.heard.append((frame.event, msgspec.json.decode(frame.body)))

    @asynccontextmanager
    async def talking(self, able: str = WORKLOADS) -> AsyncIterator["Controller"]:
        talk = WorkloadsTalk(self.microservices, self.clock)
        self.dialogue = talk.begin(self.take, {able})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.dialogue.run)
            yield self
            tasks.cancel_scope.cancel()

    def says(self, event: str, **body: Any) -> None:
        self.dialogue.heard(Frame(FOREPOST, event, msgspec.json.encode(body).decode()))

    def of(self, event: str) -> list[Any]:
        return [body for name, body in self.heard if name == event]

    async def hears(self, event: str, count: int = 1) -> list[Any]:
        with anyio.fail_after(LONG_SEC):
            while len(self.of(event)) < count:  # noqa: ASYNC110 - a real peer would be waited for so
                await anyio.sleep(0.001)
        return self.of(event)

    async def hears_end(self, request: int) -> Any:
        with anyio.fail_after(LONG_SEC):
            while True:
                for body in self.of(LOG_LINES):
                    if body["request"] == request and body.get("end"):
                        return body
                await anyio.sleep(0.001)


@pytest.fixture
def controller() -> Controller:
    return Controller()


async def test_a_report_is_sent_at_once_and_at_every_change(controller: Controller) -> None:
    async with controller.talking():
        [first] = await controller.hears(REPORT)
        assert first["engine"]["reachable"] is True
        assert [one["state"] for one in first["microservices"]] == ["RUNNING"]
        controller.microservices.say(MicroserviceStatus(uuid="one", state="STOPPED"))
        controller.microservices.say(MicroserviceStatus(uuid="two", state="PULLING"))
        await controller.clock.advance(1)
        second = (await controller.hears(REPORT, 2))[-1]
        assert [one["state"] for one in second["microservices"]] == ["STOPPED", "PULLING"]
        await controller.clock.advance(1)
        assert len(controller.of(REPORT)) == 2
        controller.microservices.say(MicroserviceStatus(uuid="two", state="RUNNING"))
        await controller.hears(REPORT, 3)


async def test_a_controller_that_knows_nothing_of_them_is_told_nothing(
    controller: Controller,
) -> None:
    async with controller.talking(able="documents"):
        await controller.clock.advance(100)
        assert controller.heard == []


async def test_logs_are_read_to_their_end(controller: Controller) -> None:
    controller.microservices.write(*map(str, range(3 * MOST_LOG_LINES)))
    async with controller.talking():
        controller.says("microservice_logs", request=1, uuid="one", tail=3 * MOST_LOG_LINES)
        await controller.hears_end(1)
    said = [line["text"] for body in controller.of(LOG_LINES) for line in body.get("lines", [])]
    assert said == list(map(str, range(3 * MOST_LOG_LINES)))


async def test_logs_are_followed_until_nobody_reads_them(controller: Controller) -> None:
    async with controller.talking():
        controller.says("microservice_logs", request=1, uuid="one", follow=True)
        for number in range(5):
            controller.microservices.write(f"line {number}")
            await controller.hears(LOG_LINES, number + 1)
        controller.says("microservice_logs_enough", request=1)
        await controller.clock.advance(0)
        controller.microservices.write("nobody reads this")
        await controller.clock.advance(0)
        assert len(controller.of(LOG_LINES)) == 5


async def test_a_long_line_is_cut_off_and_says_so(controller: Controller) -> None:
    controller.microservices.write("x" * (LONGEST_LOG_LINE + 7))
    async with controller.talking():
        controller.says("microservice_logs", request=1, uuid="one")
        await controller.hears_end(1)
    [line] = controller.of(LOG_LINES)[0]["lines"]
    assert line["text"].endswith("x (7 characters are cut off)")


async def test_what_is_not_there_has_no_logs(controller: Controller) -> None:
    async with controller.talking():
        controller.says("microservice_logs", request=1, uuid="two")
        end = await controller.hears_end(1)
    assert end["problem"] == "two: there is no such microservice"


async def test_too_many_readers_and_too_many_requests_are_refused(controller: Controller) -> None:
    async with controller.talking():
        for request in range(1, MOST_LOG_READERS + 1):
            controller.says("microservice_logs", request=request, uuid="one", follow=True)
        await controller.clock.advance(0)
        controller.says("microservice_logs", request=99, uuid="one", follow=True)
        assert "logs of this agent are read already" in (await controller.hears_end(99))["problem"]
        controller.slow = anyio.Event()
        for request in range(MOST_REQUESTS - MOST_LOG_READERS):
            controller.says("microservice_restart", request=request + 100, uuid="one")
        with pytest.raises(TooMuch):
            controller.says("microservice_restart", request=500, uuid="one")
        controller.slow.set()
        await controller.hears(RESTARTED, MOST_REQUESTS - MOST_LOG_READERS)
        controller.says("microservice_restart", request=501, uuid="one")


async def test_a_restart_is_answered(controller: Controller) -> None:
    async with controller.talking():
        controller.says("microservice_restart", request=1, uuid="one")
        controller.says("microservice_restart", request=2, uuid="two")
        answers = await controller.hears(RESTARTED, 2)
        assert {one["request"]: one["problem"] for one in answers} == {
            1: "",
            2: "two: there is no such microservice",
        }
        controller.microservices.away = "the engine is away"
        controller.says("microservice_restart", request=3, uuid="one")
        assert (await controller.hears(RESTARTED, 3))[-1]["problem"] == "the engine is away"
    assert controller.microservices.restarted == ["one"]


async def test_what_is_not_understood_is_refused(controller: Controller) -> None:
    async with controller.talking():
        for wrong in ({"request": 0, "uuid": "one"}, {"request": 1}, {"request": 1, "uuid": ""}):
            with pytest.raises(msgspec.ValidationError):
                controller.says("microservice_logs", **wrong)
