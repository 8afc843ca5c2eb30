"""A turn that fails is told of, and made again."""

import logging

import anyio
import pytest

from forepost.controller.alerts.turns import Turns
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio


async def test_a_turn_that_fails_is_told_of_until_one_does_not() -> None:
    clock, health, made = FakeClock(), Health(logging.getLogger("test")), []

    async def turn() -> None:
        made.append(clock.now())
        if len(made) < 3:
            raise OSError("the disk is full")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Turns(clock, health, 5.0).of("subject", turn))
        await clock.advance(6)
        assert len(made) == 2
        assert dict(health.problems) == {"subject": "OSError: the disk is full"}
        await clock.advance(5)
        assert len(made) == 3
        assert not health.problems
        tasks.cancel_scope.cancel()
