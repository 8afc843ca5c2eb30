"""Sessions and API keys that requests show, and what is remembered of them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import anyio
import pytest

from forepost.controller.access import credentials as module
from forepost.controller.access.credentials import COARSE_SEC, Credentials, LookupCache, SignedIn
from forepost.controller.access.guard import Caller
from forepost.controller.access.limits import Limiter
from forepost.controller.access.tokens import Passwords, Tokens
from forepost.controller.accounts.second_factor import SecondFactors
from forepost.controller.accounts.sessions import Origin, Sessions
from forepost.controller.accounts.sign_in import SignIn, Tries
from forepost.controller.accounts.store import Accounts
from forepost.controller.db.engine import Database
from forepost.kit.errors import Unauthenticated
from forepost.wire.rest.access import PasswordChange
from forepost.wire.rest.bodies import Login, Register
from tests.fakes.clock import FakeClock, settle

ORIGIN = Origin("192.0.2.1", "a browser")
NEW = Register(email="a@example.com", password="a good password")
KNOWN = Login(email="A@example.com ", password="a good password")


class House:
    """All that knows sessions and keys, with a clock that stands still."""

    def __init__(self, db: Database) -> None:
        self.clock = FakeClock()
        self.tokens = Tokens(b"k" * 32, self.clock)
        self.credentials = Credentials(db, self.tokens, self.clock)
        self.accounts = Accounts(db)
        self.sessions = Sessions(db, self.credentials.ended)
        self.factors = SecondFactors(db, self.clock)
        self.passwords = Passwords()
        limiter = Limiter(1_000, self.clock)
        tries = Tries(logins=limiter, passwords=limiter, registrations=limiter)
        self.tries = tries
        self.sign_in = SignIn(
            self.accounts,
            self.sessions,
            self.factors,
            self.passwords,
            self.tokens,
            tries,
            self.clock,
            24,
            self.credentials.forget,
        )

    async def enter(self) -> tuple[str, SignedIn]:
        token = (await self.sign_in.register(NEW, ORIGIN, lambda _: None)).token
        return token, await self.credentials.session(token)


@pytest.fixture
async def house(metadata_url: str) -> AsyncIterator[House]:
    db = Database.at(metadata_url)
    yield House(db)
    await db.close()


@pytest.mark.anyio
async def test_a_session_lasts_as_long_as_it_is_set_to(house: House) -> None:
    token, session = await house.enter()
    assert session.email == "a@example.com"
    await house.clock.advance(24 * 3600 - 1)
    assert (await house.credentials.session(token)).session_id == session.session_id
    await house.clock.advance(1)
    with pytest.raises(Unauthenticated, match="token has expired"):
        await house.credentials.session(token)
    await house.sessions.forget(house.clock.now())
    assert await house.sessions.of(session.user_id, 0, house.clock.now() - timedelta(days=9)) == []


@pytest.mark.anyio
async def test_a_session_that_ended_is_refused_at_once(house: House) -> None:
    token, session = await house.enter()
    await house.sessions.end(session.user_id, session.session_id, house.clock.now())
    with pytest.raises(Unauthenticated, match="the session has ended"):
        await house.credentials.session(token)


@pytest.mark.anyio
async def test_whoever_waits_for_the_end_of_a_session_is_told(house: House) -> None:
    _, session = await house.enter()
    over: list[str] = []

    async def wait(name: str) -> None:
        await house.credentials.until_over(session)
        over.append(name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait, "first")
        tasks.start_soon(wait, "second")
        await anyio.wait_all_tasks_blocked()
        await anyio.sleep(0.1)
        assert over == []
        await house.sessions.end(session.user_id, session.session_id, house.clock.now())
    assert sorted(over) == ["first", "second"]
    await house.credentials.until_over(session)  # it is over: nothing to wait for
    assert house.credentials._waiting == {}


@pytest.mark.anyio
async def test_a_session_is_over_when_it_expires(house: House) -> None:
    _, session = await house.enter()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.credentials.until_over, session)
        await settle()
        await house.clock.advance(24 * 3600 - 1)
        assert house.clock.sleepers == 1
        await house.clock.advance(1)


@pytest.mark.anyio
async def test_the_last_use_is_written_down_once_a_minute_and_not_on_the_way(house: House) -> None:
    _, session = await house.enter()
    credentials, clock = house.credentials, house.clock
    assert credentials.to_be_noted(session)
    assert not credentials.to_be_noted(session)
    await clock.advance(COARSE_SEC)
    assert credentials.to_be_noted(session)
    credentials.note(session, "198.51.100.7")

    async def last() -> tuple[str, float]:
        [row] = await house.sessions.of(session.user_id, session.session_id, clock.now())
        return row.address, (row.last_used_at - row.created_at).total_seconds()

    assert await last() == ("192.0.2.1", 0)
    await credentials.flush()
    assert await last() == ("198.51.100.7", COARSE_SEC)


@pytest.mark.anyio
async def test_a_password_kept_with_other_parameters_is_hashed_anew_at_login(house: House) -> None:
    from argon2 import PasswordHasher

    _, session = await house.enter()
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(NEW.password)
    now = (await house.accounts.account(session.user_id)).password_hash
    await house.accounts.rehash(session.user_id, "another", old, house.clock.now())
    assert (await house.accounts.account(session.user_id)).password_hash == now
    await house.accounts.rehash(session.user_id, now, old, house.clock.now())
    await house.sign_in.login(KNOWN, ORIGIN, lambda _: None)
    kept = (await house.accounts.account(session.user_id)).password_hash
    assert "m=19456,t=2,p=1" in kept
    await house.sign_in.login(KNOWN, ORIGIN, lambda _: None)
    assert (await house.accounts.account(session.user_id)).password_hash == kept


class Overtaken(Passwords):
    """While it looks at a password, something else is done."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def matches(self, password: str, hashed: str | None) -> bool:
        found = await super().matches(password, hashed)
        if self.meanwhile is not None:
            does, self.meanwhile = self.meanwhile, None
            await does()
        return found


