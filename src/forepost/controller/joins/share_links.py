"""Joins share links to what they show of one agent."""

from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.results.streams import ChartQuery
from forepost.controller.sharing import api
from forepost.controller.sharing.access import ShareAccess
from forepost.controller.sharing.store import ShareLinks
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
        chart=chart,
    )
    return Built(
        routers=[api.routes(access, views, core.access.peers, core.clock)], forget=links.forget
    )
