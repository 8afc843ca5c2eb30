import anyio
import pytest

from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio


async def test_sleepers_wake_in_order_and_at_their_own_time() -> None:
    clock = FakeClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))
        await clock.sleep(1)
        woken.append((name, clock.monotonic()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleeper, "late", 2)
        tasks.start_soon(sleeper, "early", 0.5)
        await clock.advance(1.5)
        assert woken == [("early", 1000.5), ("early", 1001.5)]
        await clock.advance(1.5)
    assert woken[2:] == [("late", 1002.0), ("late", 1003.0)]
    assert (clock.now() - START).total_seconds() == 3


async def test_a_suspended_machine_wakes_everybody_late() -> None:
    clock = FakeClock()
    woken: list[float] = []

    async def sleeper() -> None:
        await clock.sleep(1)
        woken.append(clock.monotonic())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleeper)
        await clock.suspend(3600)
    assert woken == [4600.0]


async def test_a_cancelled_sleeper_is_gone() -> None:
    clock = FakeClock()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clock.sleep, 5)
        await clock.advance(1)
        assert clock.sleepers == 1
        tasks.cancel_scope.cancel()
    assert clock.sleepers == 0


async def test_it_refuses_what_the_real_one_refuses() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        await FakeClock().sleep(-1)
