"""The keeper over an engine in memory that goes away, tells nothing, or has other masters."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.keeping import Keeping, keeping, wanted

pytestmark = pytest.mark.anyio


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Keeping]:
    async with keeping(tmp_path) as one:
        yield one


async def test_an_engine_that_is_away_is_unknown_and_since_when(site: Keeping) -> None:
    await site.want(wanted("a"))
    site.engine.away = True
    await site.clock.advance(31)
    since = site.keeper.engine().since
    await site.clock.advance(300)
    await site.want(wanted("a"), wanted("b"))
    assert [one.state for one in site.keeper.statuses()] == ["UNKNOWN", "UNKNOWN"]
    assert not site.keeper.engine().reachable
    assert site.keeper.engine().since == since
    assert list(site.keeper.gateways()) == ["198.18.240.1"]  # what runs goes on, and asks there
    site.engine.away = False
    await site.clock.advance(5)
    assert site.keeper.engine().reachable
    assert site.engine.running() == {"a": ["good:1"], "b": ["good:1"]}


async def test_what_somebody_stopped_is_started_again_and_counted(
    site: Keeping, caplog: pytest.LogCaptureFixture
) -> None:
    await site.want(wanted("a", name="pump"))
    await site.clock.advance(5)
    site.engine.stop_by_hand("a")
    await site.clock.advance(1)
    assert site.engine.running() == {"a": ["good:1"]}
    assert site.status("a").restarts == 1
    assert "pump was stopped, and not by this agent" in caplog.text
    site.engine.remove_by_hand("a")
    await site.clock.advance(1)
    assert site.engine.running() == {"a": ["good:1"]}


async def test_what_happened_while_nothing_was_told_is_seen_at_once(site: Keeping) -> None:
    await site.want(wanted("a"))
    site.engine.tell_no_more()
    await site.clock.advance(3)
    site.engine.stop_by_hand("a")  # after the last look, and before the stream is there again
    site.engine.tells = True
    await site.clock.advance(3)
    assert site.engine.running() == {"a": ["good:1"]}
