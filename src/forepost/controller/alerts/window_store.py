"""SQL of maintenance windows and mutes."""

from datetime import datetime
from typing import Any, Final

from msgspec import UNSET
from sqlalchemy import ColumnElement, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.actor import Actor
from forepost.controller.alerts.acknowledgements import note
from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.store import check_agents, check_probes
from forepost.controller.alerts.windows import check_window
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alert_course import suppressed_alerts
from forepost.controller.db.tables.alerts import maintenance_windows
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.base import patched
from forepost.wire.rest.alerts import Alert
from forepost.wire.rest.maintenance import NewWindow, Window, WindowPatch

TAKEN: Final = "external_id: another maintenance window of this workspace has it"
_COMPUTED: Final = {"suppressed", "active_now", "next_start", "next_end"}
_KEPT: Final = [f for f in Window.__struct_fields__ if f not in _COMPUTED]
_suppressed = (
    select(func.count())
    .where(suppressed_alerts.c.window_id == maintenance_windows.c.id)
    .scalar_subquery()
    .label("suppressed")
)
_windows: Final = select(maintenance_windows, _suppressed)


class WindowStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int) -> list[Window]:
        query = _windows.where(maintenance_windows.c.workspace_id == workspace_id)
        return await self._all(query.order_by(maintenance_windows.c.id))

    async def all(self) -> list[Window]:
        return await self._all(_windows)

    async def _all(self, query: Select[Any]) -> list[Window]:
        async with self._db.read() as connection:
            return [_window(row) for row in (await connection.execute(query)).all()]

    async def one(self, workspace_id: int, window_id: int) -> Window:
        async with self._db.read() as connection:
            return _window(await _one(connection, workspace_id, window_id))

    async def add(self, workspace_id: int, new: NewWindow, by: str, now: datetime) -> Window:
        check_window(new)
        async with self._db.write_more(maintenance_windows, workspace_id) as connection:
            await _check_named(connection, workspace_id, new)
            return await _add(
                connection,
                workspace_id,
                now,
                created_by=by,
                **{f: getattr(new, f) for f in NewWindow.__struct_fields__},
            )

    async def change(
        self, workspace_id: int, window_id: int, patch: WindowPatch, now: datetime
    ) -> Window:
        try:
            async with self._db.write() as connection:
                row = await _one(connection, workspace_id, window_id)
                if row.alert_id is not None:
                    _check_mute(patch)
                kept = {f: row._mapping[f] for f in NewWindow.__struct_fields__}  # noqa: SLF001 - SQLAlchemy's name for it
                new = patched(NewWindow(**kept), patch)
                check_window(new)
                await _check_named(connection, workspace_id, new)
                statement = (
                    update(maintenance_windows)
                    .where(_is(workspace_id, window_id))
                    .values(
                        updated_at=now,
                        **{f: getattr(new, f) for f in NewWindow.__struct_fields__},
                    )
                )
                await connection.execute(statement)
                return _window(await _one(connection, workspace_id, window_id))
        except IntegrityError:
            raise Conflict(TAKEN) from None

    async def delete(self, workspace_id: int, window_id: int) -> None:
        """With what is recorded of it."""
        async with self._db.write() as connection:
            await _one(connection, workspace_id, window_id)
            await connection.execute(
                delete(suppressed_alerts).where(
                    suppressed_alerts.c.workspace_id == workspace_id,
                    suppressed_alerts.c.window_id == window_id,
                )
            )
            await connection.execute(
                delete(maintenance_windows).where(_is(workspace_id, window_id))
            )

    async def mute(
        self, alert: Alert, line: Line, until: datetime, reason: str, by: Actor, now: datetime
    ) -> Window:
        """A window for what an alert is about, from now on; one that is on becomes this one."""
        probe_id, agent_id, _, target = line
        async with self._db.write_more(maintenance_windows, alert.workspace_id) as connection:
            await note(connection, alert, "muted", by, now, text=reason, until=until)
            known = await _mute_of(connection, alert, now)
            if known is not None:
                statement = (
                    update(maintenance_windows)
                    .where(_is(alert.workspace_id, known.id))
                    .values(ends_at=until, reason=reason, created_by=by.signature, updated_at=now)
                )
                await connection.execute(statement)
                return _window(await _one(connection, alert.workspace_id, known.id))
            return await _add(
                connection,
                alert.workspace_id,
                now,
                name=f"mute: {alert.rule_name}"[:200],
                starts_at=now,
                ends_at=until,
                recurrence="none",
                reason=reason,
                agent_ids=[agent_id] if agent_id else [],
                probe_ids=[probe_id] if probe_id else [],
                created_by=by.signature,
                alert_id=alert.id,
                target=target,
            )

    async def unmute(self, alert: Alert, by: Actor, now: datetime) -> None:
        """End the mute of an alert; what is recorded of it stays. Raises NotFound."""
        async with self._db.write() as connection:
            known = await _mute_of(connection, alert, now)
            if known is None:
                raise NotFound("the alert is not muted")
            await note(connection, alert, "unmuted", by, now)
            statement = (
                update(maintenance_windows)
                .where(_is(alert.workspace_id, known.id))
                .values(ends_at=now, updated_at=now)
            )
            await connection.execute(statement)


async def _add(
    connection: AsyncConnection, workspace_id: int, now: datetime, **values: Any
) -> Window:
    statement = (
        insert(maintenance_windows)
        .values(workspace_id=workspace_id, created_at=now, updated_at=now, **values)
        .returning(maintenance_windows.c.id)
    )
    try:
        made = (await connection.execute(statement)).scalar_one()
    except IntegrityError:
        raise Conflict(TAKEN) from None
    return _window(await _one(connection, workspace_id, made))


async def _mute_of(connection: AsyncConnection, alert: Alert, now: datetime) -> Row[Any] | None:
    query = select(maintenance_windows).where(
        maintenance_windows.c.workspace_id == alert.workspace_id,
        maintenance_windows.c.alert_id == alert.id,
        maintenance_windows.c.ends_at > now,
    )
    return (await connection.execute(query.order_by(maintenance_windows.c.id))).first()


def _is(workspace_id: int, window_id: int) -> ColumnElement[bool]:
    return (maintenance_windows.c.workspace_id == workspace_id) & (
        maintenance_windows.c.id == window_id
    )


async def _one(connection: AsyncConnection, workspace_id: int, window_id: int) -> Row[Any]:
    query = _windows.where(_is(workspace_id, window_id))
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("maintenance window not found")
    return row


def _window(row: Row[Any]) -> Window:
    kept = {f: row._mapping[f] for f in _KEPT}  # noqa: SLF001 - SQLAlchemy's name for it
    return Window(**kept, suppressed=row.suppressed)


def _check_mute(patch: WindowPatch) -> None:
    """What a mute covers is its alert's."""
    for field in ("agent_ids", "probe_ids", "recurrence"):
        if getattr(patch, field) is not UNSET:
            raise Invalid(f"{field}: the window is the mute of an alert")


async def _check_named(connection: AsyncConnection, workspace_id: int, window: NewWindow) -> None:
    await check_agents(connection, workspace_id, set(window.agent_ids), "agent_ids")
    await check_probes(connection, workspace_id, set(window.probe_ids), "probe_ids")
