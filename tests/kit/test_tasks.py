import logging
from itertools import pairwise

import anyio
import pytest

from forepost.kit.health import Health
from forepost.kit.tasks import LONGEST_SEC, keep
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
