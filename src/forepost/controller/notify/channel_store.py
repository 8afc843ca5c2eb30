"""SQL of named channels, and of what was sent over them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Column, Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import EXTERNAL_ID_TAKEN, Database, unique
from forepost.controller.db.tables.alerts import alert_rules
from forepost.controller.db.tables.channels import notice_channels, notice_routes, notice_templates
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.db.tables.jobs import jobs
from forepost.controller.notify.channel_checks import Acceptable, checked, patched_channel
from forepost.controller.notify.channel_state import outcome_of, standing_of
from forepost.controller.notify.outbox import Outbox
from forepost.controller.outgoing.receivers import receivers
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.disclosure import MASK
from forepost.wire.rest.channels import ChannelPatch, NamedChannel, NewChannel
from forepost.wire.rest.notify import Channel

LOOKED_AT: Final = 60
"""Newest deliveries of a channel by which it is judged: three of each receiver it may have."""
NAMED: Final = 5
"""Of what uses a channel, in the words of a refusal."""


class ChannelStore:
    """`acceptable` says why a channel cannot be used. What waits in the outbox follows every
    change.
    """

    def __init__(self, db: Database, outbox: Outbox, acceptable: Acceptable) -> None:
        self._db, self._outbox, self._acceptable = db, outbox, acceptable

    async def all_of(self, workspace_id: int) -> list[NamedChannel]:
        query = (
            select(notice_channels)
            .where(notice_channels.c.workspace_id == workspace_id)
            .order_by(notice_channels.c.id)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
            return [await _shown(connection, row) for row in rows]

    async def get(self, workspace_id: int, channel_id: int) -> NamedChannel:
        async with self._db.read() as connection:
            return await _shown(connection, await _one(connection, workspace_id, channel_id))

    async def add(
        self, connection: AsyncConnection, workspace_id: int, new: NewChannel, now: datetime
    ) -> tuple[int, list[Channel]]:
        """In the caller's transaction; return its number and receivers. Raises Invalid."""
        new = checked(new, self._acceptable)
        if MASK in new.headers.values():
            raise Invalid("headers: a value is hidden, and there is none yet")
        await _check_template(connection, workspace_id, new.template_id)
        statement = (
            insert(notice_channels)
            .values(
                workspace_id=workspace_id,
                created_at=now,
                updated_at=now,
                **msgspec.structs.asdict(new),
            )
            .returning(*notice_channels.c)
        )
        row = (await connection.execute(statement)).one()
        return row.id, receivers(row)

    async def change(
        self, workspace_id: int, channel_id: int, patch: ChannelPatch, now: datetime
    ) -> NamedChannel:
        """Only what the patch names is written: two who change one channel keep both changes."""
        with unique(EXTERNAL_ID_TAKEN):
            async with self._db.write() as connection:
                row = await _one(connection, workspace_id, channel_id, held=True)
                known = {f: row._mapping[f] for f in NewChannel.__struct_fields__}  # noqa: SLF001 - SQLAlchemy's name for it
                old = NewChannel(**known)
                new = checked(patched_channel(old, patch), self._acceptable)
                await _check_template(connection, workspace_id, new.template_id)
                values = msgspec.structs.asdict(new)
                changed = {field: values[field] for field in known if values[field] != known[field]}
                statement = (
                    update(notice_channels)
                    .where(
                        notice_channels.c.workspace_id == workspace_id,
                        notice_channels.c.id == channel_id,
                    )
                    .values(updated_at=now, **changed)
                    .returning(*notice_channels.c)
                )
                row = (await connection.execute(statement)).one()
                own = receivers(row) if row.enabled else []
                why = "the channel tells them no more" if own else "the channel is disabled"
                await self._outbox.redirect_channel(connection, channel_id, own, why)
                return await _shown(connection, row)

    async def delete(self, workspace_id: int, channel_id: int, *, force: bool) -> None:
        """Raises Conflict where rules, routes or jobs tell it; with `force` they do so no more."""
        async with self._db.write() as connection:
            row = await _one(connection, workspace_id, channel_id, held=True)
            users = await _users(connection, workspace_id, channel_id)
            if users and not force:
                named = ", ".join(f"{noun} {one.name!r}" for noun, _, one in users[:NAMED])
                more = f" and {len(users) - NAMED:,} more" if len(users) > NAMED else ""
                raise Conflict(
                    f"the channel {row.name!r} is used by {named}{more}: ?force=true takes it out "
                    "of them"
                )
            await _forget_in_jobs(connection, workspace_id, channel_id)
            for _, column, one in users:
                if column is jobs.c.notices:
                    continue
                left = [number for number in one.channel_ids if number != channel_id]
                await connection.execute(
                    update(column.table)
                    .where(column.table.c.workspace_id == workspace_id, column.table.c.id == one.id)
                    .values({column: left})
                )
            await connection.execute(
                delete(notice_channels).where(
                    notice_channels.c.workspace_id == workspace_id,
                    notice_channels.c.id == channel_id,
                )
            )
            why = "the channel was deleted"
            await self._outbox.redirect_channel(connection, channel_id, [], why)

    async def receivers(self, workspace_id: int, channel_id: int) -> tuple[str, list[Channel]]:
        """Its name, and who is told, also of one that is disabled. Raises NotFound."""
        async with self._db.read() as connection:
            row = await _one(connection, workspace_id, channel_id)
            return row.name, receivers(row)


