"""Asks the series for one row a bucket."""

from datetime import tzinfo
from typing import Final

import msgspec

from forepost.controller.results.buckets import TYPES, WHOLE, newest_of_each, of_chart
from forepost.controller.results.query import MOST
from forepost.controller.results.rows import shown
from forepost.controller.series.buckets import buckets_of
from forepost.controller.series.port import ChartOf, Find, Series
from forepost.kit.errors import Invalid
from forepost.wire.rest.bodies import ResultRow

SECOND_US: Final = 1_000_000
DAY_US: Final = 86_400 * SECOND_US
MOST_BUCKETS: Final = 5_000


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
        rows = of_chart(stream, lines)
    if not query.ascending:
        rows.reverse()
    return rows[: query.limit]
