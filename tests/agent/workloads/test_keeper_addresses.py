"""Whose address is whose: what the Local API believes of who asks, by an engine in memory."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.containers import GATEWAY
from tests.fakes.keeping import Keeping, keeping, wanted

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Keeping]:
    async with keeping(tmp_path) as one:
        yield one


async def test_who_is_at_an_address(site: Keeping) -> None:
    await site.want(wanted("a", routes=["b"]), wanted("b"))
    assert site.keeper.at("198.18.240.3") in ("a", "b")
    assert site.keeper.at("198.18.9.9") is None
    assert list(site.keeper.gateways()) == [GATEWAY]
    assert list(site.keeper.routes_of("a")) == ["b"]
    assert site.keeper.config_of("c") is None


async def test_an_address_that_went_to_another_is_not_that_of_the_first(site: Keeping) -> None:
    await site.want(wanted("a"))
    assert site.keeper.at("198.18.240.3") == "a"
    site.engine.faults["pull"] = ["hangs before"]
    await site.want(wanted("a", "good:2"))
    (first,) = site.engine.of("a")
    first.state = "exited"  # and nobody says so
    site.engine._number = 200
    await site.want(wanted("a", "good:2"), wanted("b"))
    assert site.engine.of("b")[0].number == "c0201"  # by which it has the same address
    assert site.keeper.at("198.18.240.3") is None
    await site.clock.advance(31)
    assert site.keeper.at("198.18.240.3") == "b"


async def test_while_the_engine_is_away_an_address_is_that_of_what_goes_on(site: Keeping) -> None:
    await site.want(wanted("a"), wanted("b"))
    addresses = {site.keeper.at(f"198.18.240.{last}"): f"198.18.240.{last}" for last in (3, 4)}
    site.engine.away = True
    await site.clock.advance(31)
    assert site.status("a").state == "UNKNOWN"
    assert site.keeper.at(addresses["a"]) == "a"
    site.engine.of("a")[0].state = "exited"  # with the engine, which begins it anew at its start
    assert site.keeper.at(addresses["a"]) is None
    assert site.keeper.at(addresses["b"]) == "b"
