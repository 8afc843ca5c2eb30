"""A notice as it leaves over a channel: written once, when it is caused."""

from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.calendar import zone_of
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.notify import words
from forepost.kit.errors import Invalid
from forepost.wire.rest.notify import Channel, Notice


class Rendition(msgspec.Struct, frozen=True):
    title: str
    body: str
    html: str = ""


def rendered(notice: Notice, channel: Channel, zone_name: str) -> Rendition:
    """Pure. A name that is no zone (of a setting that nobody checks) is UTC."""
    title = words.title(notice)
    if channel.kind == "webhook":
        return Rendition(title, msgspec.json.encode(notice).decode())
    zone = zone_named(zone_name)
    html = words.html(notice, zone) if channel.kind == "email" else ""
    return Rendition(title, words.text(notice, zone), html)


def zone_named(name: str) -> ZoneInfo:
    try:
        return zone_of(name) if name else words.UTC
    except Invalid:
        return words.UTC


async def zone_name_of(connection: AsyncConnection, workspace_id: int) -> str:
    """What the settings of the workspace say of its `timezone`; empty: nothing."""
    query = select(workspaces.c.settings).where(workspaces.c.id == workspace_id)
    settings = await connection.scalar(query)
    name = settings.get("timezone") if isinstance(settings, dict) else None
    return name if isinstance(name, str) else ""
