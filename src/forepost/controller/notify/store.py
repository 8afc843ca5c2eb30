"""SQL of the outbox: claims, marks and the log."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, and_, case, delete, func, select, update

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.notify.destinations import masked
from forepost.controller.notify.outcome import Outcome
from forepost.kit.errors import Conflict, NotFound
from forepost.wire.rest.notify import Delivery

WAITING: Final = ("pending", "sending")
DONE: Final = ("sent", "failed")


class ClaimedDelivery(msgspec.Struct, frozen=True):
    """What a sender needs. `attempt` counts from 1."""

    id: int
    kind: str
    destination: str
    secret: str
    host: str
    title: str
    body: str
    html: str
    attempt: int
    created_at: datetime


class Look(msgspec.Struct, frozen=True):
    """What a look at the outbox shows."""

    due: list[tuple[int, str]]
    """(id, host), the longest due first."""
    waiting: int
    """All that are not yet sent or given up."""
    next_at: datetime | None
    """When the first of those that are not due yet is."""


class DeliveryFilter(msgspec.Struct, frozen=True):
    state: str | None = None
    alert_id: int | None = None
    rule_id: int | None = None


class DeliveryStore:
    """A claim is a lease: who claims a row has until `lease_end` to say what became of it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def look(self, now: datetime, full: Collection[str], limit: int) -> Look:
        """What is due for hosts other than those of `full`, at most `limit`, and what waits."""
        query = (
            select(deliveries.c.id, deliveries.c.host)
            .where(_due(now), deliveries.c.host.not_in(full))
            .order_by(deliveries.c.next_at, deliveries.c.id)
            .limit(limit)
        )
        later = case((deliveries.c.next_at > now, deliveries.c.next_at))
        waiting = select(func.count(deliveries.c.id), func.min(later)).where(
            deliveries.c.state.in_(WAITING)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
            count, next_at = (await connection.execute(waiting)).one()
        return Look([(row.id, row.host) for row in rows], count, next_at)

    async def claim(
        self, ids: Collection[int], now: datetime, lease_end: datetime
    ) -> list[ClaimedDelivery]:
        """Those of `ids` that are still due: two controllers never get the same one."""
        statement = (
            update(deliveries)
            .where(deliveries.c.id.in_(ids), _due(now))
            .values(state="sending", attempts=deliveries.c.attempts + 1, next_at=lease_end)
            .returning(deliveries)
        )
        async with self._db.write() as connection:
            rows = (await connection.execute(statement)).all()
        return [_outgoing(row) for row in rows]

    async def sent(self, row: ClaimedDelivery, status: int | None, now: datetime) -> None:
        """What was sent needs not be kept: the log shows none of it."""
        await self._mark(
            row,
            state="sent",
            next_at=None,
            last_status=status,
            last_error="",
            sent_at=now,
            secret="",
            body="",
            html="",
        )

    async def not_sent(
        self, row: ClaimedDelivery, outcome: Outcome, again_at: datetime | None
    ) -> None:
        """`again_at` None: given up."""
        await self._mark(
            row,
            state="failed" if again_at is None else "pending",
            next_at=again_at,
            last_status=outcome.status,
            last_error=outcome.error,
        )

    async def release(self, row: ClaimedDelivery, now: datetime) -> None:
        """It was not tried to its end; somebody else may."""
        await self._mark(row, state="pending", next_at=now)

    async def _mark(self, row: ClaimedDelivery, **values: Any) -> None:
        """Nothing happens where the lease ended and another took it: the attempt tells them."""
        statement = (
            update(deliveries)
            .where(
                deliveries.c.id == row.id,
                deliveries.c.state == "sending",
                deliveries.c.attempts == row.attempt,
            )
            .values(**values)
        )
        async with self._db.write() as connection:
            await connection.execute(statement)

    async def prune(self, before: datetime) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                delete(deliveries).where(
                    deliveries.c.state.in_(DONE), deliveries.c.created_at < before
                )
            )

    async def log(
        self, workspace_id: int, only: DeliveryFilter, limit: int, offset: int
    ) -> tuple[list[Delivery], int]:
        """Newest first, and how many there are."""
        wanted = [deliveries.c.workspace_id == workspace_id]
        if only.state is not None:
            wanted.append(deliveries.c.state == only.state)
        if only.alert_id is not None:
            wanted.append(deliveries.c.alert_id == only.alert_id)
        if only.rule_id is not None:
            wanted.append(deliveries.c.rule_id == only.rule_id)
        query = (
            select(deliveries)
            .where(*wanted)
            .order_by(deliveries.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
            total = await connection.scalar(select(func.count(deliveries.c.id)).where(*wanted))
        return [_shown(row) for row in rows], total or 0

    async def named(self, workspace_id: int, ids: Collection[int]) -> list[Delivery]:
        query = (
            select(deliveries)
            .where(deliveries.c.workspace_id == workspace_id, deliveries.c.id.in_(ids))
            .order_by(deliveries.c.id)
        )
        async with self._db.read() as connection:
            return [_shown(row) for row in (await connection.execute(query)).all()]

    async def retry(self, workspace_id: int, delivery_id: int, now: datetime) -> Delivery:
        """Start again from the first attempt, now. Raises NotFound and Conflict."""
        own = and_(deliveries.c.workspace_id == workspace_id, deliveries.c.id == delivery_id)
        statement = (
            update(deliveries)
            .where(own, deliveries.c.state.in_(("failed", "pending")))
            .values(state="pending", attempts=0, next_at=now)
            .returning(deliveries)
        )
        async with self._db.write() as connection:
            row = (await connection.execute(statement)).one_or_none()
            if row is not None:
                return _shown(row)
            state = await connection.scalar(select(deliveries.c.state).where(own))
        if state is None:
            raise NotFound("delivery not found")
        raise Conflict("it was sent" if state == "sent" else "it is being sent")


def _due(now: datetime) -> ColumnElement[bool]:
    """Also what a sender claimed and did not finish in time: a crashed one, mostly."""
    return and_(deliveries.c.state.in_(WAITING), deliveries.c.next_at <= now)


def _outgoing(row: Row[Any]) -> ClaimedDelivery:
    return ClaimedDelivery(
        id=row.id,
        kind=row.kind,
        destination=row.destination,
        secret=row.secret,
        host=row.host,
        title=row.title,
        body=row.body,
        html=row.html,
        attempt=row.attempts,
        created_at=row.created_at,
    )


def _shown(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        workspace_id=row.workspace_id,
        alert_id=row.alert_id,
        rule_id=row.rule_id,
        event=row.event,
        kind=row.kind,
        destination=masked(row.kind, row.destination),
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        last_status=row.last_status,
        last_error=row.last_error,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
