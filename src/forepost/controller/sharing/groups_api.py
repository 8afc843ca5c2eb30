"""Routes of what a share link shows besides: names of other agents, DNS and web results."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Router, get
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import PUBLIC, needs
from forepost.controller.access.peer import Peers
from forepost.controller.sharing.access import ShareAccess
from forepost.controller.sharing.api import (
    BY_TOKEN,
    PASSWORD,
    HeaderPassword,
    Password,
    Views,
    shown_agent,
)
from forepost.controller.sharing.window import within
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.wire.rest.agent_results import TargetGroups
from forepost.wire.rest.share_links import SharedAgent, ShareLink

WEB_TYPES: Final = ("HTTP", "TLS")
Lookback = Annotated[int, QueryParameter(ge=1, le=10 * 366 * 24 * 60)]
Most = Annotated[int, QueryParameter(ge=1, le=5_000)]


def routes(access: ShareAccess, views: Views, peers: Peers, clock: Clock) -> Router:
    async def enter(
        request: Request[Any, Any, Any], token: str, password: str, header: str
    ) -> ShareLink:
        return await access.enter(token, header or password, peers.of(request.scope))

    async def grouped(
        link: ShareLink, kinds: tuple[str, ...], limit: int, lookback: int
    ) -> TargetGroups:
        """Of the probes that the link shows, in the part of time that it shows."""
        since = f"{clock.now().timestamp() - lookback * 60:.6f}"
        begin, end = within(link, since, None, clock.now())
        rows = [
            row
            for probe in await views.probes(link.workspace_id, link.agent_id)
            if probe.type in kinds and link.probe_id in (None, probe.id)
            for row in await views.rows(probe.id, probe.type, begin, end, limit)
        ]
        rows.sort(key=lambda row: row.created_at, reverse=True)
        return views.grouped(link.agent_id, rows[:limit], lookback)

    @get(BY_TOKEN + "/agent/{agent_id:int}", opt=needs(PUBLIC), responses=PASSWORD)
    async def other_agent(
        request: Request[Any, Any, Any],
        token: FromPath[str],
        agent_id: FromPath[int],
        password: Password = "",
        header: HeaderPassword = "",
    ) -> SharedAgent:
        """The agent of the link; of another one that it measures towards, or that measures towards
        it, the name and whether it is there.
        """
        link = await enter(request, token, password, header)
        if agent_id == link.agent_id:
            return shown_agent(await views.agent(link.workspace_id, agent_id))
        own = await views.probes(link.workspace_id, link.agent_id)
        reverse = [probe for probe, _ in await views.reverse(link.workspace_id, link.agent_id)]
        shown = [one for one in (*own, *reverse) if link.probe_id in (None, one.id)]
        near = {target.agent_id for one in shown for target in one.targets or ()}
        if agent_id not in near | {one.agent_id for one in shown}:
            raise NotFound("agent not found")
        other = shown_agent(await views.agent(link.workspace_id, agent_id))
        return msgspec.structs.replace(other, description="", location="", version="", public_ip="")

    @get(BY_TOKEN + "/dns", opt=needs(PUBLIC), responses=PASSWORD)
    async def dns(
        request: Request[Any, Any, Any],
        token: FromPath[str],
        password: Password = "",
        header: HeaderPassword = "",
        limit: Most = 500,
        lookback: Lookback = 60,
    ) -> TargetGroups:
        """DNS results of the last minutes, by what was asked for."""
        link = await enter(request, token, password, header)
        return await grouped(link, ("DNS",), limit, lookback)

    @get(BY_TOKEN + "/http", opt=needs(PUBLIC), responses=PASSWORD)
    async def web(
        request: Request[Any, Any, Any],
        token: FromPath[str],
        password: Password = "",
        header: HeaderPassword = "",
        limit: Most = 500,
        lookback: Lookback = 60,
    ) -> TargetGroups:
        """HTTP and TLS results of the last minutes, by where."""
        link = await enter(request, token, password, header)
        return await grouped(link, WEB_TYPES, limit, lookback)

    return Router("/", route_handlers=[other_agent, dns, web], tags=["sharing"])
