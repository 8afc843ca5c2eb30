"""In what manner a workspace is told: its time zone, and the templates of its channels. SQL."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.channels import notice_templates
from forepost.controller.db.tables.workspaces import workspaces
from forepost.wire.rest.notify import Channel
from forepost.wire.rest.templates import TemplateTexts


class Manner(msgspec.Struct, frozen=True):
    workspace_name: str
    zone_name: str
    """What the settings of the workspace say; empty: nothing."""
    templates: Mapping[int, TemplateTexts]


async def manner_of(
    connection: AsyncConnection, workspace_id: int, channels: Collection[Channel]
) -> Manner:
    query = select(workspaces.c.name, workspaces.c.settings).where(workspaces.c.id == workspace_id)
    row = (await connection.execute(query)).one_or_none()
    settings = None if row is None else row.settings
    name = settings.get("timezone") if isinstance(settings, dict) else None
    asked = {one.template_id for one in channels if one.template_id is not None}
    templates: dict[int, TemplateTexts] = {}
    if asked:
        of_templates = select(notice_templates).where(
            notice_templates.c.workspace_id == workspace_id, notice_templates.c.id.in_(asked)
        )
        for row in await connection.execute(of_templates):
            templates[row.id] = TemplateTexts(
                title=row.title, text=row.text, webhook_body=row.webhook_body
            )
    of_workspace = "" if row is None else row.name
    return Manner(of_workspace, name if isinstance(name, str) else "", templates)
