"""What is told before what: deliveries of one course leave one after the other. SQL."""

from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from forepost.controller.db.tables.deliveries import deliveries

WAITING: Final = ("pending", "sending")
_other: Final = deliveries.alias("other")


def is_first() -> ColumnElement[bool]:
    """Whether nothing before it has to be told first."""
    earlier = select(_other.c.id).where(
        _other.c.course == deliveries.c.course,
        _other.c.id < deliveries.c.id,
        _other.c.state.in_(WAITING),
    )
    return or_(deliveries.c.course == "", ~earlier.exists())


def has_newer() -> ColumnElement[bool]:
    """Whether something newer is to be told of the same alert or incident."""
    alone = and_(_other.c.incident_id.is_(None), _other.c.alert_id == deliveries.c.alert_id)
    newer = select(_other.c.id).where(
        _other.c.course == deliveries.c.course,
        or_(_other.c.incident_id == deliveries.c.incident_id, alone),
        _other.c.id > deliveries.c.id,
    )
    return and_(deliveries.c.course != "", newer.exists())
