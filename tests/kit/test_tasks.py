import logging
from itertools import pairwise

import anyio
import pytest

from forepost.kit.health import Health
from forepost.kit.program import CannotStart
from forepost.kit.tasks import FIRST_SEC, LONGEST_SEC, STEADY_SEC, keep
from tests.fakes.clock import FakeClock


@pytest.mark.anyio
async def test_a_service_is_tried_again_after_growing_pauses() -> None:
    clock, health = FakeClock(), Health(logging.getLogger("x"))
    begun: list[float] = []

    async def service() -> None:
        begun.append(clock.monotonic())
        if len(begun) < 5:
            raise OSError("no")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, "service", service, clock, health)
        await clock.advance(0.5)
        assert health.problems == {"service": "OSError: no"}
        await clock.advance(20)
    assert [later - first for first, later in pairwise(begun)] == [1, 2, 4, 8]
    assert health.problems == {}


@pytest.mark.anyio
async def test_after_a_long_run_the_pause_is_short_again() -> None:
    clock, health = FakeClock(), Health(logging.getLogger("x"))
    begun: list[float] = []

    async def service() -> None:
        begun.append(clock.monotonic())
        if len(begun) == 4:
            return
        await clock.sleep(0 if len(begun) < 3 else LONGEST_SEC + 1)
        raise OSError("no")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, "service", service, clock, health)
        await clock.advance(200)
    assert begun[3] - begun[2] == LONGEST_SEC + 1 + 1


@pytest.mark.anyio
async def test_a_service_that_runs_again_is_well_again() -> None:
    """It stayed ill for ever, and /readyz with it, unless it said by itself that it was well."""
    clock, health = FakeClock(), Health(logging.getLogger("x"))
    begun: list[float] = []

    async def service() -> None:
        begun.append(clock.monotonic())
        if len(begun) == 1:
            raise OSError("no")
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, "service", service, clock, health)
        await clock.advance(FIRST_SEC + STEADY_SEC * 0.9)
        assert health.problems == {"service": "OSError: no"}
        await clock.advance(STEADY_SEC)
        assert (len(begun), health.problems) == (2, {})
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_what_a_service_says_of_itself_stays() -> None:
    clock, health = FakeClock(), Health(logging.getLogger("x"))
    begun: list[float] = []

    async def service() -> None:
        begun.append(clock.monotonic())
        if len(begun) == 1:
            raise OSError("no")
        health.ill("service", "nobody answers")
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, "service", service, clock, health)
        await clock.advance(FIRST_SEC + 3 * STEADY_SEC)
        assert health.problems == {"service": "nobody answers"}
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_what_no_other_start_would_help_against_ends_it() -> None:
    async def service() -> None:
        raise CannotStart("broken")

    with pytest.raises(CannotStart, match="broken"):
        await keep("service", service, FakeClock(), Health(logging.getLogger("x")))
