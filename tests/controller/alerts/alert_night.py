"""A night of one agent with three probes, on a clock that a test moves, in a database."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.access.actor import Actor
from forepost.controller.alerts.change import Change, Ending, NewAlert
from forepost.controller.alerts.incident_notices import IncidentNotices
from forepost.controller.alerts.incident_query import Incidents
from forepost.controller.alerts.ledger import Ledger
from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.notices import AlertNotices
from forepost.controller.alerts.reminders import Reminders
from forepost.controller.alerts.store import RuleStore
from forepost.controller.alerts.watch import Watch
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alert_parents
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probes
from forepost.controller.db.tables.workspaces import workspaces
from forepost.wire.rest.alert_course import AlertPatch
from forepost.wire.rest.alerts import Alert, NewRule, Severity
from forepost.wire.rest.incidents import Incident
from forepost.wire.rest.notify import Channel, Notice
from tests.fakes.clock import START, FakeClock

ME = Actor(name="me@example.com", user_id=1)


class Night:
    """One agent with three probes, and everything that is told, by event and channel."""

    def __init__(self, db: Database) -> None:
        self.db, self.clock = db, FakeClock()
        self.store, self.watch = RuleStore(db, lambda _: None), Watch(self.clock)
        self.told: list[tuple[str, str]] = []
        self.notices: list[Notice] = []
        self.away: set[int] = set()
        self.restart()

    def restart(self) -> None:
        """What was in RAM is gone."""
        alone = AlertNotices(self._put, self._nothing, "")
        threads = IncidentNotices(self._put, self._nothing, "")
        self.ledger = Ledger(self.db, alone, threads)
        self.reminders = Reminders(
            self.db,
            self.watch,
            alone,
            threads,
            self.away.__contains__,
            lambda _event, _alert: None,
            self.clock,
        )

    async def _put(
        self, _: AsyncConnection, notice: Notice, channels: Sequence[Channel], course: str
    ) -> None:
        self.told += [(notice.event, channel.kind) for channel in channels]
        self.notices.append(notice)

    async def _nothing(self, *_: Any) -> None: ...

    async def rule(self, **fields: Any) -> int:
        given: dict[str, Any] = {
            "metric": "packet_loss",
            "operator": ">",
            "threshold": 5.0,
            "notify_webhook": True,
            "webhook_url": "https://a.example/",
            **fields,
        }
        made = await self.store.add_rule(1, NewRule(name="r", **given), self.clock.now())
        self.watch.replace(1, await self.store.rules_of(1), [])
        return made.id

    async def change(self, rule: int, kind: Any, severity: Severity, probe: int) -> Alert:
        line: Line = (probe, 1, "PING", f"192.0.2.{probe}")
        begun = NewAlert(
            workspace_id=1,
            rule_id=rule,
            line=line,
            metric="packet_loss",
            value=50.0,
            threshold=5.0,
            severity=severity,
            text="packet_loss 50 > 5",
            at=self.clock.now(),
        )
        what = Change(
            kind=kind,
            workspace_id=1,
            rule_id=rule,
            line=line,
            begun=None if kind == "resolve" else begun,
            ending=Ending("recovered"),
        )
        (alert,) = await self.ledger.write([what], self.clock.now())
        assert alert is not None
        return alert

    async def open(self, rule: int, severity: Severity = "warning", probe: int = 1) -> Alert:
        return await self.change(rule, "open", severity, probe)

    async def end(self, rule: int, probe: int = 1) -> Alert:
        return await self.change(rule, "resolve", "warning", probe)

    async def depends(self, probe: int, parent: int) -> None:
        """Say that one probe depends on another."""
        times = {"created_at": START, "updated_at": START}
        async with self.db.write() as connection:
            await connection.execute(
                insert(alert_parents).values(
                    workspace_id=1, probe_id=probe, parent_probe_id=parent, **times
                )
            )

    async def incidents(self) -> list[Incident]:
        found, _ = await Incidents(self.db).of(1, is_open=None, limit=100, offset=0)
        return found

    def heard(self) -> list[tuple[str, int | None]]:
        """What came: the event, and the probe that headed it."""
        return [(notice.event, notice.probe_id) for notice in self.notices]

    async def acknowledge(self, alert: Alert, **patch: Any) -> None:
        body = AlertPatch(**{"status": "acknowledged", **patch})
        await self.ledger.set_status(1, alert.id, body, ME, 1, self.clock.now())

    async def wait(self, minutes: float) -> list[tuple[str, str]]:
        """What is told meanwhile, looked at every half minute, and in the first part of a long wait
        every three.
        """
        before = len(self.told)
        left = round(minutes * 2)
        while left:
            steps = 6 if left > 30 else 1
            left -= steps
            await self.clock.advance(30 * steps)
            await self.ledger.tell_due(self.clock.now())
            await self.reminders.turn()
        return self.told[before:]

    async def wait_until(self, at: datetime) -> list[tuple[str, str]]:
        return await self.wait((at - self.clock.now()) / timedelta(minutes=1))

    async def lay(self) -> None:
        times = {"created_at": START, "updated_at": START}
        async with self.db.write() as connection:
            person = {"email": "a@b.c", "name": "", "role": "USER", "password_hash": ""}
            await connection.execute(insert(users).values(**person, verified=True, **times))
            await connection.execute(
                insert(workspaces).values(name="w", description="", owner_id=1, **times)
            )
            await connection.execute(insert(agents).values(**_agent(), **times))
            for _ in range(3):
                await connection.execute(insert(probes).values(**_probe(), **times))


def _agent() -> dict[str, Any]:
    return {"workspace_id": 1, "name": "site", **defaults_of(agents, "workspace_id", "name")}


def _probe() -> dict[str, Any]:
    known = {"workspace_id": 1, "agent_id": 1, "type": "PING", "enabled": True, "interval_sec": 60}
    return {**known, **defaults_of(probes, *known)}


def defaults_of(table: Any, *known: str) -> dict[str, Any]:
    """Something for each column that needs something."""
    found: dict[str, Any] = {}
    for column in table.columns:
        given = column.name in (*known, "id", "created_at", "updated_at")
        if not given and not column.nullable and column.server_default is None:
            kind = column.type.python_type
            found[column.name] = {} if kind is dict else kind()
    return found
