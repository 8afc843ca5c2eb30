"""The route of a host's course: CPU, memory, disks and interfaces over time."""

import math
from collections.abc import Sequence
from typing import Annotated, Final

import anyio.to_thread
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from forepost.controller.access.guard import needs
from forepost.controller.page import From, To
from forepost.controller.results.api import ONE_AGENT, StreamsOf
from forepost.controller.results.host_course import course, reading
from forepost.controller.results.query import MOST_BYTES, micros
from forepost.controller.results.streams import HOUR_US, Streams
from forepost.controller.series.port import Find, Row, Series, stream_of
from forepost.kit.errors import Invalid, NotFound
from forepost.wire.rest.host import HostCourse

MOMENTS: Final = 240
MOST_MOMENTS: Final = 500
Moments = Annotated[int, QueryParameter(ge=1, le=MOST_MOMENTS)]


def routes(series: Series, streams_of: StreamsOf, reading_of: Streams) -> Router:
    @get(ONE_AGENT + "/host-course", opt=needs("VIEWER"))
    async def host_course(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        start: From = None,
        to: To = None,
        points: Moments = MOMENTS,
    ) -> HostCourse:
        """What its SYSINFO results say, at no more than `points` moments; of the last hour unless
        `from` and `to` say else.
        """
        probes, agents = await streams_of(workspace_id)
        if agent_id not in agents:
            raise NotFound("agent not found")
        since, until = micros(start, to, reading_of.now)
        until = reading_of.now_us if until is None else until
        since = until - HOUR_US if since is None else since
        if since >= until:
            raise Invalid("from: must be before to")
        step_sec = max(1, math.ceil((until - since) / points / 1e6))
        rows = await series.find(
            Find(
                streams=[*probes, stream_of(0, agent_id)],
                type="SYSINFO",
                agent_id=agent_id,
                from_us=since,
                to_us=until,
                every_us=step_sec * 1_000_000,
                limit=points + 1,
                most_bytes=MOST_BYTES,
            )
        )
        return await anyio.to_thread.run_sync(_drawn, rows, step_sec)

    return Router("/", route_handlers=[host_course], tags=["results"])


def _drawn(rows: Sequence[Row], step_sec: int) -> HostCourse:
    moments = [(row.created_us / 1e6, reading(row.payload)) for row in reversed(rows)]
    return course([(at, one) for at, one in moments if one is not None], step_sec)
