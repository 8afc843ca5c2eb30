"""A new password for who has lost the old one, by a link that goes to the address by mail."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.limits import Limiter
from forepost.controller.access.tokens import Passwords, Tokens
from forepost.controller.accounts.sessions import Sessions
from forepost.controller.accounts.store import Account, Accounts
from forepost.controller.db.engine import Database
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden, Invalid, NotFound, TooMany, Unauthenticated
from forepost.wire.rest.access import PasswordReset

LASTS: Final = timedelta(minutes=30)
ANSWER_SEC: Final = 0.4
"""After so long a question is answered: sooner would tell whether there is such an account."""
NO_GOOD: Final = "token: is not known, was used, or has ended: ask for another mail"

Mail = Callable[[AsyncConnection, int | None, str, str, str], Awaitable[None]]
"""(connection, workspace id, to, subject, text): sent when the transaction is committed."""
NO_ADDRESS: Final = "no link can be mailed without [http] public_url"
BY_HAND: Final = "forepost user passwd"


class LostPasswords:
    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        sessions: Sessions,
        passwords: Passwords,
        tokens: Tokens,
        mail: Mail | None,
        public_url: str,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """`mail` None: no mail can be sent, and nothing can be asked. `changed` is called after
        what an account made has ended.
        """
        self._db, self._accounts, self._sessions = db, accounts, sessions
        self._passwords, self._tokens = passwords, tokens
        self._mail, self._public_url, self._clock = mail, public_url, clock
        self._changed = changed
        self._mails = Limiter(1, clock)

    @property
    def possible(self) -> bool:
        return self._mail is not None and bool(self._public_url)

    async def ask(self, email: str, page: str) -> None:
        """Mail a link where there is such an account. The same, after the same time, where there
        is none, where it is locked, and where a mail went to it a minute ago. `page`: of another
        host, that asks, and that the link leads to; "": our own. Raises Forbidden where no mail can
        be sent.
        """
        if not self.possible:
            missing = "no mail is set up" if self._mail is None else NO_ADDRESS
            raise Forbidden(f"{missing}: the operator sets another password with `{BY_HAND}`")
        began_sec = self._clock.monotonic()
        account = await self._accounts.of_address(email)
        if account is not None and not account.locked:
            await self._send(account, page)
        await self._clock.sleep(max(0.0, began_sec + ANSWER_SEC - self._clock.monotonic()))

    async def reset(self, asked: PasswordReset) -> None:
        """Another password; all sessions end and, unless `keep_derived`, what the account made
        that lets others in. A second factor stays. Raises Invalid.
        """
        try:
            token = self._tokens.reset_of(asked.token)
            account = await self._accounts.account(token.user_id)
        except (Unauthenticated, NotFound):
            raise Invalid(NO_GOOD) from None
        if account.locked or not token.is_of(account.password_hash):
            raise Invalid(NO_GOOD)
        hashed = await self._passwords.hash(asked.password)
        done = await self._sessions.end_all(
            account.user.id,
            account.password_hash,
            hashed,
            self._clock.now(),
            keep_derived=asked.keep_derived,
        )
        if not done:
            raise Invalid(NO_GOOD)
        self._changed()

    async def is_good(self, token: str) -> bool:
        """Whether another password can be set with it now."""
        try:
            found = self._tokens.reset_of(token)
            account = await self._accounts.account(found.user_id)
        except (Unauthenticated, NotFound):
            return False
        return not account.locked and found.is_of(account.password_hash)

    async def _send(self, account: Account, page: str) -> None:
        assert self._mail is not None
        try:
            self._mails.spend(account.user.id)
        except TooMany:
            return
        expires = self._clock.now() + LASTS
        token = self._tokens.issue_reset(account.user.id, account.password_hash, expires)
        own = f"{self._public_url.rstrip('/')}/#/reset/{token}"
        text = _text(f"{page}/auth/reset/{token}" if page else own, expires)
        async with self._db.write() as connection:
            await self._mail(
                connection, None, account.user.email, "A new password for forepost", text
            )


def _text(link: str, expires: datetime) -> str:
    return (
        "Somebody, probably you, asked for a new password of your account at a forepost\n"
        f"controller. This link lets you choose it, once, until {expires:%H:%M} UTC:\n\n"
        f"{link}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n"
    )
