"""How long a list of sites is given again: what is dear is made seldom."""

from datetime import UTC, datetime
from typing import Any

import pytest

from forepost.controller.sites.needs import SiteNeeds
from forepost.controller.sites.service import Sites
from forepost.wire.rest.topology import HealthCounts, HealthVerdict, WorkspaceHealth
from tests.fakes.clock import FakeClock


def _no_use(*_: object) -> None:
    raise AssertionError


async def _nothing(*_: object) -> Any:
    return []


async def _no_traffic(*_: object) -> dict[int, tuple[int, int]]:
    return {}


def sites_that_take(clock: FakeClock, cost_sec: float, made: list[float]) -> Sites:
    async def health(_: int) -> WorkspaceHealth:
        made.append(clock.monotonic())
        await clock.advance(cost_sec)
        return EMPTY

    needs: dict[str, Any] = dict.fromkeys(SiteNeeds.__struct_fields__, _no_use)
    needs |= {"clock": clock, "agents": _nothing, "health": health, "traffic": _no_traffic}
    return Sites(SiteNeeds(**needs))


EMPTY = WorkspaceHealth(
    verdict=HealthVerdict(status="healthy", reason="", since=None),
    agents=[],
    counts=HealthCounts(agents={}, probes={}, not_tracked=0),
    lookback=15,
    generated_at=datetime(2026, 1, 1, tzinfo=UTC),
    workspace_id=1,
)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("cost_sec", "apart_sec"), [(0.0, 3.0), (0.1, 3.0), (0.3, 6.0), (5.0, 20.0)]
)
async def test_a_list_is_made_again_when_it_is_due(cost_sec: float, apart_sec: float) -> None:
    clock, made = FakeClock(), list[float]()
    sites = sites_that_take(clock, cost_sec, made)
    await sites.body(1, 24, 48)
    await clock.advance(apart_sec - 0.01)
    await sites.body(1, 24, 48)
    assert len(made) == 1
    await clock.advance(0.02)
    await sites.body(1, 24, 48)
    assert len(made) == 2


@pytest.mark.anyio
async def test_a_list_is_made_again_at_once_after_a_change() -> None:
    clock, made = FakeClock(), list[float]()
    sites = sites_that_take(clock, 5.0, made)
    await sites.body(1, 24, 48)
    sites.forget(2)
    await sites.body(1, 24, 48)
    assert len(made) == 1
    sites.forget(1)
    await sites.body(1, 24, 48)
    assert len(made) == 2
