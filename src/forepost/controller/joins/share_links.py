"""Joins share links to what they show of one agent."""

from typing import Any

from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.live.share_socket import LiveShare, endpoint
from forepost.controller.results.streams import ChartQuery
from forepost.controller.results.target_groups import grouped
from forepost.controller.sharing import api, groups_api
from forepost.controller.sharing.access import ShareAccess
from forepost.controller.sharing.store import ShareLinks
from forepost.kit.errors import Forbidden
from forepost.wire.rest.bodies import Chart


async def build(core: Core) -> Built:
    links = ShareLinks(core.db)
    access = ShareAccess(links, core.passwords, core.access.share_tries, core.clock)

    async def chart(
        stream: int, kind: str | None, start: str | None, to: str | None, zone: str
    ) -> Chart:
        query = ChartQuery(type=kind, start=start, to=to, zone=zone)
        return await core.streams.chart(stream, query)

    views = api.Views(
        agent=core.agents.get,
        probes=core.probes.store.for_strangers,
        reverse=core.probes.situations.for_strangers,
        rows=core.streams.rows,
        grouped=grouped,
        chart=chart,
    )

    async def enter(token: str, password: str, scope: Any) -> LiveShare:
        link = await access.enter(token, password, core.access.peers.of(scope))
        if link.shown_to is not None:
            raise Forbidden("this link shows a part of time, and nothing after it")
        own = await views.probes(link.workspace_id, link.agent_id)
        reverse = [one for one, _ in await views.reverse(link.workspace_id, link.agent_id)]
        shown = [one.id for one in (*own, *reverse) if link.probe_id in (None, one.id)]
        return LiveShare(link.workspace_id, shown, link.expires_at)

    given = access, views, core.access.peers, core.clock
    return Built(
        routers=[api.routes(*given), groups_api.routes(*given)],
        sockets={"/ws/share/raw": endpoint(core.hub, enter, core.clock)},
        forget=links.forget,
    )
