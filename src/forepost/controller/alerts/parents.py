"""What depends on what, as people have said it. SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from forepost.controller.alerts.place import handle_of
from forepost.controller.alerts.store import check_agents, check_probes
from forepost.controller.alerts.subjects import ancestors
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alerts import alert_parents
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.rest.incidents import NewParent, Parent


class Parents:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, workspace_id: int) -> list[Parent]:
        query = _of(workspace_id).order_by(alert_parents.c.id)
        async with self._db.read() as connection:
            return [_parent(row) for row in (await connection.execute(query)).all()]

    async def add(self, workspace_id: int, new: NewParent, now: datetime) -> Parent:
        """Raises Invalid for what is not there and for circles, Conflict for what is known."""
        _check_one(new, "probe_id", "agent_id", "what depends")
        _check_one(new, "parent_probe_id", "parent_agent_id", "what it depends on")
        async with self._db.write_more(alert_parents, workspace_id) as connection:
            rows = [_parent(row) for row in (await connection.execute(_of(workspace_id))).all()]
            for field in ("probe_id", "parent_probe_id"):
                await check_probes(connection, workspace_id, _named(new, field), field)
            for field in ("agent_id", "parent_agent_id"):
                await check_agents(connection, workspace_id, _named(new, field), field)
            child, parent = child_of(new), parent_of(new)
            above: dict[str, list[str]] = {}
            for row in rows:
                above.setdefault(child_of(row), []).append(parent_of(row))
            if parent in above.get(child, ()):
                raise Conflict("this is known already")
            if child == parent or child in ancestors(above, [parent]):
                raise Invalid("parent_probe_id: it depends on this one itself: a circle")
            statement = (
                insert(alert_parents)
                .values(
                    workspace_id=workspace_id,
                    probe_id=new.probe_id,
                    agent_id=new.agent_id,
                    parent_probe_id=new.parent_probe_id,
                    parent_agent_id=new.parent_agent_id,
                    created_at=now,
                    updated_at=now,
                )
                .returning(*alert_parents.c)
            )
            return _parent((await connection.execute(statement)).one())

    async def delete(self, workspace_id: int, parent_id: int) -> None:
        statement = (
            delete(alert_parents)
            .where(alert_parents.c.workspace_id == workspace_id, alert_parents.c.id == parent_id)
            .returning(alert_parents.c.id)
        )
        async with self._db.write() as connection:
            if (await connection.execute(statement)).one_or_none() is None:
                raise NotFound("parent not found")


def child_of(one: NewParent | Parent) -> str:
    return handle_of(one.probe_id, one.agent_id)


def parent_of(one: NewParent | Parent) -> str:
    return handle_of(one.parent_probe_id, one.parent_agent_id)


def _check_one(new: NewParent, one: str, other: str, what: str) -> None:
    """Raises Invalid where not exactly one of two fields is given."""
    if getattr(new, one) is None and getattr(new, other) is None:
        raise Invalid(f"{one}: this or {other} is needed: {what}")
    if getattr(new, one) is not None and getattr(new, other) is not None:
        raise Invalid(f"{other}: not with {one}: {what} is one of them")


def _of(workspace_id: int) -> Any:
    return select(alert_parents).where(alert_parents.c.workspace_id == workspace_id)


def _parent(row: Any) -> Parent:
    return Parent(**{f: row._mapping[f] for f in Parent.__struct_fields__})  # noqa: SLF001 - SQLAlchemy's name for it


def _named(new: NewParent, field: str) -> set[int]:
    named: int | None = getattr(new, field)
    return set() if named is None else {named}
