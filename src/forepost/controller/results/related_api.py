"""Routes of results across probes: what measures one target, and probes like another."""

from typing import Annotated, Final

import msgspec
from litestar import Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.page import From, To
from forepost.controller.results.api import BASE
from forepost.controller.results.query import MOST_BYTES, limit_of, micros
from forepost.controller.results.related import LikeProbes, measures, similar_to
from forepost.controller.results.rows import shown
from forepost.controller.series.port import Find, Row, Series, size_of
from forepost.kit.clock import Clock
from forepost.kit.one_target import one_target
from forepost.wire.disclosure import public_target
from forepost.wire.probes.copies import Bundle, ByTarget, LatestOf, Similar
from forepost.wire.probes.probe import Probe
from forepost.wire.rest.bodies import ResultRow

TOGETHER: Final = 200
"""Probes of one target that are answered for; their rows are read one probe after another."""


def routes(series: Series, likeness: LikeProbes, clock: Clock) -> Router:
    async def newest(probe: Probe) -> ResultRow | None:
        rows = await series.find(Find(streams=[probe.id], limit=1))
        return shown(rows[0]) if rows else None

    async def rows_for(probe: Probe, target: str, query: Find) -> list[Row]:
        only = measures(probe) == [public_target(target)]
        asked = msgspec.structs.replace(
            query,
            streams=[probe.id],
            target_prefix=None if only else public_target(target).partition("?")[0],
        )
        rows = await series.find(asked)
        # NetWatcher's MTR names no target; where its probe has one only, that is it.
        named = {target, public_target(target)}
        return [row for row in rows if row.target in named or (only and not row.target)]

    @get(BASE + "/by-target/data", opt=needs("VIEWER"))
    async def by_target(
        workspace_id: FromPath[int],
        target: Annotated[str, QueryParameter(min_length=1, max_length=2_000)],
        kind: Annotated[str | None, QueryParameter(name="type")] = None,
        start: From = None,
        to: To = None,
        limit: FromQuery[int] = 0,
        latest_only: Annotated[bool, QueryParameter(name="latestOnly")] = False,
    ) -> ByTarget:
        """Results of every probe that names this target; `limit` is for each probe."""
        from_us, to_us = micros(start, to, clock.now())
        query = Find(
            streams=[],
            type=kind,
            from_us=from_us,
            to_us=to_us,
            limit=1 if latest_only else limit_of(limit),
        )
        target = one_target(target)
        found = (await likeness.on(workspace_id, [target]))[:TOGETHER]
        bundles = []
        left = MOST_BYTES  # of all probes together
        for probe in found:
            asked = msgspec.structs.replace(query, most_bytes=left)
            of_probe = await rows_for(probe, target, asked)
            left -= sum(map(size_of, of_probe))
            rows = [shown(row) for row in of_probe]
            if latest_only:
                bundles.append(Bundle(probe_id=probe.id, latest=rows[0] if rows else None))
            else:
                bundles.append(Bundle(probe_id=probe.id, rows=rows))
        return ByTarget(target=target, probe_ids=[probe.id for probe in found], bundles=bundles)

    @get(BASE + "/probes/{probe_id:int}/similar", opt=needs("VIEWER"))
    async def similar(
        workspace_id: FromPath[int],
        probe_id: FromPath[int],
        same_type: Annotated[bool, QueryParameter(name="sameType")] = True,
        include_self: Annotated[bool, QueryParameter(name="includeSelf")] = False,
        latest: FromQuery[bool] = False,
    ) -> Similar:
        """Probes that share a target, or an agent to measure towards, with this one."""
        probe = await likeness.one(workspace_id, probe_id)
        by_target, by_agent = (
            similar_to(probe, found, same_type=same_type, include_self=include_self)
            for found in await likeness.similar(workspace_id, probe)
        )
        newest_of: list[LatestOf] | msgspec.UnsetType = msgspec.UNSET
        if latest:
            each = {one.id: one for one in (*by_target, *by_agent)}
            newest_of = [
                LatestOf(probe_id=one.id, latest=await newest(one)) for one in each.values()
            ]
        return Similar(
            probe=probe,
            similar_by_target=by_target,
            similar_by_agent_id=by_agent,
            latest=newest_of,
        )

    return Router("/", route_handlers=[by_target, similar], tags=["results"])
