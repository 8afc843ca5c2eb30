"""Routes of share links: making them, and what they show."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import PUBLIC, Caller, needs
from forepost.controller.access.peer import Peers
from forepost.controller.page import From, To, Zone
from forepost.controller.sharing.access import ShareAccess
from forepost.controller.sharing.window import check_window, within
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound, Unauthenticated
from forepost.wire.base import MOST_ID
from forepost.wire.probes.probe import Probe
from forepost.wire.rest.agent_results import TargetGroups
from forepost.wire.rest.bodies import Agent, Chart, Done, ListOf, ResultRow
from forepost.wire.rest.share_links import (
    NewShareLink,
    NewShareLinkMade,
    PasswordNeeded,
    Shared,
    SharedAgent,
    ShareInfo,
    ShareLink,
    ShareLinks,
)

OF_WORKSPACE: Final = "/workspaces/{workspace_id:int}/share-links"
OF_AGENT: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}/share-links"
BY_TOKEN: Final = "/share/{token:str}"  # noqa: S105 - a path
PASSWORD: Final = {
    401: ResponseSpec(PasswordNeeded, description="The link's password", generate_examples=False),
    410: ResponseSpec(PasswordNeeded, description="The link has expired", generate_examples=False),
}
Password = Annotated[str, QueryParameter(description="Better in the header X-Share-Password")]
HeaderPassword = Annotated[str, HeaderParameter(name="X-Share-Password")]


class Views(msgspec.Struct, frozen=True):
    """What a link shows, from the slices that have it."""

    agent: Callable[[int, int], Awaitable[Agent]]
    probes: Callable[[int, int], Awaitable[list[Probe]]]
    reverse: Callable[[int, int], Awaitable[list[tuple[Probe, str]]]]
    rows: Callable[[int, str | None, str | None, str | None, int], Awaitable[list[ResultRow]]]
    """(probe id, type, from, to, limit), as the query has them."""
    grouped: Callable[[int, list[ResultRow], int], TargetGroups]
    """(agent id, rows, minutes): results by what they are towards."""
    chart: Callable[[int, str | None, str | None, str | None, str], Awaitable[Chart]]
    """(probe id, type, from, to, time zone)."""


def routes(access: ShareAccess, views: Views, peers: Peers, clock: Clock) -> Router:
    async def probes_of(
        workspace_id: int, agent_id: int, only: int | None
    ) -> tuple[list[Probe], list[Probe]]:
        """The agent's own, and those towards it."""
        own = await views.probes(workspace_id, agent_id)
        others = [probe for probe, _ in await views.reverse(workspace_id, agent_id)]
        if only is None:
            return own, others
        return [one for one in own if one.id == only], [one for one in others if one.id == only]

    async def known(workspace_id: int, agent_id: int, probe_id: int, only: int | None) -> int:
        """The probe, if it is one of those that are shown. Raises NotFound."""
        own, others = await probes_of(workspace_id, agent_id, only)
        # Id 0 has results of every agent.
        if not 0 < probe_id <= MOST_ID or all(one.id != probe_id for one in (*own, *others)):
            raise NotFound("probe not found")
        return probe_id

    async def enter(
        request: Request[Any, Any, Any], token: str, password: str, header: str
    ) -> ShareLink:
        return await access.enter(token, header or password, peers.of(request.scope))

    @get(OF_WORKSPACE, opt=needs("USER"))
    async def list_all(workspace_id: FromPath[int]) -> ShareLinks:
        """Of all agents, expired ones too: what is open to whoever has a link."""
        items = await access.links.of_workspace(workspace_id)
        return ShareLinks(items=items, total=len(items))

    @get(OF_AGENT, opt=needs("USER"))
    async def list_links(workspace_id: FromPath[int], agent_id: FromPath[int]) -> ShareLinks:
        items = await access.links.of(workspace_id, agent_id)
        return ShareLinks(items=items, total=len(items))

    @post(OF_AGENT, opt=needs("USER"))
    async def add_link(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        data: JSONBody[NewShareLink],
    ) -> NewShareLinkMade:
        """The token is shown this once."""
        check_window(data)
        if data.probe_id is not None:
            await known(workspace_id, agent_id, data.probe_id, None)
        link, token = await access.make(workspace_id, agent_id, data, caller)
        return NewShareLinkMade(share_link=link, token=token)

    @delete(OF_AGENT + "/{link_id:int}", opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_link(
        workspace_id: FromPath[int], agent_id: FromPath[int], link_id: FromPath[int]
    ) -> Done:
        await access.links.delete(workspace_id, agent_id, link_id)
        return Done()

    @get(BY_TOKEN + "/info", opt=needs(PUBLIC))
    async def info(token: FromPath[str]) -> ShareInfo:
        return await access.info(token)

    @get(BY_TOKEN, opt=needs(PUBLIC), responses=PASSWORD)
    async def look(
        request: Request[Any, Any, Any],
        token: FromPath[str],
        password: Password = "",
        header: HeaderPassword = "",
    ) -> Response[Shared] | Response[PasswordNeeded]:
        """Counted."""
        try:
            link = await enter(request, token, password, header)
        except Unauthenticated as refusal:
            needed = PasswordNeeded(error=str(refusal))
            return Response(needed, status_code=refusal.status)
        here = link.workspace_id, link.agent_id
        agent = await views.agent(*here)
        own, reverse = await probes_of(*here, link.probe_id)
        await access.links.opened(link.id, clock.now())
        shared = Shared(
            agent=shown_agent(agent),
            probes=own,
            reverse_probes=reverse,
            reverse_count=len(reverse),
            expires_at=link.expires_at,
            probe_id=link.probe_id,
            shown_from=link.shown_from,
            shown_to=link.shown_to,
        )
        return Response(shared)

    @get(BY_TOKEN + "/probe-data/{probe_id:int}", opt=needs(PUBLIC), responses=PASSWORD)
    async def probe_data(
        request: Request[Any, Any, Any],
        token: FromPath[str],
        probe_id: FromPath[int],
        password: Password = "",
        header: HeaderPassword = "",
        kind: Annotated[str | None, QueryParameter(name="type")] = None,
        start: From = None,
        to: To = None,
        limit: FromQuery[int] = 0,
    ) -> ListOf[ResultRow]:
        """Newest first."""
        link = await enter(request, token, password, header)
        stream = await known(link.workspace_id, link.agent_id, probe_id, link.probe_id)
        begin, end = within(link, start, to, clock.now())
        return ListOf(data=await views.rows(stream, kind, begin, end, limit))

    @get(BY_TOKEN + "/chart/{probe_id:int}", opt=needs(PUBLIC), responses=PASSWORD)
    async def chart(
        request: Request[Any, Any, Any],
        token: FromPath[str],
        probe_id: FromPath[int],
        password: Password = "",
        header: HeaderPassword = "",
        kind: Annotated[str | None, QueryParameter(name="type")] = None,
        start: From = None,
        to: To = None,
        tz: Zone = "",
    ) -> Chart:
        link = await enter(request, token, password, header)
        stream = await known(link.workspace_id, link.agent_id, probe_id, link.probe_id)
        begin, end = within(link, start, to, clock.now())
        return await views.chart(stream, kind, begin, end, tz)

    return Router(
        "/",
        route_handlers=[
            *(list_all, list_links, add_link, delete_link),
            *(info, look, probe_data, chart),
        ],
        tags=["sharing"],
    )


def shown_agent(agent: Agent) -> SharedAgent:
    """Neither labels nor metadata: they are for those who keep them."""
    return SharedAgent(
        id=agent.id,
        name=agent.name,
        description=agent.description,
        location=agent.location,
        version=agent.version,
        public_ip=agent.public_ip_override,
        initialized=agent.initialized,
        updated_at=agent.updated_at,
        last_seen_at=agent.last_seen_at,
    )
