"""Alerts that belong together: which incident an alert joins, and how it ends. SQL."""

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Boolean, and_, bindparam, case, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.flaps import SPAN
from forepost.controller.alerts.place import AlertPlace, handles_of, rule_handle, scope_of
from forepost.controller.db.tables.alerts import alerts, incident_handles, incidents

TOGETHER: Final = SPAN
"""An alert joins an open incident whose last alert is no older, or whose cause is known."""
MOST_OF_RULE: Final = 20
"""When a rule has begun so many incidents in `TOGETHER`, what follows of it is one incident."""


class Joining(msgspec.Struct, frozen=True, kw_only=True):
    """What joins an incident."""

    workspace_id: int
    rule_id: int
    place: AlertPlace
    severity: str
    title: str
    before: int | None = None
    """The incident of the same, which is over not long ago: it goes on in it."""


class Joined(msgspec.Struct, frozen=True):
    incident_id: int
    is_storm: bool = False
    """It is one incident only as its rule raises so many."""


class _Open(msgspec.Struct):
    """An incident that this transaction has joined, and what is to be written of it."""

    workspace_id: int
    handles: frozenset[str]
    reporter: int = 0
    joined: int = 0
    is_critical: bool = False
    is_narrowed: bool = False

    @property
    def is_storm(self) -> bool:
        return scope_of(self.handles) == "rule"


_JOINED: Final = (
    update(incidents)
    .where(incidents.c.id == bindparam("number"))
    .values(
        alerts=incidents.c.alerts + bindparam("joined"),
        last_alert_at=bindparam("at"),
        severity=case(
            (bindparam("is_critical", type_=Boolean), "critical"), else_=incidents.c.severity
        ),
        **{name: bindparam(f"shown_{name}") for name in ("scope", "agent_id", "target", "site")},
    )
)


