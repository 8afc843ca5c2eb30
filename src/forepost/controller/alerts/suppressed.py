"""What maintenance windows suppressed: written down every few seconds, and read. SQL."""

from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.aims import AgentAims
from forepost.controller.alerts.alert_rows import streak_of
from forepost.controller.alerts.subjects import Subjects
from forepost.controller.alerts.suppression import Suppressed, Suppression
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.alert_course import suppressed_alerts
from forepost.kit.clock import Clock
from forepost.wire.rest.maintenance import SuppressedAlert

LOOK_SEC: Final = 30.0
"""Between two looks at where agents are."""
TOGETHER: Final = 200
"""Rows in one transaction at most."""
PER_WINDOW: Final = 10_000
"""Rows of one window; further ones are not recorded."""


class SuppressedAlerts:
    def __init__(
        self,
        db: Database,
        suppression: Suppression,
        aims: AgentAims,
        clock: Clock,
    ) -> None:
        self._db, self._suppression, self._aims = db, suppression, aims
        self._clock = clock
        self._looked: float | None = None
        self._looked_at: set[int] = set()

    async def turn(self) -> None:
        await self._look()
        waiting = self._suppression.unwritten()
        for start in range(0, len(waiting), TOGETHER):
            rows = waiting[start : start + TOGETHER]
            async with self._db.write() as connection:
                subjects = Subjects(connection)
                for row in rows:
                    await _write(connection, subjects, row)
            self._suppression.written(rows, self._clock.now())

    async def _look(self) -> None:
        workspaces, now = self._suppression.of_agents, self._clock.monotonic()
        due = self._looked is None or now - self._looked >= LOOK_SEC
        if due or workspaces != self._looked_at:
            await self._aims.look(workspaces)
            self._looked, self._looked_at = now, workspaces

    async def of_window(
        self, workspace_id: int, window_id: int, limit: int, offset: int
    ) -> tuple[list[SuppressedAlert], int]:
        """Newest first."""
        mine = select(suppressed_alerts).where(
            suppressed_alerts.c.workspace_id == workspace_id,
            suppressed_alerts.c.window_id == window_id,
        )
        page = mine.order_by(suppressed_alerts.c.first_at.desc(), suppressed_alerts.c.id.desc())
        async with self._db.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(mine.subquery()))
            rows = (await connection.execute(page.limit(limit).offset(offset))).all()
        return [_shown(row) for row in rows], total or 0


async def _write(connection: AsyncConnection, subjects: Subjects, found: Suppressed) -> None:
    streak = streak_of(found.rule_id, found.line)
    changes: dict[str, Any] = {
        "value": found.value,
        "threshold": found.threshold,
        "severity": found.severity,
        "last_at": found.last_at,
    }
    known = (
        update(suppressed_alerts)
        .where(
            suppressed_alerts.c.workspace_id == found.workspace_id,
            suppressed_alerts.c.window_id == found.window_id,
            suppressed_alerts.c.window_began_at == found.window_began_at,
            suppressed_alerts.c.streak == streak,
            suppressed_alerts.c.kind == found.kind,
        )
        .values(**changes)
    )
    if (await connection.execute(known)).rowcount:
        return
    count = select(func.count()).where(suppressed_alerts.c.window_id == found.window_id)
    if (await connection.scalar(count) or 0) >= PER_WINDOW:
        return
    about = await subjects.of(found.workspace_id, found.line)
    if about is None:
        return  # the probe or the agent is gone
    statement = insert(suppressed_alerts).values(
        workspace_id=found.workspace_id,
        window_id=found.window_id,
        window_began_at=found.window_began_at,
        streak=streak,
        kind=found.kind,
        alert_rule_id=found.rule_id,
        rule_name=found.rule_name,
        probe_id=about.probe_id,
        agent_id=about.agent_id,
        probe_type=about.type,
        probe_target=about.target,
        metric=found.metric,
        message=about.sentence(found.text),
        first_at=found.first_at,
        **changes,
    )
    await connection.execute(statement)


def _shown(row: Row[Any]) -> SuppressedAlert:
    return SuppressedAlert(
        **{f: row._mapping[f] for f in SuppressedAlert.__struct_fields__}  # noqa: SLF001 - SQLAlchemy's name for it
    )
