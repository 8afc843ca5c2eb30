"""The route of exporters: every result once, in the order in which they came."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from forepost.controller.access.guard import needs
from forepost.controller.results.api import BASE, StreamsOf
from forepost.controller.results.csv_rows import MEDIA_TYPE
from forepost.controller.results.result_table import results_csv
from forepost.controller.results.rows import shown
from forepost.controller.results.table_forms import NDJSON, ExportOperation
from forepost.controller.series.port import Arrived, PageOf, Place, Series, stream_of
from forepost.kit.errors import Invalid
from forepost.wire.rest.bodies import ExportEnd, ExportPage

MOST: Final = 10_000
"""Rows of a page of JSON or CSV, which are in memory together."""
MOST_STREAMED: Final = 1_000_000
TOGETHER: Final = 500
"""Rows of a stream that are in memory at once."""
NEXT: Final = "X-Next-Cursor"

Cursor = Annotated[
    str, QueryParameter(max_length=400, description="`next` of the page before; none: the oldest")
]


def routes(series: Series, streams_of: StreamsOf) -> Router:
    async def page(workspace_id: int, after: Place | None, limit: int) -> Arrived:
        probes, agents = await streams_of(workspace_id)
        streams = [*probes, *(stream_of(0, agent) for agent in agents)]
        found = await series.arrived(PageOf(streams=streams, after=after, limit=limit))
        if found.next is None:
            raise Invalid(
                "cursor: the store was put back to an earlier day since; begin without a cursor"
            )
        return found

    async def lines(workspace_id: int, first: Arrived, limit: int) -> AsyncIterator[bytes]:
        found, left = first, limit
        while True:
            left -= len(found.rows)
            for row in found.rows:
                yield msgspec.json.encode(shown(row)) + b"\n"
            if not found.rows or left <= 0:
                break
            found = await page(workspace_id, found.next, min(left, TOGETHER))
        end = ExportEnd(next=cursor_of(workspace_id, found.next), more=bool(found.rows))
        yield msgspec.json.encode(end) + b"\n"

    @get(BASE + "/export", opt=needs("VIEWER"), operation_class=ExportOperation)
    async def export(
        workspace_id: FromPath[int],
        cursor: Cursor = "",
        limit: Annotated[int, QueryParameter(ge=1, le=MOST_STREAMED)] = 1_000,
        format_: Annotated[
            Literal["json", "ndjson", "csv"], QueryParameter(name="format")
        ] = "json",
    ) -> Response[ExportPage] | Response[str] | Stream:
        """Every result of the workspace once, by the time of its receipt. `next` is asked on with,
        at once while there is `more`, else later: it goes on with what came since, late results
        too. NDJSON ends with a line that has both; of CSV `next` is in the header X-Next-Cursor.
        """
        after = place_of(workspace_id, cursor)
        if format_ == "ndjson":
            first = await page(workspace_id, after, min(limit, TOGETHER))
            return Stream(
                lines(workspace_id, first, limit),
                media_type=NDJSON,
                headers={"Cache-Control": "no-store"},
            )
        if limit > MOST:
            raise Invalid(f"limit: from 1 to {MOST} (of ndjson to {MOST_STREAMED})")
        found = await page(workspace_id, after, limit)
        then = cursor_of(workspace_id, found.next)
        headers = {NEXT: then, "Cache-Control": "no-store"}
        if format_ == "csv":
            return Response(results_csv(found.rows), media_type=MEDIA_TYPE, headers=headers)
        body = ExportPage(data=[shown(row) for row in found.rows], next=then, more=bool(found.rows))
        return Response(body, headers=headers)

    return Router("/", route_handlers=[export], tags=["results"])


def cursor_of(workspace_id: int, place: Place | None) -> str:
    return urlsafe_b64encode(msgspec.msgpack.encode((workspace_id, place))).decode().rstrip("=")


def place_of(workspace_id: int, cursor: str) -> Place | None:
    """Raises Invalid."""
    if not cursor:
        return None
    try:
        packed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of, place = _places.decode(packed)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Invalid("cursor: is none; it is what `next` of the page before says") from None
    if of != workspace_id:
        raise Invalid("cursor: is one of another workspace")
    return place


_places: Final = msgspec.msgpack.Decoder(tuple[int, Place])
