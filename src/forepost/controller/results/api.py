"""Routes of stored results: find, latest, one probe's data and chart."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, Router, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.page import From, To, Zone, zone_of
from forepost.controller.results.csv_rows import MEDIA_TYPE
from forepost.controller.results.query import MOST_BYTES, limit_of, micros
from forepost.controller.results.result_table import results_csv
from forepost.controller.results.rows import shown
from forepost.controller.results.samples import sampled
from forepost.controller.results.streams import POINTS, ChartQuery, Streams
from forepost.controller.results.table_forms import TableOperation
from forepost.controller.series.port import Find, Series, stream_of
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.base import MOST_ID
from forepost.wire.rest.bodies import Chart, ListOf, ResultRow

BASE: Final = "/workspaces/{workspace_id:int}/probe-data"
ONE_AGENT: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}"

StreamsOf = Callable[[int], Awaitable[tuple[list[int], list[int]]]]
"""Workspace id -> ids of its probes and of its agents."""
WayBack = Callable[[int, int, int], Awaitable[int]]
"""(workspace id, probe id, agent id) -> the probe of that agent that is the other way; 0: none."""

ProbeId = Annotated[int | None, QueryParameter(name="probeId", ge=0, le=MOST_ID)]
AgentId = Annotated[int | None, QueryParameter(name="agentId", ge=0, le=MOST_ID)]


_ROWS: Final = ResponseSpec(
    ListOf[ResultRow], description="Request fulfilled, document follows", generate_examples=False
)


def routes(series: Series, streams_of: StreamsOf, way_back: WayBack, reading: Streams) -> Router:
    async def streams(workspace_id: int, probe_id: int | None) -> list[int]:
        """The streams of a workspace, or the one of its probe. Raises NotFound."""
        probes, agents = await streams_of(workspace_id)
        if probe_id:
            if probe_id not in probes:
                raise NotFound("probe not found")
            return [probe_id]
        return [*([] if probe_id == 0 else probes), *(stream_of(0, agent) for agent in agents)]

    async def found(query: Find) -> ListOf[ResultRow]:
        return ListOf(data=[shown(row) for row in await series.find(query)])

    async def newest(
        workspace_id: int, kind: str, agent_id: int, probe_id: int | None
    ) -> ResultRow:
        query = Find(
            streams=await streams(workspace_id, probe_id), type=kind, agent_id=agent_id, limit=1
        )
        rows = await series.find(query)
        if not rows:
            raise NotFound("no data")
        return shown(rows[0])

    @get(BASE + "/find", opt=needs("VIEWER"))
    async def find(
        workspace_id: FromPath[int],
        probe_id: ProbeId = None,
        agent_id: AgentId = None,
        kind: Annotated[str | None, QueryParameter(name="type")] = None,
        probe_agent_id: Annotated[
            int | None, QueryParameter(name="probeAgentId", ge=0, le=MOST_ID)
        ] = None,
        target_agent: Annotated[
            int | None, QueryParameter(name="targetAgent", ge=0, le=MOST_ID)
        ] = None,
        target_prefix: Annotated[str | None, QueryParameter(name="targetPrefix")] = None,
        triggered: FromQuery[bool | None] = None,
        start: From = None,
        to: To = None,
        limit: FromQuery[int] = 0,
        asc: FromQuery[bool] = False,
    ) -> ListOf[ResultRow]:
        """Newest first unless `asc`. `probeId` 0: results of no probe."""
        from_us, to_us = micros(start, to, reading.now)
        return await found(
            Find(
                streams=await streams(workspace_id, probe_id),
                type=kind,
                agent_id=agent_id,
                probe_agent_id=probe_agent_id,
                target_agent=target_agent,
                target_prefix=_as_targets_are(target_prefix),
                triggered=triggered,
                from_us=from_us,
                to_us=to_us,
                limit=limit_of(limit),
                most_bytes=MOST_BYTES,
                ascending=asc,
            )
        )

    @get(BASE + "/latest", opt=needs("VIEWER"))
    async def latest(
        workspace_id: FromPath[int],
        agent_id: Annotated[int, QueryParameter(name="agentId", ge=0, le=MOST_ID)],
        kind: Annotated[str, QueryParameter(name="type", min_length=1)],
        probe_id: ProbeId = None,
    ) -> ResultRow:
        """The newest result; 404 when there is none. Of an AGENT probe and the agent that it
        measures towards: of the other way, which is a probe of that agent.
        """
        try:
            return await newest(workspace_id, kind, agent_id, probe_id)
        except NotFound:
            other = await way_back(workspace_id, probe_id or 0, agent_id)
            if not other:
                raise
        return await newest(workspace_id, kind, agent_id, other)

    @get(
        BASE + "/probes/{probe_id:int}/data",
        opt=needs("VIEWER"),
        operation_class=TableOperation,
        responses={200: _ROWS},
    )
    async def data(
        workspace_id: FromPath[int],
        probe_id: FromPath[int],
        agent_id: AgentId = None,
        kind: Annotated[str | None, QueryParameter(name="type")] = None,
        start: From = None,
        to: To = None,
        limit: FromQuery[int] = 0,
        asc: FromQuery[bool] = False,
        aggregate: Annotated[int, QueryParameter(ge=0, le=86_400)] = 0,
        tz: Zone = "",
        format_: Annotated[Literal["json", "csv"], QueryParameter(name="format")] = "json",
    ) -> Response[ListOf[ResultRow]] | Response[str]:
        """`aggregate`: one row for so many seconds (PING, TRAFFICSIM and MTR), in the units of the
        type's payload: of PING nanoseconds. With 86400 a row is a day, of the time zone `tz`.
        `format=csv`: the columns of the export.
        """
        if aggregate and format_ == "csv":
            raise Invalid("format: csv is of single results, not of an aggregate")
        zone = zone_of(tz)
        from_us, to_us = micros(start, to, reading.now)
        query = Find(
            streams=await streams(workspace_id, _real(probe_id)),
            type=kind,
            agent_id=agent_id,
            from_us=from_us,
            to_us=to_us,
            limit=limit_of(limit),
            most_bytes=MOST_BYTES,
            ascending=asc,
        )
        if format_ == "csv":
            name = f'attachment; filename="probe-{probe_id}.csv"'
            headers = {"Cache-Control": "no-store", "Content-Disposition": name}
            return Response(
                results_csv(await series.find(query)), media_type=MEDIA_TYPE, headers=headers
            )
        if not aggregate:
            return Response(await found(query))
        rows = await sampled(series, query, aggregate, zone, reading.now_us)
        return Response(ListOf(data=rows))

    @get(BASE + "/probes/{probe_id:int}/chart", opt=needs("VIEWER"))
    async def chart(
        workspace_id: FromPath[int],
        probe_id: FromPath[int],
        kind: Annotated[str | None, QueryParameter(name="type")] = None,
        start: From = None,
        to: To = None,
        points: Annotated[int, QueryParameter(ge=1, le=5_000)] = POINTS,
        tz: Zone = "",
    ) -> Chart:
        """RTT, loss, jitter and MOS in at most `points` buckets; the last hour unless `from` and
        `to` say else. A bucket without results is left out: a gap stays a gap.

        `tz`: buckets of a day or more are days of that time zone, of 23 and 25 hours too.
        """
        (stream,) = await streams(workspace_id, _real(probe_id))
        query = ChartQuery(type=kind, start=start, to=to, points=points, zone=tz)
        return await reading.chart(stream, query)

    @get([ONE_AGENT + "/sysinfo", ONE_AGENT + "/netinfo"], opt=needs("VIEWER"))
    async def info(
        workspace_id: FromPath[int], agent_id: FromPath[int], request: Request[Any, Any, Any]
    ) -> ResultRow:
        """The newest SYSINFO or NETINFO of an agent; 404 when there is none."""
        _, agents = await streams_of(workspace_id)
        if agent_id not in agents:
            raise NotFound("agent not found")
        kind = request.url.path.rsplit("/", 1)[1].upper()
        return await newest(workspace_id, kind, agent_id, None)

    return Router("/", route_handlers=[find, latest, data, chart, info], tags=["results"])


def _as_targets_are(prefix: str | None) -> str | None:
    """Names and addresses are kept in lower case; of a URL only the host is."""
    return prefix if prefix is None or "://" in prefix else prefix.lower()


def _real(probe_id: int) -> int:
    if probe_id < 1:
        raise NotFound("probe not found")
    return probe_id
