"""What one transaction writes of alerts: their rows, their incidents, what explains what. SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, insert, or_, select

from forepost.controller.alerts.acknowledgements import note
from forepost.controller.alerts.alert_rows import (
    change_alert,
    incidents_before,
    open_alerts,
    shown,
    streak_of,
)
from forepost.controller.alerts.change import Change, Ending, NewAlert
from forepost.controller.alerts.flaps import SPAN
from forepost.controller.alerts.incident_notices import IncidentNotices
from forepost.controller.alerts.incidents import IncidentBook, Joined, Joining
from forepost.controller.alerts.late_notices import tell_later
from forepost.controller.alerts.lone_alerts import LoneAlerts
from forepost.controller.alerts.notices import AlertNotices, ids
from forepost.controller.alerts.place import handles_of
from forepost.controller.alerts.quiet import held_until
from forepost.controller.alerts.route_facts import AlertFacts, facts_of
from forepost.controller.alerts.row_lookup import RowLookup
from forepost.controller.alerts.subjects import Subject
from forepost.controller.alerts.symptoms import Symptoms, fact_of
from forepost.controller.db.tables.alerts import alerts
from forepost.wire.rest.alerts import Alert

_INSERT: Final = insert(alerts).returning(*alerts.c)


class _Opening(msgspec.Struct, frozen=True):
    """An alert that is about to be written."""

    streak: str
    values: dict[str, Any]
    rule: Row[Any]
    joined: Joined | None
    place: int
    """In what is answered."""


class LedgerPage:
    """Write with the methods, then `settle`: who is told what is decided once for all of it."""

    def __init__(
        self, lookup: RowLookup, notices: AlertNotices, threads: IncidentNotices, now: datetime
    ) -> None:
        self._lookup, self._connection = lookup, lookup.connection
        self.now = now
        self._notices, self._threads = notices, threads
        self._touched: dict[int, int] = {}
        """Incident to its workspace."""
        self._lost: dict[int, set[str]] = {}
        """Incident to the keys of channels that are told no more of what is open of it."""
        self._ending: set[int] = set()
        """Those of which an alert was resolved."""
        self._symptoms = Symptoms(lookup, now)
        self._known: dict[str, Row[Any]] = {}
        """Open alerts of what is being written."""
        self._before: dict[str, int] = {}
        """Streak to the incident that it was in, and is over, not long ago."""
        self._incidents = IncidentBook(self._connection, now)
        self._alone = LoneAlerts(self._connection, now)

    async def write(self, changes: Sequence[Change]) -> list[Alert | None]:
        """None: the rule, or what it is about, is gone, or the alert is not open any more."""
        streaks = [streak_of(change.rule_id, change.line) for change in changes]
        self._known = await open_alerts(self._connection, streaks)
        begun = [change.begun for change in changes if change.begun is not None]
        await self._prepare(begun)
        if begun:
            since = self.now - SPAN
            self._before |= await incidents_before(self._connection, streaks, since)
        found: list[Alert | None] = []
        opening: list[_Opening] = []
        for change, streak in zip(changes, streaks, strict=True):
            is_new = streak not in self._known and all(streak != one.streak for one in opening)
            if change.kind == "open" and change.begun is not None and is_new:
                one = await self._opening(change.begun, len(found))
                opening += [] if one is None else [one]
                found.append(None)
            else:
                await self._open(opening, found)
                opening = []
                found.append(await self._write(change, streak))
        await self._open(opening, found)
        return found

    async def _prepare(self, begun: Sequence[NewAlert]) -> None:
        """Read what all of them are about, and what they may join, at once."""
        await self._lookup.subjects.prepare({new.line[0] for new in begun})
        await self._lookup.subjects.prepare_agents({new.line[1] for new in begun} - {0})
        handles: dict[int, set[str]] = {}
        for new in begun:
            about = await self._lookup.subjects.of(new.workspace_id, new.line)
            if about is not None:
                handles.setdefault(new.workspace_id, set()).update(handles_of(about.place))
        for workspace_id, of_all in handles.items():
            await self._incidents.prepare(workspace_id, of_all)

    async def _write(self, change: Change, streak: str) -> Alert | None:
        known = self._known.get(streak)
        if change.begun is None:
            return None if known is None else await self.resolve(known, change.ending)
        if change.kind == "replay":
            return await self._replay(change.begun, change)
        if change.kind != "open":
            return None if known is None else await self._change_severity(known, change)
        return None if known is None else shown(known)

    async def settle(self) -> None:
        """Bring what is told of every incident that was touched up to how it is now."""
        await self._incidents.flush()
        for incident_id, workspace_id in self._touched.items():
            if incident_id in self._ending:
                await self._incidents.end(workspace_id, incident_id)
        explained = {
            incident_id: workspace_id
            for incident_id, workspace_id in self._touched.items()
            if not self._incidents.is_storm(incident_id)
        }
        if explained:
            await self._symptoms.explain(explained)
        await self._threads.settle(self._lookup, self._touched, self.now, self._lost)
        self._touched, self._ending, self._lost = {}, set(), {}

    def touch(self, row: Row[Any], lost: Iterable[str] = ()) -> None:
        """Something of the incident of this alert is another. `lost`: who is told of it no more."""
        if row.incident_id is not None:
            self._touched[row.incident_id] = row.workspace_id
            self._lost.setdefault(row.incident_id, set()).update(lost)
            self._symptoms.forget(row.incident_id)

    async def resolve(self, row: Row[Any], ending: Ending) -> Alert:
        ended = await change_alert(
            self._connection,
            row.workspace_id,
            row.id,
            status="resolved",
            resolved_at=self.now,
            updated_at=self.now,
            ended=ending.ended,
            last_value=row.last_value if ending.last_value is None else ending.last_value,
            worst_value=row.worst_value if ending.worst_value is None else ending.worst_value,
        )
        self._known.pop(row.streak, None)
        if row.incident_id is not None:
            self._ending.add(row.incident_id)
            self._before[row.streak] = row.incident_id
        await self._symptoms.unexplain(row.id)
        self.touch(ended)
        was_told = ended.told_from is None or ended.told_from <= self.now or ended.notices
        if ended.is_alone and was_told:
            rule = await self._lookup.rule(row.workspace_id, row.alert_rule_id)
            await self._notices.tell(self._connection, rule, shown(ended), "resolved")
        return shown(ended)

    async def _opening(self, begun: NewAlert, place_of_answer: int) -> "_Opening | None":
        """None: the rule, or what it is about, is gone."""
        rule = await self._lookup.rule(begun.workspace_id, begun.rule_id)
        about = await self._lookup.subjects.of(begun.workspace_id, begun.line)
        if rule is None or not rule.enabled or about is None:
            return None
        facts = _row_of(begun, about)
        place = about.place
        if begun.metric == "offline":
            place = msgspec.structs.replace(
                place, about=place.reporter, went_together=begun.went_together
            )
        joined = await self._incidents.join(
            Joining(
                workspace_id=begun.workspace_id,
                rule_id=rule.id,
                place=place,
                severity=begun.severity,
                title=f"{rule.name}: {about.name or about.agent_name}",
                before=self._before.get(facts["streak"]),
            )
        )
        held = held_until(rule, begun.severity, self.now)
        is_alone = joined is None or (
            held is None and await self._alone.may_be(rule, facts["streak"])
        )
        if joined is None and held is None:
            held = await self._alone.held_as_flapping(facts["streak"])
        led = await self._lookup.led_to(
            rule, AlertFacts(**{f: facts[f] for f in AlertFacts.__struct_fields__}), self.now
        )
        values = {
            **facts,
            "rule_name": rule.name,
            "incident_id": None if joined is None else joined.incident_id,
            "status": "active",
            "place": msgspec.json.encode(place).decode(),
            "channel_keys": await self._lookup.told_by(rule, led),
            "routed_to": msgspec.json.encode(led).decode(),
            "is_alone": is_alone,
            "told_from": held,
            "created_at": self.now,
            "updated_at": self.now,
        }
        return _Opening(values["streak"], values, rule, joined, place_of_answer)

    async def _open(self, opening: Sequence["_Opening"], found: list[Alert | None]) -> None:
        """Write these with one statement, and then what follows from each, in their order."""
        if not opening:
            return
        await self._symptoms.prepare(
            {
                one.joined.incident_id
                for one in opening
                if one.joined is not None and not one.joined.is_storm
            }
        )
        written = await self._connection.execute(_INSERT, [one.values for one in opening])
        rows = {row.streak: row for row in written.all()}
        for one in opening:
            row, joined = rows[one.streak], one.joined
            if joined is not None:
                self._touched[joined.incident_id] = row.workspace_id
                row = await self._symptoms.relate(row, joined)
            self._known[row.streak] = row
            if row.is_alone and row.told_from is not None:
                await tell_later(self._connection, row, row.told_from)
            elif row.is_alone:
                await self._notices.tell(self._connection, one.rule, shown(row), "triggered")
            found[one.place] = shown(row)

    async def _replay(self, begun: NewAlert, change: Change) -> Alert | None:
        """Record an alert that was, unless one of its time is known. Nobody is told."""
        rule = await self._lookup.rule(begun.workspace_id, begun.rule_id)
        about = await self._lookup.subjects.of(begun.workspace_id, begun.line)
        if rule is None or about is None:
            return None
        values = _row_of(begun, about)
        of_its_time = select(alerts.c.id).where(
            alerts.c.workspace_id == begun.workspace_id,
            alerts.c.streak == values["streak"],
            alerts.c.triggered_at <= change.ended_at,
            or_(alerts.c.resolved_at.is_(None), alerts.c.resolved_at >= begun.at),
        )
        if await self._connection.scalar(of_its_time.limit(1)) is not None:
            return None
        values |= {
            "rule_name": rule.name,
            "status": "resolved",
            "resolved_at": change.ended_at,
            "ended": change.ending.ended,
            "last_value": change.ending.last_value,
            "worst_value": change.ending.worst_value,
            "is_replayed": True,
            "created_at": self.now,
            "updated_at": self.now,
        }
        return shown((await self._connection.execute(_INSERT, values)).one())

    async def _change_severity(self, row: Row[Any], change: Change) -> Alert:
        """A warning has become critical, or is one again."""
        begun = change.begun
        assert begun is not None
        about = await self._lookup.subjects.of(begun.workspace_id, begun.line)
        rule = await self._lookup.rule(row.workspace_id, row.alert_rule_id)
        held = None if rule is None else held_until(rule, begun.severity, self.now)
        changed = await change_alert(
            self._connection,
            row.workspace_id,
            row.id,
            severity=begun.severity,
            value=begun.value,
            last_value=begun.value,
            worst_value=change.ending.worst_value,
            threshold=begun.threshold,
            message=begun.text if about is None else about.sentence(begun.text),
            told_from=held if change.kind == "worsen" else row.told_from,
            updated_at=self.now,
        )
        if rule is not None:
            changed = await self._route_again(rule, changed)
        self._known[row.streak] = changed
        await self._symptoms.unexplain(row.id, fact_of(changed))
        self.touch(changed)
        event: Literal["worse", "eased"] = "worse" if change.kind == "worsen" else "eased"
        if changed.is_alone and held is None:
            held = await self._alone.held_as_restless(changed)
        await note(self._connection, row, event, None, self.now, text=changed.message)
        if changed.is_alone and held is not None:
            await tell_later(self._connection, changed, held)
        elif changed.is_alone:
            await self._notices.tell(self._connection, rule, shown(changed), event)
        return shown(changed)

    async def _route_again(self, rule: Row[Any], row: Row[Any]) -> Row[Any]:
        """Tell it also where routes lead it now; it is told on where they led it before."""
        before = ids.decode(row.routed_to)
        led = await self._lookup.led_to(rule, facts_of(row), self.now)
        both = list(dict.fromkeys([*before, *led]))
        if both == before:
            return row
        return await change_alert(
            self._connection,
            row.workspace_id,
            row.id,
            routed_to=msgspec.json.encode(both).decode(),
            channel_keys=await self._lookup.told_by(
                rule, both, is_escalated=row.escalated_at is not None
            ),
        )


def _row_of(begun: NewAlert, about: Subject) -> dict[str, Any]:
    return {
        "workspace_id": begun.workspace_id,
        "alert_rule_id": begun.rule_id,
        "probe_id": about.probe_id,
        "agent_id": about.agent_id,
        "probe_type": about.type,
        "probe_name": about.name,
        "probe_target": about.target,
        "agent_name": about.agent_name,
        "metric": begun.metric,
        "value": begun.value,
        "last_value": begun.value,
        "worst_value": begun.value,
        "threshold": begun.threshold,
        "severity": begun.severity,
        "message": about.sentence(begun.text),
        "triggered_at": begun.at,
        "subject": msgspec.json.encode(begun.line).decode(),
        "streak": streak_of(begun.rule_id, begun.line),
        "baseline": begun.baseline,
    }


def open_of_rule(workspace_id: int, rule_id: int) -> Any:
    """The query of its open alerts."""
    return select(alerts).where(
        alerts.c.workspace_id == workspace_id,
        alerts.c.alert_rule_id == rule_id,
        alerts.c.resolved_at.is_(None),
    )
