"""Joins what decides who comes in, and what is written down about it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from litestar import Litestar, Request, Router
from litestar.connection import ASGIConnection
from litestar.routes import HTTPRoute

from forepost.controller.access.actor import Actor, acts
from forepost.controller.access.credentials import Credentials
from forepost.controller.access.guard import Access, scopes_of
from forepost.controller.access.limits import Limiter
from forepost.controller.access.page_session import PageSession
from forepost.controller.access.peer import Peers
from forepost.controller.access.tokens import Passwords, Tokens
from forepost.controller.accounts import (
    address_proof_api,
    lost_password_api,
    second_factor_api,
)
from forepost.controller.accounts import api as accounts_api
from forepost.controller.accounts.address_proof import AddressProofs
from forepost.controller.accounts.lost_password import LostPasswords, Mail
from forepost.controller.accounts.second_factor import SecondFactors
from forepost.controller.accounts.sessions import Origin, Sessions
from forepost.controller.accounts.sign_in import SignIn, Tries
from forepost.controller.accounts.store import Accounts
from forepost.controller.asgi import Asgi
from forepost.controller.audit import api as audit_api
from forepost.controller.audit.store import AuditLog, Entry
from forepost.controller.audit.trail import Trail
from forepost.controller.db.engine import Database
from forepost.controller.fleet.enrol import PinTries
from forepost.controller.fleet.store import Enrolled
from forepost.controller.joins.built import Built
from forepost.controller.keys import api as keys_api
from forepost.controller.keys.store import ApiKeys
from forepost.controller.settings import Settings
from forepost.controller.web.allowed_origins import AllowedOrigins
from forepost.controller.web.places import Places, room_for_connections
from forepost.kit.clock import Clock
from forepost.kit.settings import WrongSettings
from forepost.wire.rest.bodies import Register, Session


class AccessJoin:
    """Accounts, sessions, keys, limits and the audit log."""

    def __init__(
        self,
        db: Database,
        tokens: Tokens,
        passwords: Passwords,
        settings: Settings,
        clock: Clock,
        store_id: str,
        mail: Mail | None,
    ) -> None:
        """`mail` None: there is no mail server. Raises WrongSettings."""
        self._db, self._clock, self._settings = db, clock, settings
        self.peers = _peers(settings)
        self.origins = AllowedOrigins(settings.http.allowed_origins)
        self._credentials = Credentials(db, tokens, clock)
        pages = PageSession(self.peers, settings.http.public_url, store_id)
        self.access = Access(db, self._credentials, self.peers, pages)
        self.accounts = Accounts(db)
        self.sessions = Sessions(db, self._credentials.ended)
        self._factors = SecondFactors(db, clock)
        self.audit = AuditLog(db)
        self._trail = Trail(self.audit, self.peers, clock)
        self._scopes: frozenset[str] = frozenset()
        limits = settings.limits
        self.places = Places(room_for_connections(), limits.connections_per_address, self.peers)
        tries = Tries(
            logins=Limiter(limits.logins_per_address, clock),
            passwords=Limiter(limits.wrong_passwords_per_account, clock),
            registrations=Limiter(limits.registrations_per_address, clock),
        )
        self.pin_tries = PinTries(
            address=Limiter(limits.wrong_pins_per_address, clock),
            agent=Limiter(limits.wrong_pins_per_agent, clock),
        )
        self.share_tries = Limiter(limits.wrong_share_passwords_per_address, clock)
        self.sign_in = SignIn(
            self.accounts,
            self.sessions,
            self._factors,
            passwords,
            tokens,
            tries,
            clock,
            settings.http.session_hours,
            self.access.forget,
        )

        self._lost = LostPasswords(
            db,
            self.accounts,
            self.sessions,
            passwords,
            tokens,
            mail,
            settings.http.public_url,
            clock,
            self.access.forget,
        )
        self._proofs = AddressProofs(
            db, self.accounts, tokens, mail, settings.http.public_url, clock, self.access.forget
        )

    def routers(self) -> list[Router]:
        return [
            accounts_api.routes(
                self.sign_in,
                self.accounts,
                self.sessions,
                self.peers,
                self.access.pages,
                self._clock,
                registration=self._settings.http.registration,
                resets=self._lost.possible,
            ),
            lost_password_api.routes(
                self._lost,
                self._spend_login,
                self.origins.of,
            ),
            address_proof_api.routes(
                self._proofs,
                self._spend_login,
                self.origins.of,
            ),
            second_factor_api.routes(self.sign_in, self._factors),
            keys_api.routes(
                ApiKeys(self._db), self._clock, lambda: self._scopes, self._credentials.key_changed
            ),
            audit_api.routes(self.audit, self._clock),
        ]

    def _spend_login(self, asked: ASGIConnection[Any, Any, Any, Any]) -> None:
        """One try of the address that asks. Raises TooMany."""
        self.sign_in.spend_login(self.peers.of(asked.scope))

    @property
    def mail_reset(self) -> Callable[[str, str], Awaitable[None]]:
        """(address of an account, page that asks): mail a link to another password."""
        return self._lost.ask

    async def open_account(
        self, request: Request[Any, Any, Any], body: Register, *, verified: bool
    ) -> Session:
        """For somebody who was invited. Raises Invalid when the address has an account."""
        origin = Origin(self.peers.of(request.scope), request.headers.get("user-agent", ""))
        self.sign_in.spend_registration(origin.address)
        return await self.sign_in.register(
            body, origin, lambda who: acts(request.scope, who), verified=verified
        )

    async def agent_left(self, agent: Enrolled, name: str, address: str) -> None:
        """An agent ended its own key."""
        await self.audit.add(
            Entry(
                at=self._clock.now(),
                workspace_id=agent.workspace_id,
                actor=Actor(name=name, agent_id=agent.agent_id),
                action="agents.deprovision",
                object_kind="agent",
                object_id=agent.agent_id,
                address=address,
                status=200,
            )
        )

    def around(self, app: Asgi) -> Asgi:
        """The application with its audit log."""
        return self._trail.around(app)

    def learn(self, http: Litestar) -> None:
        """The scopes that keys may have: the subjects of the routes that a key can reach."""
        routes = [route for route in http.routes if isinstance(route, HTTPRoute)]
        handlers = [handler for route in routes for handler in route.route_handlers]
        self._scopes = frozenset().union(*map(scopes_of, handlers))

    def built(self) -> Built:
        return Built(
            routers=self.routers(),
            services={
                "credentials": self._credentials.run,
                "access": partial(self.access.watch, self._clock),
            },
            forget=self._forget,
            flush=self._credentials.flush,
        )

    async def _forget(self, now: datetime) -> None:
        await self.sessions.forget(now)
        await self.audit.forget(now - timedelta(days=self._settings.data.audit_days))


def _peers(settings: Settings) -> Peers:
    try:
        return Peers(settings.http.trusted_proxies)
    except ValueError as error:
        raise WrongSettings(f"http.trusted_proxies: {error}") from None
