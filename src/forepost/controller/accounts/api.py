"""Routes of accounts: register, log in, who am I."""

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access import PUBLIC, SIGNED_IN, Caller, canonical, needs
from forepost.controller.accounts.store import Accounts
from forepost.controller.settings import Settings
from forepost.controller.tokens import Passwords, Tokens
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict, Forbidden, Invalid, Unauthenticated
from forepost.wire.rest import Login, Register, Session, User


def routes(
    accounts: Accounts, passwords: Passwords, tokens: Tokens, clock: Clock, settings: Settings
) -> Router:
    @post("/auth/register", opt=needs(PUBLIC), status_code=HTTP_200_OK)
    async def register(data: JSONBody[Register]) -> Session:
        """Open an account. The role is always USER, whatever the body says."""
        if not settings.http.registration:
            raise Forbidden("registration is disabled")
        try:
            user = await accounts.add(
                email=canonical(data.email),
                name=data.name,
                password_hash=await passwords.hash(data.password),
                now=clock.now(),
                labels=data.labels,
                metadata=data.metadata,
            )
        except Conflict as error:
            raise Invalid(str(error)) from None
        return Session(token=tokens.issue(user.id), data=user)

    @post("/auth/login", opt=needs(PUBLIC), status_code=HTTP_200_OK)
    async def login(data: JSONBody[Login]) -> Session:
        """The same answer for an unknown address and a wrong password, after the same time."""
        account = await accounts.by_email(canonical(data.email))
        kept = account.password_hash if account else None
        if not await passwords.matches(data.password, kept) or account is None:
            raise Unauthenticated("wrong email or password")
        user = await accounts.logged_in(account.user.id, clock.now())
        return Session(token=tokens.issue(user.id), data=user)

    @get("/auth/me", opt=needs(SIGNED_IN))
    async def me(caller: NamedDependency[Caller]) -> User:
        return await accounts.get(caller.user_id)

    return Router("/", route_handlers=[register, login, me], tags=["accounts"])