async def _users(
    connection: AsyncConnection, workspace_id: int, channel_id: int
) -> list[tuple[str, Column[Any], Any]]:
    """Rules and routes that tell a channel: what each is, the column that says so, its row."""
    found: list[tuple[str, Column[Any], Any]] = []
    columns: list[tuple[str, Column[Any]]] = [
        ("rule", alert_rules.c.channel_ids),
        ("escalation of rule", alert_rules.c.escalate_channel_ids),
        ("route", notice_routes.c.channel_ids),
    ]
    for noun, column in columns:
        table = column.table
        query = select(table.c.id, table.c.name, column.label("channel_ids")).where(
            table.c.workspace_id == workspace_id
        )
        rows = (await connection.execute(query.order_by(table.c.id))).all()
        found += [(noun, column, row) for row in rows if channel_id in row.channel_ids]
    telling = await _jobs_that_tell(connection, workspace_id, channel_id)
    return found + [("job", jobs.c.notices, job) for job in telling]


async def _jobs_that_tell(
    connection: AsyncConnection, workspace_id: int, channel_id: int
) -> list[Any]:
    query = select(jobs.c.id, jobs.c.name, jobs.c.notices).where(
        jobs.c.workspace_id == workspace_id
    )
    rows = (await connection.execute(query.order_by(jobs.c.id))).all()
    return [row for row in rows if channel_id in (row.notices or {}).get("channel_ids", ())]


async def _forget_in_jobs(connection: AsyncConnection, workspace_id: int, channel_id: int) -> None:
    for job in await _jobs_that_tell(connection, workspace_id, channel_id):
        left = [number for number in job.notices["channel_ids"] if number != channel_id]
        await connection.execute(
            update(jobs)
            .where(jobs.c.workspace_id == workspace_id, jobs.c.id == job.id)
            .values(notices={**job.notices, "channel_ids": left})
        )


async def _check_template(
    connection: AsyncConnection, workspace_id: int, template_id: int | None
) -> None:
    if template_id is None:
        return
    query = select(notice_templates.c.id).where(
        notice_templates.c.workspace_id == workspace_id, notice_templates.c.id == template_id
    )
    if await connection.scalar(query) is None:
        raise Invalid(f"template_id: no template {template_id} in this workspace")


async def _one(
    connection: AsyncConnection, workspace_id: int, channel_id: int, *, held: bool = False
) -> Row[Any]:
    """`held`: it is about to be changed."""
    query = select(notice_channels).where(
        notice_channels.c.workspace_id == workspace_id, notice_channels.c.id == channel_id
    )
    if held:
        query = query.with_for_update()
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("channel not found")
    return row


async def _shown(connection: AsyncConnection, row: Row[Any]) -> NamedChannel:
    newest = await _newest(connection, row.workspace_id, row.id)
    tests = [one for one in newest if one.event == "test"]
    return NamedChannel(
        id=row.id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        workspace_id=row.workspace_id,
        name=row.name,
        kind=row.kind,
        url=row.url,
        addresses=row.addresses,
        has_secret=bool(row.secret),
        headers=dict.fromkeys(row.headers, MASK),
        timezone=row.timezone,
        template_id=row.template_id,
        enabled=row.enabled,
        external_id=row.external_id,
        standing=standing_of(newest) if row.enabled else "disabled",
        last_test=outcome_of(tests),
        last_delivery=outcome_of([one for one in newest if one.event != "test"]),
    )


async def _newest(
    connection: AsyncConnection, workspace_id: int, channel_id: int
) -> Sequence[Row[Any]]:
    query = (
        select(deliveries)
        .where(deliveries.c.workspace_id == workspace_id, deliveries.c.channel_id == channel_id)
        .order_by(deliveries.c.id.desc())
        .limit(LOOKED_AT)
    )
    return (await connection.execute(query)).all()
