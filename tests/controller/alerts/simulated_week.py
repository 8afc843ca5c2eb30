"""A week of a workspace on a clock that a test moves: real rules, store and outbox, a receiver that
fails, a controller that is restarted.
"""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import insert, select

from forepost.controller.alerts.alert_rows import line_of_subject
from forepost.controller.alerts.flaps import STEADY
from forepost.controller.alerts.incident_notices import IncidentNotices
from forepost.controller.alerts.ledger import Ledger
from forepost.controller.alerts.notices import AlertNotices
from forepost.controller.alerts.recall import Recall
from forepost.controller.alerts.store import RuleStore
from forepost.controller.alerts.watch import Watch
from forepost.controller.alerts.writer import AlertWriter
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.alerts import alerts
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.outcome import Outcome
from forepost.controller.notify.store import DeliveryStore, FullSlots
from forepost.controller.series.port import Find, Row
from forepost.kit.health import Health
from forepost.wire.rest.alerts import NewRule
from forepost.wire.rest.maintenance import Window
from tests.fakes.clock import FakeClock

MINUTE_US = 60_000_000
PAUSE = timedelta(minutes=1)
PROBES = {1: 1, 2: 1, 3: 2, 4: 2}
"""Probe to its agent."""
GOOD, BAD, WORSE = 0.0, 20.0, 100.0
RULE = NewRule(
    name="loss",
    metric="packet_loss",
    operator=">",
    threshold=5.0,
    critical_threshold=50.0,
    cooldown_minutes=0,
    notify_webhook=True,
    webhook_url="https://hook.example/x",
)


