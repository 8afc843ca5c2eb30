"""A second factor while the controller's clock is set."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import insert

from forepost.controller.accounts.second_factor import MOST_WRONG, PAUSE, SecondFactors
from forepost.controller.accounts.totp import STEP_SEC, code_at
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.kit.errors import TooMany, Unauthenticated
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio


class Account:
    """One with a factor that is confirmed."""

    def __init__(self, db: Database) -> None:
        self.clock = FakeClock()
        self.factors = SecondFactors(db, self.clock)
        self._secret = b""

    async def enrol(self) -> None:
        made = await self.factors.begin(1, "a@b.c")
        self._secret = base64.b32decode(made.secret)
        await self.factors.confirm(1, self.code)
        await self.clock.advance(STEP_SEC)

    @property
    def code(self) -> str:
        return code_at(self._secret, int(self.clock.now().timestamp()) // STEP_SEC)


@pytest.fixture
async def account(metadata_url: str) -> AsyncIterator[Account]:
    db = Database.at(metadata_url)
    person = {"name": "", "role": "USER", "password_hash": "", "verified": True}
    times = {"created_at": START, "updated_at": START}
    async with db.write() as connection:
        await connection.execute(insert(users).values(**person, **times, email="a@b.c"))
    made = Account(db)
    await made.enrol()
    yield made
    await db.close()


async def test_who_logged_in_while_the_clock_was_ahead_logs_in_when_it_is_right(
    account: Account,
) -> None:
    account.clock.set_wall(START + timedelta(days=365))
    await account.factors.check(1, account.code)
    account.clock.set_wall(START + timedelta(hours=1))
    right = account.code
    await account.factors.check(1, right)
    with pytest.raises(Unauthenticated):
        await account.factors.check(1, right)


async def test_wrong_codes_of_a_clock_that_was_ahead_cost_no_year(account: Account) -> None:
    account.clock.set_wall(START + timedelta(days=365))
    for _ in range(MOST_WRONG):
        with pytest.raises(Unauthenticated):
            await account.factors.check(1, "wrong")
    account.clock.set_wall(START + timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        await account.factors.check(1, "wrong")
    with pytest.raises(TooMany) as pause:
        await account.factors.check(1, account.code)
    assert pause.value.retry_after_sec <= PAUSE.total_seconds() + 1
    await account.clock.advance(PAUSE.total_seconds() + 1)
    await account.factors.check(1, account.code)
