"""Rows and charts of one stream, asked for in the words of a query string."""

from datetime import datetime
from typing import Final

import msgspec

from forepost.controller.page import zone_of
from forepost.controller.results.query import MOST_BYTES, limit_of, micros
from forepost.controller.results.rows import shown
from forepost.controller.series.port import ChartOf, Find, Series
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.rest.bodies import Chart, ResultRow

HOUR_US: Final = 3_600_000_000
POINTS: Final = 500


class ChartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What a query string asks of a chart."""

    type: str | None = None
    start: str | None = None
    to: str | None = None
    points: int = POINTS
    zone: str = ""


class Streams:
    def __init__(self, series: Series, clock: Clock) -> None:
        self._series, self._clock = series, clock

    @property
    def now(self) -> datetime:
        return self._clock.now()

    @property
    def now_us(self) -> int:
        return round(self._clock.now().timestamp() * 1e6)

    async def rows(
        self, stream: int, kind: str | None, start: str | None, to: str | None, limit: int
    ) -> list[ResultRow]:
        """Newest first. Raises Invalid."""
        from_us, to_us = micros(start, to, self.now)
        query = Find(
            streams=[stream],
            type=kind,
            from_us=from_us,
            to_us=to_us,
            limit=limit_of(limit),
            most_bytes=MOST_BYTES,
        )
        return [shown(row) for row in await self._series.find(query)]

    async def chart(self, stream: int, query: ChartQuery) -> Chart:
        """The last hour unless the times say else. Raises Invalid."""
        since, until = micros(query.start, query.to, self.now)
        until = self.now_us if until is None else until
        since = until - HOUR_US if since is None else since
        if since >= until:
            raise Invalid("from: must be before to")
        return await self._series.chart(
            ChartOf(
                stream=stream,
                from_us=since,
                to_us=until,
                points=query.points,
                zone=zone_of(query.zone),
                type=query.type,
            )
        )
