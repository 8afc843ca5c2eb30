"""The second factor of accounts: a secret, confirmed by a code, and asked for at each log-in."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.accounts import totp
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import second_factors
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict, SecondFactorNeeded, TooMany, Unauthenticated
from forepost.wire.rest.access import NewSecondFactor, RecoveryCodes, SecondFactorState

MOST_WRONG: Final = 10
"""Codes in a row; then one in `PAUSE`, so that a million of them are not tried in a lifetime."""
PAUSE: Final = timedelta(minutes=15)
NEEDED: Final = "a code of the second factor is needed"
WRONG: Final = "wrong code of the second factor"
_NONE: Final = -1


class SecondFactors:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def state(self, user_id: int) -> SecondFactorState:
        row = await self._row(user_id)
        if row is None or row.confirmed_at is None:
            return SecondFactorState(enabled=False, recovery_codes_left=0)
        return SecondFactorState(enabled=True, recovery_codes_left=len(row.recovery))

    async def begin(self, user_id: int, email: str) -> NewSecondFactor:
        """A secret that counts once it is confirmed. Raises Conflict where there is one already."""
        secret = secrets.token_bytes(totp.SECRET_BYTES)
        fresh: dict[str, Any] = {
            "secret": secret.hex(),
            "confirmed_at": None,
            "last_step": _NONE,
            "recovery": [],
            "wrong": 0,
            "wrong_at": None,
        }
        async with self._db.write() as connection:
            row = await _locked(connection, user_id)
            if row is not None and row.confirmed_at is not None:
                raise Conflict("there is a second factor already: disable it first")
            await drop_factor(connection, user_id)
            await connection.execute(insert(second_factors).values(user_id=user_id, **fresh))
        return NewSecondFactor(
            secret=totp.shown(secret), otpauth_url=totp.otpauth_url(secret, email)
        )

    async def confirm(self, user_id: int, code: str) -> RecoveryCodes:
        """It counts from here on. Raises Conflict and Unauthenticated."""
        codes = [
            totp.recovery_code(secrets.token_bytes(totp.RECOVERY_BYTES))
            for _ in range(totp.RECOVERY_CODES)
        ]
        async with self._db.write() as connection:
            row = await _locked(connection, user_id)
            if row is None or row.confirmed_at is not None:
                raise Conflict("there is no second factor that waits to be confirmed")
            right = await self._try(connection, row, code)
            if right:
                await connection.execute(
                    _change(user_id).values(
                        confirmed_at=self._clock.now(),
                        recovery=[totp.recovery_hash(one) for one in codes],
                    )
                )
        if not right:
            raise Unauthenticated(WRONG)
        return RecoveryCodes(recovery_codes=codes)

    async def check(self, user_id: int, code: str) -> None:
        """Pass where there is none, or the code is right; it is used up then. Raises
        SecondFactorNeeded, Unauthenticated and TooMany.
        """
        async with self._db.write() as connection:
            row = await _locked(connection, user_id)
            if row is None or row.confirmed_at is None:
                return
            if not code:
                raise SecondFactorNeeded(NEEDED)
            right = await self._try(connection, row, code)
        if not right:
            raise Unauthenticated(WRONG)

    async def disable(self, user_id: int, code: str) -> None:
        """Raises as `check`; there is none afterwards."""
        await self.check(user_id, code)
        async with self._db.write() as connection:
            await drop_factor(connection, user_id)

    async def _try(self, connection: AsyncConnection, row: Row[Any], code: str) -> bool:
        """Whether a code is right; what is wrong is counted, also where it is the last thing that
        happens. Raises TooMany.
        """
        now = self._clock.now()
        _check_pause(row, now)
        plain = code.replace(" ", "")
        secret = bytes.fromhex(row.secret)
        step = totp.step_of(secret, plain, now.timestamp(), row.last_step)
        if step is not None:
            values: dict[str, Any] = {"last_step": step, "wrong": 0, "wrong_at": None}
        elif (hashed := totp.recovery_hash(plain)) in row.recovery:
            left = [one for one in row.recovery if one != hashed]
            values = {"recovery": left, "wrong": 0, "wrong_at": None}
        else:
            values = {"wrong": row.wrong + 1, "wrong_at": now}
        await connection.execute(_change(row.user_id).values(values))
        return bool(values["wrong"] == 0)

    async def _row(self, user_id: int) -> Row[Any] | None:
        query = select(second_factors).where(second_factors.c.user_id == user_id)
        async with self._db.read() as connection:
            return (await connection.execute(query)).one_or_none()


def _check_pause(row: Row[Any], now: datetime) -> None:
    """What was wrong by a clock that was ahead keeps nobody out until then: it is one try more."""
    if row.wrong >= MOST_WRONG and row.wrong_at is not None and row.wrong_at <= now:
        left = (row.wrong_at + PAUSE - now).total_seconds()
        if left > 0:
            raise TooMany(round(left) + 1)


async def drop_factor(connection: AsyncConnection, user_id: int) -> None:
    await connection.execute(delete(second_factors).where(second_factors.c.user_id == user_id))


async def _locked(connection: AsyncConnection, user_id: int) -> Row[Any] | None:
    """Nobody else tries a code of this account meanwhile."""
    query = select(second_factors).where(second_factors.c.user_id == user_id)
    return (await connection.execute(query.with_for_update())).one_or_none()


def _change(user_id: int) -> Any:
    return update(second_factors).where(second_factors.c.user_id == user_id)
