"""When the worker sends, how often, and how many at once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import pytest

from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.send_slots import AT_ONCE, OF_ONE_HOST, OF_ONE_WORKSPACE, SPARE
from forepost.controller.notify.store import CRITICAL, ClaimedDelivery
from forepost.controller.notify.worker import LEASE_SEC, POLL_SEC, Worker
from tests.fakes.clock import FakeClock
from tests.fakes.deliveries import FakeRows

pytestmark = pytest.mark.anyio
PAUSES = (10.0, 30.0, 120.0)


class Stage:
    def __init__(self, send: Callable[[ClaimedDelivery], Awaitable[Outcome]]) -> None:
        self.clock, self.rows = FakeClock(), FakeRows()
        self.outbox = Outbox(self.clock)
        self.tried: list[tuple[int, float]] = []
        self._began, self._send = self.clock.monotonic(), send
        self.worker = Worker(
            self.rows,
            self.outbox,
            {"webhook": self.attempt},
            self.clock,
            settled=self.clock,
            pauses=PAUSES,
            keep_days=30,
        )

    async def attempt(self, row: ClaimedDelivery) -> Outcome:
        self.tried.append((row.id, self.clock.monotonic() - self._began))
        return await self._send(row)

    def times(self) -> list[float]:
        return [at for _, at in self.tried]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.worker.run)
            await self.clock.advance(0)
            yield
            tasks.cancel_scope.cancel()


async def unreachable(row: ClaimedDelivery) -> Outcome:
    return Outcome("again", "nobody there")


async def well(row: ClaimedDelivery) -> Outcome:
    return Outcome("sent", status=200)


async def test_what_is_put_is_sent_at_once_when_it_is_nudged() -> None:
    stage = Stage(well)
    async with stage.running():
        stage.rows.put()
        stage.outbox.nudge()
        await stage.clock.advance(0.1)
        assert stage.rows.states() == ["sent"]
    assert stage.worker.sent == 1


async def test_what_was_put_without_a_nudge_is_found_at_the_next_turn() -> None:
    """A nudge may come before the commit that it announces, or in another controller."""
    stage = Stage(well)
    async with stage.running():
        stage.outbox.nudge()
        await stage.clock.advance(0.1)
        stage.rows.put()
        await stage.clock.advance(POLL_SEC)
        assert stage.rows.states() == ["sent"]


async def test_pauses_grow_and_it_is_given_up_in_the_end() -> None:
    stage = Stage(unreachable)
    stage.rows.put()
    async with stage.running():
        await stage.clock.advance(1_000)
    first, *others = stage.times()
    assert first == 0
    assert len(others) == len(PAUSES)
    gaps = [b - a for a, b in zip(stage.times(), others, strict=False)]
    for gap, pause in zip(gaps, PAUSES, strict=True):
        assert gap == pytest.approx(pause)
    assert stage.rows.states() == ["failed"]
    assert stage.rows.kept[1].error == "nobody there"
    assert (stage.worker.retried, stage.worker.failed) == (3, 1)


async def test_a_refusal_is_tried_three_times_and_hopelessness_once() -> None:
    for verdict, attempts in (("refused", 3), ("never", 1)):

        async def send(row: ClaimedDelivery, verdict: str = verdict) -> Outcome:
            return Outcome(verdict, "no")  # type: ignore[arg-type]

        stage = Stage(send)
        stage.rows.put()
        async with stage.running():
            await stage.clock.advance(1_000)
        assert len(stage.tried) == attempts
        assert stage.rows.states() == ["failed"]


async def test_a_fault_of_a_sender_costs_its_delivery_only() -> None:
    async def send(row: ClaimedDelivery) -> Outcome:
        if row.id == 1:
            raise ZeroDivisionError
        return Outcome("sent")

    stage = Stage(send)
    stage.rows.put()
    stage.rows.put()
    async with stage.running():
        await stage.clock.advance(1)
        assert stage.rows.states() == ["pending", "sent"]
        assert stage.rows.kept[1].error == "internal: ZeroDivisionError"


async def test_one_who_never_answers_does_not_hold_up_the_others() -> None:
    async def send(row: ClaimedDelivery) -> Outcome:
        if row.host == "slow.example":
            await anyio.sleep_forever()
        return Outcome("sent")

    stage = Stage(send)
    for _ in range(50):
        stage.rows.put("slow.example")
    quick = [stage.rows.put(f"{n}.example") for n in range(20)]
    async with stage.running():
        await stage.clock.advance(1)
        assert all(stage.rows.kept[n].state == "sent" for n in quick)
        assert stage.rows.states().count("sending") == OF_ONE_HOST
        assert stage.worker.waiting == 50


async def test_so_many_at_once_and_no_more() -> None:
    async def send(row: ClaimedDelivery) -> Outcome:
        await anyio.sleep_forever()
        return Outcome("sent")

    stage = Stage(send)
    for n in range(40):
        stage.rows.put(f"{n}.example")
    async with stage.running():
        await stage.clock.advance(20)
        assert len(stage.tried) == OF_ONE_WORKSPACE
        for n in range(40):
            stage.rows.put(f"{n}.other", workspace=n)
        await stage.clock.advance(20)
        assert len(stage.tried) == AT_ONCE - SPARE
        for n in range(40):
            stage.rows.put(f"{n}.third", urgency=CRITICAL)
        await stage.clock.advance(20)
        assert len(stage.tried) == AT_ONCE


async def test_what_is_critical_waits_for_nobodys_slow_receiver() -> None:
    async def send(row: ClaimedDelivery) -> Outcome:
        if row.id <= 400:
            await anyio.sleep_forever()
        return Outcome("sent")

    stage = Stage(send)
    for n in range(400):
        stage.rows.put(f"{n % 20}.slow", workspace=n % 4)
    async with stage.running():
        await stage.clock.advance(1)
        same_host = stage.rows.put("0.slow", urgency=CRITICAL)
        other = stage.rows.put("fast", workspace=9, urgency=CRITICAL)
        stage.outbox.nudge()
        await stage.clock.advance(0.2)
        assert {stage.rows.kept[n].state for n in (same_host, other)} == {"sent"}


async def test_what_a_dead_controller_had_claimed_is_sent_at_the_next_start() -> None:
    stage = Stage(well)
    number = stage.rows.put()
    now = stage.clock.now()
    (claimed,) = await stage.rows.claim([number], now, now + timedelta(seconds=LEASE_SEC))
    async with stage.running():
        await stage.clock.advance(1)
        assert stage.rows.states() == ["sent"]
    await stage.rows.not_sent(claimed, Outcome("again", "late"), None)  # the dead one speaks
    assert stage.rows.states() == ["sent"]


async def test_what_was_claimed_and_never_marked_is_sent_when_the_lease_ends() -> None:
    """As when the database was away."""
    stage = Stage(well)
    async with stage.running():
        await stage.clock.advance(1)
        number, now = stage.rows.put(), stage.clock.now()
        await stage.rows.claim([number], now, now + timedelta(seconds=LEASE_SEC))
        await stage.clock.advance(LEASE_SEC - 2 * POLL_SEC)
        assert stage.tried == []
        await stage.clock.advance(3 * POLL_SEC)
        assert stage.rows.states() == ["sent"]


async def test_a_stop_gives_back_what_was_on_its_way() -> None:
    async def send(row: ClaimedDelivery) -> Outcome:
        await anyio.sleep_forever()
        return Outcome("sent")

    stage = Stage(send)
    stage.rows.put()
    async with stage.running():
        await stage.clock.advance(1)
        assert stage.rows.states() == ["sending"]
    assert stage.rows.states() == ["pending"]
    assert stage.rows.kept[1].next_at == stage.clock.now()


async def test_the_log_forgets_what_is_old() -> None:
    stage = Stage(well)
    stage.rows.put()
    async with stage.running():
        await stage.clock.advance(1)
        assert stage.rows.states() == ["sent"]
        await stage.clock.advance(3_600)
        assert stage.rows.kept
        await stage.clock.suspend(31 * 86_400)
        assert not stage.rows.kept
