"""The route of exporters: every result once, in the order in which they came."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from forepost.controller.access.guard import needs
from forepost.controller.results.api import BASE, StreamsOf
from forepost.controller.results.csv_rows import MEDIA_TYPE, csv_text
from forepost.controller.results.rows import instant, shown
from forepost.controller.results.table_forms import NDJSON, ExportOperation
from forepost.controller.series.port import Arrived, PageOf, Place, Row, Series, stream_of
from forepost.kit.errors import Invalid
from forepost.wire.disclosure import public_target
from forepost.wire.rest.bodies import ExportEnd, ExportPage

MOST: Final = 10_000
"""Rows of a page of JSON or CSV, which are in memory together."""
MOST_STREAMED: Final = 1_000_000
TOGETHER: Final = 500
"""Rows of a stream that are in memory at once."""
NEXT: Final = "X-Next-Cursor"
COLUMNS: Final = (
    *("received_at", "created_at", "probe_id", "agent_id", "probe_agent_id", "target_agent"),
    *("type", "target", "triggered", "triggered_reason"),
    *("rtt_ms", "rtt_min_ms", "rtt_max_ms", "jitter_ms", "loss_pct", "mos"),
    *("packets_sent", "packets_received", "payload"),
)

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
            text = csv_text([COLUMNS, *map(_cells, found.rows)])
            return Response(text, media_type=MEDIA_TYPE, headers=headers)
        body = ExportPage(data=[shown(row) for row in found.rows], next=then, more=bool(found.rows))
        return Response(body, headers=headers)

    return Router("/", route_handlers=[export], tags=["results"])


def _cells(row: Row) -> list[Any]:
    return [
        *(instant(row.received_us), instant(row.created_us)),
        *(row.probe_id, row.agent_id, row.probe_agent_id, row.target_agent),
        *(row.type, public_target(row.target), row.triggered, row.triggered_reason),
        *(row.rtt_ms, row.rtt_min_ms, row.rtt_max_ms, row.jitter_ms, row.loss_pct, row.mos),
        *(row.sent, row.received, bytes(shown(row).payload).decode()),
    ]


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
