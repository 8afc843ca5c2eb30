"""Whether the named channels that a job tells are there. SQL."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.channels import notice_channels
from forepost.kit.errors import Invalid
from forepost.wire.jobs.rest import JobNotices


async def check_channels(
    connection: AsyncConnection, workspace_id: int, notices: JobNotices | None
) -> None:
    """Raises Invalid, naming the field."""
    wanted = set() if notices is None else set(notices.channel_ids)
    if not wanted:
        return
    query = select(notice_channels.c.id).where(
        notice_channels.c.workspace_id == workspace_id, notice_channels.c.id.in_(wanted)
    )
    if missing := wanted - set((await connection.scalars(query)).all()):
        raise Invalid(f"notices.channel_ids: no channel {min(missing)} in this workspace")
