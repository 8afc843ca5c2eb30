"""What is tried again because somebody asks for it, and who is told nothing any more. SQL."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.mailed_members import mailed_members
from forepost.controller.db.tables.alerts import alert_rules
from forepost.controller.db.tables.deliveries import deliveries
from forepost.controller.notify.delivery_order import has_newer
from forepost.kit.errors import Conflict, NotFound

_OF_STATE: Final = {"sent": "it was sent", "sending": "it is being sent"}


async def retried(
    connection: AsyncConnection, workspace_id: int, delivery_id: int, now: datetime
) -> Row[Any]:
    """A delivery that was given up, or waits, begins again with its first attempt. What would make
    its receiver believe something else than is so, or is for nobody, does not. Raises NotFound and
    Conflict.
    """
    own = and_(deliveries.c.workspace_id == workspace_id, deliveries.c.id == delivery_id)
    query = select(deliveries, has_newer().label("has_newer")).where(own).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("delivery not found")
    if row.state not in ("failed", "pending"):
        raise Conflict(_OF_STATE.get(row.state, "something newer was to be told instead"))
    if row.has_newer:
        raise Conflict("something newer was to be told of it: try that again")
    if not row.body:
        raise Conflict("its receiver is told no more: the channel was disabled, changed or deleted")
    if row.rule_id is not None and not await _has_rule(connection, row):
        raise Conflict("its rule is deleted: nobody is told of it any more")
    statement = update(deliveries).where(own).values(state="pending", attempts=0, next_at=now)
    begun: Row[Any] = (await connection.execute(statement.returning(deliveries))).one()
    return begun


def is_of_nobody() -> ColumnElement[bool]:
    """Whether it is a mail to a member, of an alert or a run, and there is no such member now."""
    return and_(
        deliveries.c.kind == "email",
        deliveries.c.channel_id.is_(None),
        deliveries.c.event != "mail",
        deliveries.c.workspace_id.is_not(None),
        deliveries.c.destination.not_in(
            mailed_members(deliveries.c.workspace_id).correlate(deliveries)
        ),
    )


async def _has_rule(connection: AsyncConnection, row: Row[Any]) -> bool:
    query = select(alert_rules.c.id).where(
        alert_rules.c.workspace_id == row.workspace_id, alert_rules.c.id == row.rule_id
    )
    return await connection.scalar(query) is not None