@pytest.mark.anyio
async def test_a_password_that_is_changed_during_a_login_opens_nothing(house: House) -> None:
    """Nor is it the one to change it by."""
    _, session = await house.enter()
    slow, later = Overtaken(), Passwords()
    sign_in = SignIn(
        house.accounts,
        house.sessions,
        house.factors,
        slow,
        house.tokens,
        house.tries,
        house.clock,
        24,
        house.credentials.forget,
    )

    async def changed() -> None:
        before = (await house.accounts.account(session.user_id)).password_hash
        after = await later.hash("another password")
        now = house.clock.now()
        done = await house.sessions.begin_anew(
            session.user_id, before, after, ORIGIN, now, now + timedelta(1), keep_derived=False
        )
        assert done is not None

    slow.meanwhile = changed
    with pytest.raises(Unauthenticated, match="wrong email or password"):
        await sign_in.login(KNOWN, ORIGIN, lambda _: None)
    slow.meanwhile = changed
    change = PasswordChange(old_password="another password", new_password="a third password")
    caller = Caller(session.user_id, name=session.email)
    with pytest.raises(Unauthenticated, match="incorrect current password"):
        await sign_in.change_password(caller, change, ORIGIN)
    now = house.clock.now()
    assert len(await house.sessions.of(session.user_id, 0, now)) == 1  # of the last change


def signed_in(session_id: int) -> SignedIn:
    return SignedIn(session_id, 1, "a@example.com", 1e12)


@pytest.mark.anyio
async def test_what_ends_while_it_is_looked_up_is_not_remembered() -> None:
    async def look_up(session_id: int) -> SignedIn:
        memory.forget([session_id])  # it ends between the reading and the answer
        return signed_in(session_id)

    memory: LookupCache[SignedIn] = LookupCache(look_up)
    assert await memory.find(7) is not None
    assert memory.peek(7) is None


@pytest.mark.anyio
async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def look_up(session_id: int) -> SignedIn:
        return signed_in(session_id)

    monkeypatch.setattr(module, "REMEMBERED", 3)
    memory: LookupCache[SignedIn] = LookupCache(look_up)
    for session_id in range(5):
        await memory.find(session_id)
    assert [memory.peek(n) is not None for n in range(5)] == [False, False, True, True, True]
    await memory.find(4)
    memory.forget()
    assert memory.peek(4) is None
