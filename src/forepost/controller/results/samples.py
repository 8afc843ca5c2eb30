"""Asks the series for one row a bucket."""

from datetime import tzinfo
from typing import Final

import msgspec

from forepost.controller.results.bucket_details import details_of
from forepost.controller.results.buckets import TYPES, WHOLE, Details, newest_of_each, of_chart
from forepost.controller.results.query import MOST
from forepost.controller.results.rows import shown
from forepost.controller.series.buckets import buckets_of
from forepost.controller.series.port import ChartOf, Find, Series
from forepost.kit.errors import Invalid
from forepost.wire.rest.bodies import ResultRow

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US
MOST_BUCKETS: Final = 5_000
MOST_DETAILED: Final = 5_000
"""Results of a span that are looked at one by one."""


async def sampled(
    series: Series, query: Find, bucket_sec: int, zone: tzinfo | None, now_us: int
) -> list[ResultRow]:
    """Rows of one stream and type, the last day where no times are given; buckets of a day are days
    of the zone. Raises Invalid.
    """
    if query.type not in TYPES:
        raise Invalid(f"aggregate: needs a type of {', '.join(sorted(TYPES))}")
    until = now_us if query.to_us is None else query.to_us
    since = until - DAY_US if query.from_us is None else query.from_us
    bucket_us = bucket_sec * SECOND_US
    buckets = -(-(until - since) // bucket_us)
    if not 0 < buckets <= MOST_BUCKETS:
        raise Invalid(f"aggregate: from 1 to {MOST_BUCKETS} buckets between from and to")
    if query.type == WHOLE:
        asked = msgspec.structs.replace(
            query, from_us=since, to_us=until, limit=MOST, ascending=True
        )
        cut = buckets_of(since // SECOND_US, until // SECOND_US, 1, bucket_sec, zone)
        rows = [shown(row) for row in newest_of_each(await series.find(asked), cut.start_of)]
    else:
        (stream,) = query.streams
        chart_of = ChartOf(
            stream=stream,
            from_us=since,
            to_us=until,
            bucket_sec=bucket_sec,
            zone=zone,
            type=query.type,
        )
        drawn = await series.chart(chart_of)
        lines = [one for one in drawn.lines if query.agent_id in (None, one.agent_id)]
        span = msgspec.structs.replace(query, from_us=since, to_us=until)
        rows = of_chart(stream, lines, await _details(series, span, bucket_sec, zone))
    if not query.ascending:
        rows.reverse()
    return rows[: query.limit]


async def _details(series: Series, query: Find, bucket_sec: int, zone: tzinfo | None) -> Details:
    """Nothing where there is too much to look at; the query names both times."""
    if query.type != "TRAFFICSIM" or query.from_us is None or query.to_us is None:
        return {}
    asked = msgspec.structs.replace(query, limit=MOST_DETAILED + 1, most_bytes=None)
    rows = await series.find(asked)
    if len(rows) > MOST_DETAILED:
        return {}
    cut = buckets_of(query.from_us // SECOND_US, query.to_us // SECOND_US, 1, bucket_sec, zone)
    return details_of(rows, cut.start_of)
