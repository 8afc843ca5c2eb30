"""`gps = "auto"`: what the controller says of this site, asked while somebody wants to know."""

import anyio
import pytest

from forepost.agent.ports.edges import OutsideView
from forepost.agent.workloads.known_place import KNOWN_SEC, LOOK_SEC, KnownPlace, place_of
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio


async def test_nobody_is_asked_until_somebody_wants_to_know() -> None:
    asked: list[None] = []
    wanted = False
    answers: list[OutsideView | None] = [
        None,
        OutsideView(ip="198.18.0.1", geo={"latitude": 46.5, "longitude": 7.25}),
        None,
    ]

    async def whoami() -> OutsideView | None:
        asked.append(None)
        return answers[len(asked) - 1]

    clock = FakeClock()
    place = KnownPlace(whoami, lambda: wanted, clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(place.run)
        await clock.advance(10 * LOOK_SEC)
        assert (len(asked), place.now) == (0, None)
        wanted = True
        await clock.advance(LOOK_SEC)
        assert (len(asked), place.now) == (1, None)
        await clock.advance(LOOK_SEC)
        assert (len(asked), place.now) == (2, (46.5, 7.25))
        await clock.advance(KNOWN_SEC)
        assert (len(asked), place.now) == (3, (46.5, 7.25))
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("geo", [{}, {"latitude": 0.0, "longitude": 0.0}, {"latitude": "x"}])
def test_what_is_not_known_is_no_place(geo: dict[str, str | int | float]) -> None:
    assert place_of(OutsideView(ip="198.18.0.1", geo=geo)) is None
    assert place_of(None) is None
