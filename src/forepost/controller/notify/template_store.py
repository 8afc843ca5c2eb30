"""SQL of templates of notices."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import EXTERNAL_ID_TAKEN, Database, unique
from forepost.controller.db.tables.channels import notice_channels, notice_templates
from forepost.controller.notify.rendition import parsed
from forepost.controller.notify.template import WrongTemplate
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.base import patched
from forepost.wire.rest.templates import NewTemplate, NoticeTemplate, TemplatePatch, TemplateTexts

NAMED: Final = 5
"""Of the channels that tell by a template, in the words of a refusal."""


class TemplateStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def all_of(self, workspace_id: int) -> list[NoticeTemplate]:
        query = (
            select(notice_templates)
            .where(notice_templates.c.workspace_id == workspace_id)
            .order_by(notice_templates.c.id)
        )
        async with self._db.read() as connection:
            return [_shown(row) for row in (await connection.execute(query)).all()]

    async def get(self, workspace_id: int, template_id: int) -> NoticeTemplate:
        async with self._db.read() as connection:
            return _shown(await _one(connection, workspace_id, template_id))

    async def add(self, workspace_id: int, new: NewTemplate, now: datetime) -> NoticeTemplate:
        check(new)
        statement = (
            insert(notice_templates)
            .values(
                workspace_id=workspace_id,
                created_at=now,
                updated_at=now,
                **msgspec.structs.asdict(new),
            )
            .returning(*notice_templates.c)
        )
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write_more(notice_templates, workspace_id) as connection:
                return _shown((await connection.execute(statement)).one())

    async def change(
        self, workspace_id: int, template_id: int, patch: TemplatePatch, now: datetime
    ) -> NoticeTemplate:
        """What was written before is told as it was written."""
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write() as connection:
                row = await _one(connection, workspace_id, template_id, held=True)
                known = {f: row._mapping[f] for f in NewTemplate.__struct_fields__}  # noqa: SLF001 - SQLAlchemy's name for it
                new = patched(NewTemplate(**known), patch)
                check(new)
                statement = (
                    update(notice_templates)
                    .where(
                        notice_templates.c.workspace_id == workspace_id,
                        notice_templates.c.id == template_id,
                    )
                    .values(updated_at=now, **msgspec.structs.asdict(new))
                    .returning(*notice_templates.c)
                )
                return _shown((await connection.execute(statement)).one())

    async def delete(self, workspace_id: int, template_id: int, *, force: bool) -> None:
        """Raises Conflict where channels tell by it; with `force` they use the usual words."""
        async with self._db.write() as connection:
            row = await _one(connection, workspace_id, template_id, held=True)
            mine = (
                notice_channels.c.workspace_id == workspace_id,
                notice_channels.c.template_id == template_id,
            )
            used = (await connection.scalars(select(notice_channels.c.name).where(*mine))).all()
            if used and not force:
                named = ", ".join(repr(name) for name in used[:NAMED])
                raise Conflict(
                    f"the template {row.name!r} is that of {len(used)} channels ({named}): "
                    "?force=true has them tell in the usual words"
                )
            await connection.execute(update(notice_channels).where(*mine).values(template_id=None))
            await connection.execute(
                delete(notice_templates).where(
                    notice_templates.c.workspace_id == workspace_id,
                    notice_templates.c.id == template_id,
                )
            )


def check(texts: TemplateTexts) -> None:
    """Raises Invalid, naming field and line."""
    try:
        parsed(texts)
    except WrongTemplate as wrong:
        raise Invalid(str(wrong)) from None


async def _one(
    connection: AsyncConnection, workspace_id: int, template_id: int, *, held: bool = False
) -> Row[Any]:
    query = select(notice_templates).where(
        notice_templates.c.workspace_id == workspace_id, notice_templates.c.id == template_id
    )
    if held:
        query = query.with_for_update()
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("template not found")
    return row


def _shown(row: Row[Any]) -> NoticeTemplate:
    return NoticeTemplate(**{f: row._mapping[f] for f in NoticeTemplate.__struct_fields__})  # noqa: SLF001 - SQLAlchemy's name for it
