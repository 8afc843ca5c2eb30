"""Routes for agents themselves: log in, the time, who am I."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any, Final

from litestar import MediaType, Request, Response, Router, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.actor import acts, happened_in
from forepost.controller.access.guard import AGENT, needs
from forepost.controller.access.peer import Peers, household
from forepost.controller.fleet.enrol import Enrolment, PinTries
from forepost.controller.fleet.roster import MISSING, AgentCredentials, Roster, Stranger
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid, Unauthenticated
from forepost.wire.rest.bodies import AgentLogin, AgentSession, ServerTime
from forepost.wire.rest.lookup import IpFacts

Enrich = Callable[[str], Awaitable[IpFacts]]
"""Address -> what is known of it. Raises nothing."""
NOT_KEPT: Final = {"Cache-Control": "no-store"}
"""A proxy on the way must not hand one agent's answer to another."""

REFUSALS = {
    status: ResponseSpec(AgentSession, description=text, generate_examples=False)
    for status, text in {
        400: "Neither PIN nor PSK",
        401: "Wrong PIN or PSK",
        410: "The agent has been deleted",
    }.items()
}


def credentials_of(headers: Any) -> AgentCredentials:
    return AgentCredentials(
        headers.get("x-workspace-id", "").strip(),
        headers.get("x-agent-id", "").strip(),
        headers.get("x-agent-psk", "").strip(),
    )


def routes(
    enrolment: Enrolment,
    roster: Roster,
    clock: Clock,
    peers: Peers,
    pins: PinTries,
    enrich: Enrich,
) -> Router:
    async def admit(request: Request[Any, Any, Any], missing: str, wrong: str) -> None:
        try:
            await roster.admit(credentials_of(request.headers))
        except Stranger as refusal:
            text = str(refusal)
            if text.endswith(" id"):
                raise Invalid(text.removeprefix("unauthorized: ").replace(" id", "_id")) from None
            raise Unauthenticated(missing if text == MISSING else wrong) from None

    @post(
        ["/agent", "/agent/login"],
        opt=needs(AGENT, "agents.enrol"),
        status_code=HTTP_200_OK,
        responses=REFUSALS,
    )
    async def login(
        request: Request[Any, Any, Any], data: JSONBody[AgentLogin]
    ) -> Response[AgentSession]:
        """A PIN is used up by its first success; the PSK in the answer is shown once."""
        if data.pin and not data.psk:
            address = household(peers.of(request.scope))
            status, session = await _by_pin(request.scope, data, address, enrolment, pins)
        else:
            status, session = await enrolment.login(data)
        return Response(session, status_code=status, media_type=MediaType.JSON)

    @get("/agent/time", opt=needs(AGENT))
    async def time(request: Request[Any, Any, Any]) -> ServerTime:
        await admit(request, "missing authentication headers", "invalid credentials")
        now = clock.now()
        return ServerTime(server_time=now, server_unix_ms=int(now.timestamp() * 1000))

    @get("/agent/api/whoami", opt=needs(AGENT))
    async def whoami(
        request: Request[Any, Any, Any], quick: FromQuery[bool] = False
    ) -> Response[IpFacts]:
        """The address this agent is seen from; unless `quick`, also its location and name."""
        await admit(request, "missing auth headers", "invalid_psk")
        ip = peers.of(request.scope)
        answer = IpFacts(ip=ip, timestamp=clock.now()) if quick else await enrich(ip)
        return Response(answer, headers=NOT_KEPT)

    @get("/agent/api/lookup/ip/{ip:str}", opt=needs(AGENT))
    async def look_up(request: Request[Any, Any, Any], ip: FromPath[str]) -> Response[IpFacts]:
        """Location and name of any address."""
        await admit(request, "missing auth headers", "invalid_psk")
        try:
            address = ip_address(ip)
        except ValueError:
            raise Invalid(f"ip: {ip[:64]!r} is not an IP address") from None
        return Response(await enrich(str(address)), headers=NOT_KEPT)

    return Router("/", route_handlers=[login, time, whoami, look_up], tags=["agent"])


async def _by_pin(
    scope: Any, data: AgentLogin, address: str, enrolment: Enrolment, pins: PinTries
) -> tuple[int, AgentSession]:
    """A try that counts unless the PIN is right, with its row in the audit log."""
    whose = (data.workspace_id, data.agent_id)
    pins.address.spend(address)
    pins.agent.spend(whose)
    status, session = await enrolment.login(data)
    who = await enrolment.who(data)
    acts(scope, who)
    if who.agent_id is not None:
        happened_in(scope, data.workspace_id)
    if status == HTTP_200_OK:
        pins.address.refund(address)
        pins.agent.refund(whose)
    return status, session