class KeptRows:
    """What a restart reads again."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    async def find(self, query: Find) -> list[Row]:
        low, high = query.from_us or 0, query.to_us or 1 << 62
        found = [
            row
            for row in self.rows
            if row.stream in query.streams and low <= row.created_us <= high
        ]
        return sorted(found, key=lambda row: -row.created_us)[: query.limit]

    async def newest(self, streams: Sequence[int], *, from_us: int, to_us: int) -> list[Row]:
        query = Find(streams=streams, from_us=from_us, to_us=to_us, limit=1_000_000)
        newest: dict[int, Row] = {}
        for row in await self.find(query):
            newest.setdefault(row.stream, row)
        return list(newest.values())


class Message(msgspec.Struct, frozen=True):
    """What the receiver took."""

    incident: int
    event: str
    severity: str
    seq: int
    at: datetime


class SimulatedWeek:
    def __init__(self, db: Database, start: datetime) -> None:
        self.db, self.clock = db, FakeClock(start)
        self.rules, self.kept = RuleStore(db, lambda _: None), KeptRows()
        self.outbox, self.sending = Outbox(self.clock), DeliveryStore(db)
        self.windows: list[Window] = []
        self.is_broken = False
        self.messages: list[Message] = []
        self.bad_live: dict[int, bool] = {}
        """Probe to whether its newest result, which was of now, was bad and in no window."""
        self._begin()

    def _begin(self) -> None:
        self.watch = Watch(self.clock)
        self.ledger = Ledger(
            self.db,
            AlertNotices(self.outbox.put, self.outbox.redirect, ""),
            IncidentNotices(self.outbox.put, self.outbox.withdraw, ""),
        )
        health = Health(logging.getLogger("test"))
        self.writer = AlertWriter(self.watch, self.ledger, lambda *_: None, self.clock, health)

    async def lay(self, rule: NewRule = RULE) -> None:
        now = self.clock.now()
        times = {"created_at": now, "updated_at": now}
        async with self.db.write() as connection:
            person = {"email": "a@b.c", "name": "", "role": "USER", "password_hash": ""}
            await connection.execute(insert(users).values(**person, verified=True, **times))
            await connection.execute(
                insert(workspaces).values(name="w", description="", owner_id=1, **times)
            )
            for agent in sorted(set(PROBES.values())):
                named = {"name": f"site {agent}", "description": "", "location": ""}
                rest = {"public_ip_override": "", "version": "", "psk_sha256": ""}
                await connection.execute(
                    insert(agents).values(workspace_id=1, **named, **rest, **times)
                )
            for probe, agent in PROBES.items():
                asked: dict[str, Any] = {
                    "type": "PING",
                    "enabled": True,
                    "interval_sec": 60,
                    "timeout_sec": 1,
                }
                shape: dict[str, Any] = {
                    "count": 1,
                    "duration_sec": 0,
                    "server": False,
                    "bind_interface": "",
                }
                await connection.execute(
                    insert(probes).values(workspace_id=1, agent_id=agent, **asked, **shape, **times)
                )
                await connection.execute(
                    insert(probe_targets).values(probe_id=probe, target=f"192.0.2.{probe}", **times)
                )
        await self.rules.add_rule(1, rule, now - timedelta(days=30))
        await self._reload()

    async def _reload(self) -> None:
        self.watch.replace(1, await self.rules.rules_of(1), self.windows)

    async def restart(self) -> None:
        """What was in RAM is gone; what was committed is not."""
        self._begin()
        rules = await self.rules.rules_of(1)
        self.watch.replace(1, rules, self.windows)
        await Recall(self.watch, self.rules, self.kept, self.ledger).load({1: rules})  # type: ignore[arg-type]

    async def add(self, window: Window) -> None:
        self.windows.append(window)
        await self._reload()

    async def results(self, probe: int, losses: Sequence[tuple[float, float]]) -> None:
        """Results that come now: minutes ago that each was made, and its loss."""
        now_us = self.watch.now_us()
        rows = [self._row(probe, loss, now_us, minutes) for minutes, loss in losses]
        newest = max((row.created_us for row in self._rows_of(probe)), default=0)
        self.kept.rows += rows
        self.watch.consider(1, rows)
        for row, (minutes, loss) in zip(rows, losses, strict=True):
            if row.created_us <= newest:
                continue
            newest = row.created_us
            line = (probe, PROBES[probe], "PING", "")
            rule = next(iter(self.watch.known.values())).rule
            covered = self.watch.suppression.covers(rule, line, self.clock.now())
            # What is late opens nothing, and ends what was open.
            self.bad_live[probe] = minutes == 0 and loss > RULE.threshold and covered is None
        await self._write()

    def _rows_of(self, probe: int) -> list[Row]:
        return [row for row in self.kept.rows if row.probe_id == probe]

    def _row(self, probe: int, loss: float, now_us: int, minutes: float) -> Row:
        return Row(
            identity=len(self.kept.rows) + 1,
            probe_id=probe,
            probe_agent_id=PROBES[probe],
            agent_id=PROBES[probe],
            created_us=now_us - round(minutes * MINUTE_US),
            received_us=now_us,
            type="PING",
            payload=b"{}",
            loss_pct=loss,
        )

    async def _write(self) -> None:
        while self.watch.moves:
            await self.writer._until_written(self.watch.moves.first(200))

    async def wait(self, minutes: float) -> None:
        self.clock.slumber(minutes * 60)
        self.watch.prune(self.watch.now_us())
        await self._write()
        while await self.ledger.tell_due(self.clock.now()):
            pass
        await self.deliver()

    async def deliver(self) -> None:
        """What is due goes to the receiver."""
        while True:
            now = self.clock.now()
            look = await self.sending.look(now, FullSlots(), 100)
            claimed = await self.sending.claim([one.id for one in look.due], now, now + PAUSE)
            if not claimed:
                return
            for row in sorted(claimed, key=lambda one: one.id):
                if self.is_broken:
                    outcome = Outcome("again", "500", 500)
                    await self.sending.not_sent(row, outcome, now + PAUSE)
                    continue
                self._take(json.loads(row.body))
                await self.sending.sent(row, 200, now)

    def _take(self, body: dict[str, Any]) -> None:
        incident, event = body["incident"]["id"], body["event"]
        now = self.clock.now()
        self.messages.append(Message(incident, event, body["severity"], body["seq"], now))

    async def settle(self) -> None:
        """The receiver is well; nothing happens for longer than anything waits, and where the last
        word is that something is flapping until it is told how it stays.
        """
        self.is_broken = False
        await self.deliver()
        await self.wait(1.1)
        if "flapping" in self.believed().values():
            await self.wait(STEADY / timedelta(minutes=1))

    async def truth(self) -> dict[int, str]:
        """Open incident to the worst of it that stands for itself; "": something that may not be
        told.
        """
        query = select(alerts).where(alerts.c.resolved_at.is_(None))
        async with self.db.read() as connection:
            rows = (await connection.execute(query)).all()
        found: dict[int, str] = {}
        for row in rows:
            before = found.setdefault(row.incident_id, "")
            may = row.told_from is None or row.told_from <= self.clock.now()
            if row.symptom_of is None and may and before != "critical":
                found[row.incident_id] = row.severity
        return found

    async def open_probes(self) -> set[int]:
        query = select(alerts.c.subject).where(alerts.c.resolved_at.is_(None))
        async with self.db.read() as connection:
            return {line_of_subject(one)[0] for one in (await connection.scalars(query)).all()}

    def well(self) -> set[int]:
        """Probes whose newest result is good, however late it or others came."""
        newest: dict[int, Row] = {}
        for row in self.kept.rows:
            before = newest.get(row.probe_id)
            if before is None or row.created_us > before.created_us:
                newest[row.probe_id] = row
        return {probe for probe, row in newest.items() if row.loss_pct == GOOD}

    def believed(self) -> dict[int, str]:
        """Incident to what the last message says: a severity, "" that it is over, or "flapping"
        that it is now this and now that.
        """
        said = {"resolved": "", "flapping": "flapping"}
        return {one.incident: said.get(one.event, one.severity) for one in self.messages}

    def most_within(self, span: timedelta) -> int:
        """How many messages of one incident came within so long at most."""
        return max(
            (
                sum(
                    other.incident == one.incident and one.at <= other.at < one.at + span
                    for other in self.messages
                )
                for one in self.messages
            ),
            default=0,
        )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
