"""How people come in: an account, a password, a session."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import UNSET

from forepost.controller.access.actor import Actor
from forepost.controller.access.guard import Caller
from forepost.controller.access.limits import Limiter
from forepost.controller.access.peer import household
from forepost.controller.access.tokens import Passwords, Tokens
from forepost.controller.accounts.second_factor import SecondFactors
from forepost.controller.accounts.sessions import Origin, Sessions
from forepost.controller.accounts.store import Accounts
from forepost.controller.email_address import canonical, kept_forms
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict, Forbidden, Invalid, Unauthenticated
from forepost.wire.rest.access import PasswordChange, PasswordChanged
from forepost.wire.rest.bodies import Login, Register, Session, User

Says = Callable[[Actor], Any]
"""Tells the audit log who it is, once that is known."""

WRONG: Final = "wrong email or password"
NOT_IT: Final = "incorrect current password"


class Tries(msgspec.Struct, frozen=True):
    """How often somebody may try."""

    logins: Limiter
    """For each address; every login counts: each costs a password hash and a session."""
    passwords: Limiter
    """For each account; wrong ones only."""
    registrations: Limiter
    """For each address."""


class SignIn:
    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        factors: SecondFactors,
        passwords: Passwords,
        tokens: Tokens,
        tries: Tries,
        clock: Clock,
        session_hours: int,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called after what an account made has ended."""
        self._accounts, self._sessions, self._factors = accounts, sessions, factors
        self._passwords, self._tokens = passwords, tokens
        self._tries, self._clock = tries, clock
        self._lasts = timedelta(hours=session_hours)
        self._changed = changed

    @property
    def lasts_sec(self) -> int:
        """How long a session lasts."""
        return round(self._lasts.total_seconds())

    def spend_login(self, address: str) -> None:
        """Before the body of a login is read. Raises TooMany."""
        self._tries.logins.spend(household(address))

    def spend_registration(self, address: str) -> None:
        """Before the body that opens an account is read. Raises TooMany."""
        self._tries.registrations.spend(household(address))

    async def register(
        self, body: Register, origin: Origin, says: Says, *, verified: bool = False
    ) -> Session:
        """`verified`: what was mailed to the address came back. Then an account of that address
        which nobody proved is no obstacle: it is its owner's from now on. Called after
        `spend_registration`.
        """
        email, hashed = canonical(body.email), await self._passwords.hash(body.password)
        claimed = verified and await self._sessions.claim(email, hashed, self._clock.now())
        if claimed:
            self._changed()
            user = await self._accounts.get(claimed)
            says(_person(user))
            return await self._admit(user, hashed, origin)
        try:
            user = await self._accounts.add(
                email=email,
                name=body.name,
                password_hash=hashed,
                now=self._clock.now(),
                labels=body.labels,
                metadata=body.metadata,
                verified=verified,
            )
        except Conflict as error:
            raise Invalid(str(error)) from None
        says(_person(user))
        return await self._admit(user, hashed, origin)

    async def login(self, body: Login, origin: Origin, says: Says) -> Session:
        """The same answer for an unknown address and a wrong password, after the same time. Called
        after `spend_login`.
        """
        email = kept_forms(body.email)[-1]
        self._tries.passwords.spend(email)
        account = await self._accounts.of_address(body.email)
        kept = account.password_hash if account else None
        right = await self._passwords.matches(body.password, kept)
        says(_person(account.user) if account else Actor(name=email))
        if account is None or not right:
            raise Unauthenticated(WRONG)
        self._tries.passwords.refund(email)
        if account.locked:
            raise Forbidden("the account is locked")
        await self._factors.check(account.user.id, body.code)
        hashed = account.password_hash
        if self._passwords.outdated(hashed):
            better = await self._passwords.hash(body.password)
            await self._accounts.rehash(account.user.id, hashed, better, self._clock.now())
            hashed = better
        session = await self._admit(account.user, hashed, origin)
        user = await self._accounts.logged_in(account.user.id, self._clock.now())
        return msgspec.structs.replace(session, data=user)

    async def _admit(self, user: User, password_hash: str, origin: Origin) -> Session:
        """A new session for somebody whose password was this one. Raises Unauthenticated."""
        now, expires = self._times()
        session_id = await self._sessions.begin(user.id, password_hash, origin, now, expires)
        if session_id is None:
            raise Unauthenticated(WRONG)
        return Session(token=self._tokens.issue(user.id, session_id, expires), data=user)

    async def check_password(self, caller: Caller, password: str) -> None:
        """Raises Unauthenticated where it is not the caller's, and TooMany."""
        self._tries.passwords.spend(caller.name)
        account = await self._accounts.account(caller.user_id)
        if not await self._passwords.matches(password, account.password_hash):
            raise Unauthenticated(NOT_IT)
        self._tries.passwords.refund(caller.name)

    async def change_password(
        self, caller: Caller, change: PasswordChange, origin: Origin
    ) -> PasswordChanged:
        """With the token of a new session; every other one ends, whoever has a copy of its token,
        and so does what the account made that lets others in.
        """
        self._tries.passwords.spend(caller.name)
        account = await self._accounts.account(caller.user_id)
        if not await self._passwords.matches(change.old_password, account.password_hash):
            raise Unauthenticated(NOT_IT)
        self._tries.passwords.refund(caller.name)
        hashed = await self._passwords.hash(change.new_password)
        now, expires = self._times()
        begun = await self._sessions.begin_anew(
            caller.user_id,
            account.password_hash,
            hashed,
            origin,
            now,
            expires,
            keep_derived=change.keep_derived,
        )
        if begun is None:
            raise Unauthenticated(NOT_IT)
        session_id, ended = begun
        self._changed()
        token = self._tokens.issue(caller.user_id, session_id, expires)
        return PasswordChanged(token=token, ended=ended or UNSET)

    def _times(self) -> tuple[datetime, datetime]:
        # Tokens carry whole seconds: the session must not outlive them, nor they the session.
        now = self._clock.now()
        return now, (now + self._lasts).replace(microsecond=0)


def _person(user: User) -> Actor:
    return Actor(name=user.email, user_id=user.id)