class IncidentBook:
    """Joins and ends incidents within one transaction; `flush` writes what the joins changed."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self._connection, self._now = connection, now
        self._open: dict[int, _Open] = {}
        self._looked_for: set[tuple[int, str]] = set()
        self._begun: dict[int, dict[int, int]] = {}

    async def prepare(self, workspace_id: int, handles: Collection[str]) -> None:
        """Read the open incidents that something with these handles may join, at once."""
        wanted = [handle for handle in handles if (workspace_id, handle) not in self._looked_for]
        if not wanted:
            return
        self._looked_for |= {(workspace_id, handle) for handle in wanted}
        query = (
            select(incident_handles.c.incident_id)
            .join(incidents, incidents.c.id == incident_handles.c.incident_id)
            .where(
                incident_handles.c.workspace_id == workspace_id,
                incident_handles.c.handle.in_(wanted),
                incidents.c.resolved_at.is_(None),
                or_(
                    incidents.c.last_alert_at >= self._now - TOGETHER,
                    and_(incidents.c.cause != "", incidents.c.cause_ended_at.is_(None)),
                ),
            )
        )
        found = set((await self._connection.scalars(query)).all()) - self._open.keys()
        if found:
            await self._read(workspace_id, found)

    async def _read(self, workspace_id: int, incident_ids: Collection[int]) -> None:
        query = select(incident_handles).where(incident_handles.c.incident_id.in_(incident_ids))
        own: dict[int, set[str]] = {incident_id: set() for incident_id in incident_ids}
        for row in (await self._connection.execute(query)).all():
            own[row.incident_id].add(row.handle)
        for incident_id, kept in own.items():
            self._open[incident_id] = _Open(workspace_id=workspace_id, handles=frozenset(kept))

    async def join(self, new: Joining) -> Joined | None:
        """Join the open incident that has something in common with it, or open one.

        None for an alert that is about the workspace and nothing in it.
        """
        handles = handles_of(new.place)
        if not handles:
            return None
        found = None
        if new.before is not None and await self._goes_on(new, new.before, handles):
            found = new.before
            handles = self._open[found].handles if self._open[found].is_storm else handles
        if found is None:
            found = await self._with(new.workspace_id, handles)
        if found is None and (storm := await self._storm(new)):
            handles = frozenset({storm})
            found = await self._with(new.workspace_id, handles)
            found = found or await self._storm_before(new, handles)
        if found is None:
            return Joined(await self._begin(new, handles), scope_of(handles) == "rule")
        one = self._open[found]
        one.is_narrowed |= not one.handles <= handles
        one.handles &= handles
        one.reporter = new.place.reporter
        one.joined += 1
        one.is_critical |= new.severity == "critical"
        return Joined(found, one.is_storm)

    def is_storm(self, incident_id: int) -> bool:
        """Whether it is known to be one only as its rule raises so many: nothing explains it."""
        one = self._open.get(incident_id)
        return one is not None and one.is_storm

    async def flush(self) -> None:
        """Only what all alerts of an incident have in common brings others to it."""
        for incident_id, one in self._open.items():
            if one.is_narrowed:
                await self._narrow(incident_id, one.handles)
                one.is_narrowed = False
        joined = {number: one for number, one in self._open.items() if one.joined}
        if not joined:
            return
        changes = [
            {
                "number": number,
                "joined": one.joined,
                "at": self._now,
                "is_critical": one.is_critical,
                **{f"shown_{name}": value for name, value in _shown_by(one).items()},
            }
            for number, one in joined.items()
        ]
        await self._connection.execute(_JOINED, changes)
        for one in joined.values():
            one.joined = 0

    async def end(self, workspace_id: int, incident_id: int) -> None:
        """An alert of the incident was resolved: it is over when that was the last."""
        still_open = select(alerts.c.id).where(
            alerts.c.workspace_id == workspace_id,
            alerts.c.incident_id == incident_id,
            alerts.c.resolved_at.is_(None),
        )
        statement = (
            update(incidents)
            .where(
                incidents.c.workspace_id == workspace_id,
                incidents.c.id == incident_id,
                incidents.c.resolved_at.is_(None),
                ~still_open.exists(),
            )
            .values(resolved_at=self._now)
            .returning(incidents.c.id)
        )
        if (await self._connection.execute(statement)).one_or_none() is not None:
            await self._narrow(incident_id, frozenset())
            self._open.pop(incident_id, None)

    async def _goes_on(self, new: Joining, incident_id: int, handles: frozenset[str]) -> bool:
        """Whether that incident is there and open, from now on again if it was over."""
        if incident_id in self._open:
            return True
        mine = (incidents.c.id == incident_id, incidents.c.workspace_id == new.workspace_id)
        columns = (incidents.c.resolved_at, incidents.c.course)
        row = (await self._connection.execute(select(*columns).where(*mine))).one_or_none()
        if row is None:
            return False
        if row.resolved_at is None:
            await self._read(new.workspace_id, [incident_id])
            return True
        for storm in (
            rule_handle(new.rule_id, new.place.reporter),
            rule_handle(new.rule_id),
        ):
            if _course_of(new.workspace_id, frozenset({storm})) == row.course:
                handles = frozenset({storm})
        await self._connection.execute(
            update(incidents).where(*mine).values(resolved_at=None, reopened_at=self._now)
        )
        await self._narrow(incident_id, frozenset())
        await self._hold(new.workspace_id, incident_id, handles)
        return True

    async def _storm_before(self, new: Joining, handles: frozenset[str]) -> int | None:
        """The incident of such a storm that is over not long ago, and goes on."""
        query = (
            select(incidents.c.id)
            .where(
                incidents.c.workspace_id == new.workspace_id,
                incidents.c.resolved_at >= self._now - TOGETHER,
                incidents.c.course == _course_of(new.workspace_id, handles),
            )
            .order_by(incidents.c.id.desc())
            .limit(1)
        )
        found: int | None = await self._connection.scalar(query)
        return found if found and await self._goes_on(new, found, handles) else None

    async def _with(self, workspace_id: int, handles: frozenset[str]) -> int | None:
        """The oldest open one that has one of these handles."""
        await self.prepare(workspace_id, handles)
        found = [
            incident_id
            for incident_id, one in self._open.items()
            if one.workspace_id == workspace_id and not one.handles.isdisjoint(handles)
        ]
        return min(found, default=None)

    async def _storm(self, new: Joining) -> str:
        """Return the handle of all that follows of a rule that raises too many; "": it does not.

        What one agent raises is its own storm: it takes no alerts of others into it.
        """
        reporter = new.place.reporter
        begun = await self._begun_by(new.rule_id)
        if begun.get(reporter, 0) >= MOST_OF_RULE:
            return rule_handle(new.rule_id, reporter)
        return rule_handle(new.rule_id) if len(begun) >= MOST_OF_RULE else ""

    async def _begun_by(self, rule_id: int) -> dict[int, int]:
        """Reporter to how many incidents of the rule it has begun in `TOGETHER`."""
        if rule_id not in self._begun:
            query = (
                select(incidents.c.agent_id, func.count(incidents.c.id))
                .where(
                    incidents.c.rule_id == rule_id, incidents.c.opened_at >= self._now - TOGETHER
                )
                .group_by(incidents.c.agent_id)
            )
            rows = (await self._connection.execute(query)).all()
            self._begun[rule_id] = {agent_id or 0: count for agent_id, count in rows}
        return self._begun[rule_id]

    async def _begin(self, new: Joining, handles: frozenset[str]) -> int:
        statement = (
            insert(incidents)
            .values(
                workspace_id=new.workspace_id,
                title=new.title,
                **_shown_by(_Open(new.workspace_id, handles, new.place.reporter)),
                rule_id=new.rule_id,
                course=_course_of(new.workspace_id, handles),
                severity=new.severity,
                alerts=1,
                opened_at=self._now,
                last_alert_at=self._now,
            )
            .returning(incidents.c.id)
        )
        incident_id: int = (await self._connection.execute(statement)).scalar_one()
        await self._hold(new.workspace_id, incident_id, handles)
        begun = self._begun.setdefault(new.rule_id, {})
        begun[new.place.reporter] = begun.get(new.place.reporter, 0) + 1
        return incident_id

    async def _hold(self, workspace_id: int, incident_id: int, handles: frozenset[str]) -> None:
        of = {"incident_id": incident_id, "workspace_id": workspace_id}
        await self._connection.execute(
            insert(incident_handles), [{**of, "handle": handle} for handle in sorted(handles)]
        )
        self._open[incident_id] = _Open(workspace_id=workspace_id, handles=handles)

    async def _narrow(self, incident_id: int, kept: frozenset[str]) -> None:
        await self._connection.execute(
            delete(incident_handles).where(
                incident_handles.c.incident_id == incident_id,
                incident_handles.c.handle.not_in(kept),
            )
        )


def _course_of(workspace_id: int, handles: frozenset[str]) -> str:
    course = f"{workspace_id}:{min(handles)}".encode()
    return hashlib.blake2b(course, digest_size=16).hexdigest()


def _shown_by(one: _Open) -> dict[str, Any]:
    """The columns of an incident that say what it is about."""
    handles, reporter = one.handles, one.reporter
    by_kind: dict[str, list[str]] = {}
    for handle in sorted(handles):
        kind, _, of = handle.partition(":")
        by_kind.setdefault(kind, []).append(of)
    agents = [int(one) for one in by_kind.get("agent", [])]
    return {
        "scope": scope_of(handles),
        "agent_id": reporter if reporter in agents else next(iter(agents), None),
        "target": by_kind.get("target", [""])[0],
        "site": by_kind.get("site", [""])[0],
    }
