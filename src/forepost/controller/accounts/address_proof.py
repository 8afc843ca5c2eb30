"""That an address is its account's for certain: what was mailed there comes back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy import update

from forepost.controller.access.limits import Limiter
from forepost.controller.access.tokens import Tokens
from forepost.controller.accounts.lost_password import Mail
from forepost.controller.accounts.store import Accounts
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated

LASTS: Final = timedelta(days=1)
NO_GOOD: Final = "token: is not known, or has ended: ask for another mail"


class AddressProofs:
    def __init__(
        self,
        db: Database,
        accounts: Accounts,
        tokens: Tokens,
        mail: Mail | None,
        public_url: str,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """`mail` None: no mail can be sent. `changed` is called after an address was proven."""
        self._db, self._accounts, self._tokens = db, accounts, tokens
        self._mail, self._public_url, self._clock = mail, public_url, clock
        self._changed = changed
        self._mails = Limiter(1, clock)

    async def ask(self, user_id: int, page: str) -> str:
        """Mail a token to the account's address, and return the address. `page`: of another host,
        that asks and whose link is mailed. Raises Conflict where the address is proven, TooMany,
        and Forbidden where no mail can be sent.
        """
        user = (await self._accounts.account(user_id)).user
        if user.verified:
            raise Conflict("email: is proven already")
        if self._mail is None:
            raise Forbidden("no mail is set up")
        self._mails.spend(user_id)
        token = self._tokens.issue_proof(user_id, user.email, self._clock.now() + LASTS)
        own = self._public_url.rstrip("/")
        if page:
            way = f"{page}/auth/verify-email/{token}"
        elif own:
            way = f"{own}/#/prove/{token}"
        else:
            way = f"POST /auth/verify-email with this token:\n\n{token}"
        async with self._db.write() as connection:
            await self._mail(connection, None, user.email, "Your address at forepost", _text(way))
        return user.email

    async def prove(self, token: str) -> None:
        """The address of the token is its account's. Raises Invalid."""
        try:
            found = self._tokens.proof_of(token)
            account = await self._accounts.account(found.user_id)
        except (Unauthenticated, NotFound):
            raise Invalid(NO_GOOD) from None
        if account.locked or not found.is_of(account.user.email):
            raise Invalid(NO_GOOD)
        statement = (
            update(users)
            .where(
                users.c.id == found.user_id,
                users.c.email == account.user.email,
                users.c.locked_at.is_(None),
            )
            .values(verified=True, updated_at=self._clock.now())
        )
        async with self._db.write() as connection:
            await connection.execute(statement)
        self._changed()


def _text(way: str) -> str:
    return (
        "Somebody, probably you, has an account with this address at a forepost controller. To\n"
        "show that the address is yours, within a day:\n\n"
        f"{way}\n\n"
        "If you have no such account, do nothing: whoever has it stays without your address.\n"
    )
