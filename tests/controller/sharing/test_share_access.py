"""Expiry and wrong passwords of share links, in simulated time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from forepost.controller.access.guard import Caller
from forepost.controller.access.limits import Limiter
from forepost.controller.access.tokens import Passwords
from forepost.controller.db.engine import Database
from forepost.controller.sharing.access import ShareAccess
from forepost.controller.sharing.store import ShareLinks
from forepost.kit.errors import Gone, NotFound, TooMany, Unauthenticated
from forepost.wire.rest.share_links import NewShareLink
from tests.fakes.clock import FakeClock
from tests.metadata import sqlite_url
from tests.rows import home

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    yield db
    await db.close()


async def test_wrong_passwords_run_out_and_the_right_one_of_another_does_not(db: Database) -> None:
    clock = FakeClock()
    access = ShareAccess(ShareLinks(db), Passwords(), Limiter(3, clock), clock)
    _, token = await access.make(1, 1, NewShareLink(password="right"), Caller(1, session_id=1))
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await access.enter(token, "wrong", "192.0.2.1")
    with pytest.raises(TooMany):
        await access.enter(token, "right", "192.0.2.1")
    for _ in range(5):
        assert (await access.enter(token, "right", "192.0.2.2")).agent_id == 1


async def test_a_link_expires_and_is_forgotten(db: Database) -> None:
    clock = FakeClock()
    links = ShareLinks(db)
    access = ShareAccess(links, Passwords(), Limiter(3, clock), clock)
    link, token = await access.make(
        1, 1, NewShareLink(expires_in_seconds=60), Caller(1, session_id=1)
    )
    await access.enter(token, "", "192.0.2.1")
    await clock.advance(61)
    with pytest.raises(Gone):
        await access.enter(token, "", "192.0.2.1")
    assert (await access.info(token)).expired
    await links.forget(link.expires_at)
    assert not (await access.info(token)).has_password
    await links.forget(clock.now())
    with pytest.raises(NotFound):
        await access.info(token)
