"""SQL of the outbox: claims, marks and the log."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, and_, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.db.tables.reports import report_files
from forepost.controller.notify.delivery_order import WAITING, has_newer, is_first
from forepost.controller.notify.destinations import masked
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.retry import is_of_nobody, retried
from forepost.wire.rest.notify import Delivery

DONE: Final = ("sent", "failed", "superseded")
CRITICAL, USUAL = 0, 1
"""Urgencies."""
CUT_SHORT: Final = "the controller ended while it was on its way"
NO_MEMBER: Final = "its receiver is no member any more"
SUPERSEDED: Final[dict[str, Any]] = {
    "state": "superseded",
    "next_at": None,
    "secret": "",
    "body": "",
    "html": "",
    "headers": {},
}
WORKSPACES: Final = 16
"""That are looked at in one look: those with something critical, then those that waited longest."""


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
    workspace_id: int = 0
    """0: of an account."""
    headers: dict[str, str] = {}
    """Of a webhook, besides the usual ones."""
    thread: str = ""
    """What a mail belongs to."""
    attachment_id: int | None = None


class Attachment(msgspec.Struct, frozen=True):
    """What a mail has with it."""

    name: str
    media_type: str
    content: bytes


class DueDelivery(msgspec.Struct, frozen=True):
    id: int
    host: str
    workspace_id: int
    """0: of an account."""
    urgency: int = USUAL


class FullSlots(msgspec.Struct, frozen=True):
    """For which nothing more is claimed now."""

    hosts: Collection[str] = ()
    hosts_of_critical: Collection[str] = ()
    """For which even what is critical has to wait."""
    workspaces: Collection[int] = ()
    """Of which only what is critical is claimed."""


class Look(msgspec.Struct, frozen=True):
    """What a look at the outbox shows."""

    due: list[DueDelivery]
    """Critical ones first, then one of each workspace in turn, the longest due first."""
    waiting: int
    """All that are not yet sent or given up."""
    next_at: datetime | None
    """When the first of those that are not due yet is."""


class DeliveryFilter(msgspec.Struct, frozen=True):
    state: str | None = None
    alert_id: int | None = None
    rule_id: int | None = None
    channel_id: int | None = None


class DeliveryStore:
    """A claim is a lease: who claims a row has until `lease_end` to say what became of it.

    `sender`: whose leases they are, over restarts.
    """

    def __init__(self, db: Database, sender: str = "") -> None:
        self._db, self._sender = db, sender

    async def take_back(self, now: datetime) -> None:
        """What this sender had on its way when it ended is due at once, or superseded where there
        is something newer to be told of it. Called while it sends nothing.
        """
        mine = (
            deliveries.c.state == "sending",
            deliveries.c.sender.in_((self._sender, "")),
        )
        async with self._db.write() as connection:
            await connection.execute(
                update(deliveries)
                .where(*mine, has_newer())
                .values(**SUPERSEDED, last_error=CUT_SHORT)
            )
            await connection.execute(
                update(deliveries)
                .where(*mine)
                .values(state="pending", next_at=now, last_error=CUT_SHORT)
            )

    async def look(self, now: datetime, full: FullSlots, limit: int) -> Look:
        """What is due where it is not `full`, at most `limit` of a workspace, and
        what waits.
        """
        due, later = deliveries.c.next_at <= now, deliveries.c.next_at > now
        waiting = (
            select(
                deliveries.c.workspace_id,
                func.count(deliveries.c.id),
                func.min(case((later, deliveries.c.next_at))),
                func.min(case((due, deliveries.c.urgency))).label("urgency"),
                func.min(case((due, deliveries.c.next_at))).label("since"),
            )
            .where(deliveries.c.state.in_(WAITING))
            .group_by(deliveries.c.workspace_id)
        )
        async with self._db.read() as connection:
            found = (await connection.execute(waiting)).all()
            having = sorted(
                (row for row in found if row.urgency is not None),
                key=lambda row: (row.urgency, row.since),
            )
            turns: list[tuple[int, int, DueDelivery]] = []
            for row in having[:WORKSPACES]:
                own = await _due_of(connection, row.workspace_id, now, full, limit)
                turns += [(one.urgency, turn, one) for turn, one in enumerate(own)]
        turns.sort(key=lambda turn: turn[:2])
        next_at = min((row[2] for row in found if row[2] is not None), default=None)
        return Look([one for _, _, one in turns], sum(row[1] for row in found), next_at)

    async def claim(
        self, ids: Collection[int], now: datetime, lease_end: datetime
    ) -> list[ClaimedDelivery]:
        """Those of `ids` that are still due: two controllers never get the same one. What is for a
        member who is none any more is superseded instead.
        """
        statement = (
            update(deliveries)
            .where(deliveries.c.id.in_(ids), _due(now), is_first())
            .values(
                state="sending",
                attempts=deliveries.c.attempts + 1,
                next_at=lease_end,
                sender=self._sender,
            )
            .returning(deliveries)
        )
        async with self._db.write() as connection:
            await connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_(ids), _due(now), is_of_nobody())
                .values(**SUPERSEDED, last_error=NO_MEMBER)
            )
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
            headers={},
            body="",
            html="",
        )

    async def not_sent(
        self, row: ClaimedDelivery, outcome: Outcome, again_at: datetime | None
    ) -> None:
        """`again_at` None: given up. Where there is something newer to be told of the same alert
        or incident, that is told.
        """
        async with self._db.write() as connection:
            await self._mark_in(
                connection,
                row,
                state="failed" if again_at is None else "pending",
                next_at=again_at,
                last_status=outcome.status,
                last_error=outcome.error,
            )
            await connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.id == row.id,
                    deliveries.c.state == "pending",
                    has_newer(),
                )
                .values(**SUPERSEDED)
            )

    async def release(self, row: ClaimedDelivery, now: datetime) -> None:
        """It was not tried to its end; somebody else may."""
        await self._mark(row, state="pending", next_at=now)

    async def _mark(self, row: ClaimedDelivery, **values: Any) -> None:
        async with self._db.write() as connection:
            await self._mark_in(connection, row, **values)

    async def _mark_in(
        self, connection: AsyncConnection, row: ClaimedDelivery, **values: Any
    ) -> None:
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
        if only.channel_id is not None:
            wanted.append(deliveries.c.channel_id == only.channel_id)
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

    async def attachment(self, attachment_id: int) -> Attachment | None:
        """None: it is not kept any more."""
        query = select(report_files).where(report_files.c.id == attachment_id)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Attachment(row.name, row.media_type, row.content)

    async def retry(self, workspace_id: int, delivery_id: int, now: datetime) -> Delivery:
        """Start again from the first attempt, now. Raises NotFound and Conflict."""
        async with self._db.write() as connection:
            return _shown(await retried(connection, workspace_id, delivery_id, now))


async def _due_of(
    connection: AsyncConnection,
    workspace_id: int | None,
    now: datetime,
    full: FullSlots,
    limit: int,
) -> list[DueDelivery]:
    has_room = and_(
        deliveries.c.urgency == CRITICAL, deliveries.c.host.not_in(full.hosts_of_critical)
    )
    if (workspace_id or 0) not in full.workspaces:
        has_room = or_(has_room, deliveries.c.host.not_in(full.hosts))
    query = (
        select(deliveries.c.id, deliveries.c.host, deliveries.c.urgency)
        .where(
            deliveries.c.workspace_id == workspace_id,
            _due(now),
            has_room,
            is_first(),
        )
        .order_by(deliveries.c.urgency, deliveries.c.next_at, deliveries.c.id)
        .limit(limit)
    )
    return [
        DueDelivery(row.id, row.host, workspace_id or 0, row.urgency)
        for row in (await connection.execute(query)).all()
    ]


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
        workspace_id=row.workspace_id or 0,
        headers=row.headers,
        thread=row.thread,
        attachment_id=row.attachment_id,
    )


def _shown(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        workspace_id=row.workspace_id,
        alert_id=row.alert_id,
        rule_id=row.rule_id,
        channel_id=row.channel_id,
        event=row.event,
        kind=row.kind,
        destination=masked(row.kind, row.destination),
        state=row.state,
        attempts=row.attempts,
        next_at=row.next_at,
        last_status=row.last_status,
        last_error=row.last_error,
        note=row.note,
        created_at=row.created_at,
        sent_at=row.sent_at,
    )
