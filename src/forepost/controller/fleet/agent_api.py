"""Routes for agents themselves: log in, the time, who am I."""

import ipaddress
from typing import Any

from litestar import MediaType, Request, Response, Router, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access import AGENT, needs
from forepost.controller.fleet.enrol import Enrolment
from forepost.controller.fleet.roster import MISSING, Credentials, Roster, Stranger
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid, Unauthenticated
from forepost.wire.rest import AgentLogin, AgentSession, ServerTime, Whoami

REFUSALS = {
    status: ResponseSpec(AgentSession, description=text, generate_examples=False)
    for status, text in {
        400: "Neither PIN nor PSK",
        401: "Wrong PIN or PSK",
        410: "The agent has been deleted",
    }.items()
}


def credentials_of(headers: Any) -> Credentials:
    return Credentials(
        headers.get("x-workspace-id", "").strip(),
        headers.get("x-agent-id", "").strip(),
        headers.get("x-agent-psk", "").strip(),
    )


def routes(enrolment: Enrolment, roster: Roster, clock: Clock) -> Router:
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
        opt=needs(AGENT),
        status_code=HTTP_200_OK,
        responses=REFUSALS,
    )
    async def login(data: JSONBody[AgentLogin]) -> Response[AgentSession]:
        """A PIN is used up by its first success; the PSK in the answer is shown once."""
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
    ) -> Response[Whoami]:
        """The address this agent is seen from. (Location and reverse DNS are not built yet.)"""
        await admit(request, "missing auth headers", "invalid_psk")
        peer = request.client.host if request.client else ""
        answer = Whoami(ip=str(ipaddress.ip_address(peer)), timestamp=clock.now())
        return Response(answer, headers={"Cache-Control": "no-store"})

    return Router("/", route_handlers=[login, time, whoami], tags=["agent"])
