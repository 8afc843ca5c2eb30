"""SQL of thresholds: those of a site, and those in the settings of a workspace."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.site_settings import site_settings
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.voice.thresholds import check, effective
from forepost.kit.errors import NotFound
from forepost.wire.rest.voice import VoiceOverride, VoiceThresholds

NAME: Final = "voice_thresholds"
"""Of the row, and of the key in a workspace's settings, as NetWatcher has it."""


class ThresholdStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_site(self) -> VoiceOverride | None:
        async with self._db.read() as connection:
            return await _of_site(connection)

    async def of(self, workspace_id: int) -> tuple[VoiceOverride | None, VoiceOverride | None]:
        """Those of the site, and of the workspace. Raises NotFound."""
        async with self._db.read() as connection:
            settings = await _settings(connection, workspace_id)
            return await _of_site(connection), _read(settings.get(NAME))

    async def set_site(self, override: VoiceOverride | None, now: datetime) -> VoiceThresholds:
        """None: the defaults. Raises Invalid."""
        found = effective(override)
        check(found)
        async with self._db.write() as connection:
            await connection.execute(delete(site_settings).where(site_settings.c.name == NAME))
            if override is not None:
                value = msgspec.to_builtins(override)
                row = insert(site_settings).values(name=NAME, value=value, updated_at=now)
                await connection.execute(row)
        return found

    async def set_workspace(
        self, workspace_id: int, override: VoiceOverride | None, now: datetime
    ) -> VoiceThresholds:
        """None: those of the site. Raises Invalid and NotFound."""
        async with self._db.write() as connection:
            settings = dict(await _settings(connection, workspace_id))
            found = effective(await _of_site(connection), override)
            check(found)
            settings.pop(NAME, None)
            if override is not None:
                settings[NAME] = msgspec.to_builtins(override)
            await connection.execute(
                update(workspaces)
                .where(workspaces.c.id == workspace_id)
                .values(settings=settings, updated_at=now)
            )
        return found


async def _of_site(connection: AsyncConnection) -> VoiceOverride | None:
    query = select(site_settings.c.value).where(site_settings.c.name == NAME)
    return _read(await connection.scalar(query))


async def _settings(connection: AsyncConnection, workspace_id: int) -> dict[str, Any]:
    query = select(workspaces.c.settings).where(
        workspaces.c.id == workspace_id, workspaces.c.deleted_at.is_(None)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("workspace not found")
    return row.settings or {}


def _read(value: Any) -> VoiceOverride | None:
    """Settings are the user's own: what makes no sense there is none."""
    try:
        return None if value is None else msgspec.convert(value, VoiceOverride)
    except msgspec.ValidationError:
        return None
