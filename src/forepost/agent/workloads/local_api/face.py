"""The face of the Local API: who asks is looked at, and what is asked is found and done."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import anyio

from forepost.agent.cores.local_guard import Guard
from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest, Talk
from forepost.agent.edges.local.peer_user import is_trusted, user_of
from forepost.agent.edges.local.websocket import LocalSocket
from forepost.agent.workloads.local_api.asker import Asker, Mode, NotForYou, check_for, is_here
from forepost.agent.workloads.local_api.routes import route_of, socket_of
from forepost.agent.workloads.local_api.tokens import MicroserviceTokens, TokenFile
from forepost.agent.workloads.local_api.words import NotDone, failed, told
from forepost.agent.workloads.microservices import Microservices

KNOWN_SEC: Final = 3.0
"""How long who comes from an unknown address waits: a container asks as soon as it runs, and the
engine may say a little later which address it has."""
MOST_UNKNOWN: Final = 64
"""Who wait so at a time; the others are unknown at once."""
IOFOG: Final = "iofog"
"""What the document calls this host; so does who has it in /etc/hosts and runs no containers."""
WRONG_TOKEN: Final = "Incorrect access token"  # noqa: S105 - a text

AgentCall = Callable[[LocalRequest], Awaitable[LocalAnswer]]
MicroserviceCall = Callable[[LocalRequest, Asker], Awaitable[LocalAnswer]]
SocketTalk = Callable[[str, LocalSocket], Awaitable[None]]


class LocalApiFace:
    """`of_agent`, `of_microservices`: by the names of `ROUTES`; `sockets`: control, message."""

    def __init__(
        self,
        mode: Mode,
        host: str,
        microservices: Microservices,
        token: TokenFile,
        tokens: MicroserviceTokens,
        of_agent: Mapping[str, AgentCall],
        of_microservices: Mapping[str, MicroserviceCall],
        sockets: Mapping[str, SocketTalk],
    ) -> None:
        """`host`: on which it listens besides the gateways."""
        self._mode, self._host, self._microservices = mode, host, microservices
        self._token, self._tokens = token, tokens
        self._of_agent, self._of_microservices = of_agent, of_microservices
        self._sockets = sockets
        self._unknown = 0

    def guard(self, peer: str) -> Guard:
        known = self._microservices
        names = {self._host, IOFOG, *known.host_names(), *known.gateways()}
        is_container = known.at(peer) is not None
        return Guard(frozenset(name.lower() for name in names), pages_may_upgrade=is_container)

    async def answer(self, request: LocalRequest) -> LocalAnswer:
        try:
            route = route_of(request)
            given = request.headers.get("authorization", "")
            if route.needs_token:
                if not self._token.is_token(given):
                    return failed(401, WRONG_TOKEN)
                return await self._of_agent[route.name](request)
            if route.name == "socket":
                socket_of(request)
                return failed(400, "Upgrade: only a WebSocket is served here")
            return await self._of_microservices[route.name](request, await self._asker(request))
        except NotDone as refusal:
            return told(refusal)
        except NotForYou as refusal:
            return failed(refusal.status, str(refusal))

    async def talk(self, request: LocalRequest) -> Talk | LocalAnswer:
        try:
            kind, uuid = socket_of(request)
            is_known = self._microservices.config_of(uuid) is not None
            is_on_host = is_known and self._microservices.is_on_host(uuid)
            asker = await self._asker(request)
            check_for(asker, self._mode, uuid, is_known=is_known, is_on_host=is_on_host)
        except NotDone as refusal:
            return told(refusal)
        except NotForYou as refusal:
            return failed(refusal.status, str(refusal))
        return partial(self._sockets[kind], uuid)

    def refused(self, status: int, reason: str) -> LocalAnswer:
        return failed(status, reason)

    async def _asker(self, request: LocalRequest) -> Asker:
        given = request.headers.get("authorization", "")
        if given and self._token.is_token(given):
            return Asker(is_operator=True)
        peer = request.peer[0]
        here = peer == self._host or is_here(peer, self._microservices.gateways())
        found = None
        if self._mode == "token":
            uuids = [one.uuid for one in self._microservices.statuses()]
            found = self._tokens.whose(given, uuids) if given else None
        elif self._mode == "address" and not here:
            found = await self._at(peer)
        return Asker(
            microservice=found,
            is_here=here,
            is_trusted=lambda: here and is_trusted(user_of(request.peer, request.here)),
        )

    async def _at(self, address: str) -> str | None:
        found = self._microservices.at(address)
        if found is not None or self._unknown >= MOST_UNKNOWN:
            return found
        self._unknown += 1
        try:
            with anyio.move_on_after(KNOWN_SEC):
                while (found := self._microservices.at(address)) is None:
                    await self._microservices.changed()
        finally:
            self._unknown -= 1
        return found
