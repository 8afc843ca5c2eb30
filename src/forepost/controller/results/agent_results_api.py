"""Routes of an agent's results by target, of voice quality over time, and of what was usual."""

from datetime import timedelta
from typing import Annotated, Final

from litestar import Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.page import From, To
from forepost.controller.results.api import BASE, StreamsOf
from forepost.controller.results.baseline import MOST, BaselineMetric, baseline_of
from forepost.controller.results.query import MOST_BYTES, micros
from forepost.controller.results.rows import instant, shown
from forepost.controller.results.streams import HOUR_US, Streams
from forepost.controller.results.target_groups import grouped
from forepost.controller.series.port import ChartOf, Find, Series, stream_of
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.base import MOST_ID
from forepost.wire.rest.agent_results import BaselineFigures, MosPoint, MosSeries, TargetGroups
from forepost.wire.rest.bodies import ListOf, ResultRow

OF_AGENT: Final = BASE + "/agents/{agent_id:int}"
BASELINE: Final = "/workspaces/{workspace_id:int}/probes/{probe_id:int}/baseline"
WEB_TYPES: Final = ("HTTP", "TLS")
MOST_BUCKETS: Final = 5_000
MINUTE_US: Final = 60_000_000

Lookback = Annotated[int, QueryParameter(ge=1, le=10 * 366 * 24 * 60)]
"""Minutes."""
Most = Annotated[int, QueryParameter(ge=1, le=5_000)]


def routes(series: Series, streams_of: StreamsOf, reading: Streams) -> Router:
    async def newest(
        workspace_id: int, agent_id: int, kind: str, limit: int, lookback: int
    ) -> list[ResultRow]:
        """Of one type, newest first. Raises NotFound."""
        probes, agents = await streams_of(workspace_id)
        if agent_id not in agents:
            raise NotFound("agent not found")
        query = Find(
            streams=[*probes, stream_of(0, agent_id)],
            type=kind,
            agent_id=agent_id,
            from_us=reading.now_us - lookback * MINUTE_US if lookback else None,
            limit=limit,
            most_bytes=MOST_BYTES,
        )
        return [shown(row) for row in await series.find(query)]

    async def own(workspace_id: int, probe_id: int) -> int:
        """Raises NotFound."""
        if probe_id not in (await streams_of(workspace_id))[0]:
            raise NotFound("probe not found")
        return probe_id

    @get(OF_AGENT + "/dns", opt=needs("VIEWER"))
    async def dns(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        limit: Most = 500,
        lookback: Lookback = 60,
    ) -> TargetGroups:
        """DNS results of the last minutes, by what was asked for."""
        rows = await newest(workspace_id, agent_id, "DNS", limit, lookback)
        return grouped(agent_id, rows, lookback)

    @get(OF_AGENT + "/http", opt=needs("VIEWER"))
    async def web(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        limit: Most = 500,
        lookback: Lookback = 60,
    ) -> TargetGroups:
        """HTTP and TLS results of the last minutes, by where; `limit` is of each type."""
        rows = [
            row
            for kind in WEB_TYPES
            for row in await newest(workspace_id, agent_id, kind, limit, lookback)
        ]
        rows.sort(key=lambda row: row.created_at, reverse=True)
        return grouped(agent_id, rows, lookback)

    @get(OF_AGENT + "/speedtests", opt=needs("VIEWER"))
    async def speedtests(
        workspace_id: FromPath[int], agent_id: FromPath[int], limit: Most = 25
    ) -> ListOf[ResultRow]:
        """Results of speed tests, newest first."""
        return ListOf(data=await newest(workspace_id, agent_id, "SPEEDTEST", limit, 0))

    @get(BASE + "/mos-timeseries", opt=needs("VIEWER"))
    async def mos_timeseries(
        workspace_id: FromPath[int],
        probe_id: Annotated[int, QueryParameter(name="probeId", ge=1, le=MOST_ID)],
        start: From = None,
        to: To = None,
        limit: Most = 300,
        aggregate: Annotated[int, QueryParameter(ge=1, le=86_400)] = 60,
    ) -> MosSeries:
        """The newest `limit` buckets of `aggregate` seconds, in order; the last hour unless the
        times say else. A bucket without a MOS is left out.
        """
        since, until = micros(start, to, reading.now)
        until = reading.now_us if until is None else until
        since = until - HOUR_US if since is None else since
        if not 0 < until - since <= MOST_BUCKETS * aggregate * 1_000_000:
            raise Invalid(f"aggregate: from 1 to {MOST_BUCKETS} buckets between from and to")
        asked = ChartOf(
            stream=await own(workspace_id, probe_id),
            from_us=since,
            to_us=until,
            bucket_sec=aggregate,
            type="TRAFFICSIM",
        )
        points = sorted(
            (
                MosPoint(
                    timestamp=point.time * 1_000,
                    mos=point.mos,
                    latency=point.rtt_mean_ms or 0.0,
                    jitter=point.jitter_ms or 0.0,
                    loss=point.loss_pct or 0.0,
                )
                for line in (await series.chart(asked)).lines
                for point in line.points
                if point.mos is not None
            ),
            key=lambda point: point.timestamp,
        )
        return MosSeries(
            probe_id=probe_id,
            workspace=workspace_id,
            from_=instant(since),
            to=instant(until),
            points=points[-limit:],
        )

    @get(BASELINE, opt=needs("VIEWER"))
    async def baseline(
        workspace_id: FromPath[int],
        probe_id: FromPath[int],
        metric: FromQuery[BaselineMetric] = "latency",
        window: Annotated[int, QueryParameter(ge=1, le=90)] = 7,
    ) -> BaselineFigures:
        """What was usual in the last `window` days."""
        since = reading.now - timedelta(days=window)
        query = Find(
            streams=[await own(workspace_id, probe_id)],
            from_us=round(since.timestamp() * 1e6),
            limit=MOST,
        )
        rows = await series.find(query)
        return baseline_of(probe_id, metric, window, rows, reading.now)

    return Router(
        "/",
        route_handlers=[dns, web, speedtests, mos_timeseries, baseline],
        tags=["results"],
    )
