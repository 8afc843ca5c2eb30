"""Two members that dial each other at once keep one connection, and both the same one."""

import socket
from typing import Any

import pytest

from forepost.agent.edges.peers.channel import Channel
from forepost.agent.transfer.link import TWIN_SEC, Link
from tests.fakes.clock import FakeClock


def _link(line: Any, clock: FakeClock, *, is_first: bool) -> Link:
    return Link(Channel(line, ""), "M", clock, is_first=is_first)


@pytest.mark.anyio
async def test_of_two_dialed_at_once_that_of_the_greater_device_stays() -> None:
    one, two = socket.socketpair()
    clock = FakeClock()
    with one, two:
        greater = _link(one, clock, is_first=True)
        lesser = _link(two, clock, is_first=False)
        # Whichever comes second at a side: the greater takes the place, the lesser does not.
        assert greater.is_instead_of(lesser)
        assert not lesser.is_instead_of(greater)
        assert not greater.is_instead_of(_link(two, clock, is_first=True))


@pytest.mark.anyio
async def test_one_that_comes_later_takes_the_place_of_one_that_may_be_dead() -> None:
    one, two = socket.socketpair()
    clock = FakeClock()
    with one, two:
        greater = _link(one, clock, is_first=True)
        await clock.advance(TWIN_SEC)
        assert not greater.is_instead_of(_link(two, clock, is_first=False))
