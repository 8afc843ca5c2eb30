"""The slice joined: what the rest of the controller and the routes ask of alerts."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Self

import msgspec

from forepost.controller.access.actor import Actor
from forepost.controller.access.guard import Caller
from forepost.controller.alerts.acknowledgements import check_patch
from forepost.controller.alerts.aims import AddressesOf, AgentAims
from forepost.controller.alerts.baselines import Baselines
from forepost.controller.alerts.checks import Acceptable
from forepost.controller.alerts.history import AlertHistory
from forepost.controller.alerts.incident_notices import IncidentNotices, Withdraw
from forepost.controller.alerts.incident_query import Incidents
from forepost.controller.alerts.index import same_definition
from forepost.controller.alerts.ledger import Ledger
from forepost.controller.alerts.metrics import (
    AT_TURNS,
    Line,
)
from forepost.controller.alerts.notices import AlertNotices, Put, Redirect
from forepost.controller.alerts.query import AlertQueries
from forepost.controller.alerts.recall import Recall
from forepost.controller.alerts.reminders import Reminders
from forepost.controller.alerts.store import RuleStore
from forepost.controller.alerts.suppressed import SuppressedAlerts
from forepost.controller.alerts.timers import HasTwin, LastSeen, LookAtStates, Timers
from forepost.controller.alerts.turns import Turns
from forepost.controller.alerts.watch import Watch
from forepost.controller.alerts.window_store import WindowStore
from forepost.controller.alerts.writer import AlertWriter, Event, Tell
from forepost.controller.db.engine import Database
from forepost.controller.series.port import Row, Series
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.rest.alert_course import AlertPatch
from forepost.wire.rest.alerts import Alert, Rule, RulePatch
from forepost.wire.rest.maintenance import Window
from forepost.wire.rest.notify import Ended
from forepost.wire.rest.panel import AlertUpdate


def frame_of(event: Event, alert: Alert) -> bytes:
    """What panels are told."""
    return msgspec.json.encode(
        AlertUpdate(workspace_id=alert.workspace_id, event=event, alert=alert)
    )


class AlertingNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """What alerts need of the rest of the controller; `main` joins them."""

    db: Database
    series: Series
    clock: Clock
    health: Health
    put: Put
    redirect: Redirect
    withdraw: Withdraw
    acceptable: Acceptable
    tell: Tell
    last_seen: LastSeen
    is_away: Callable[[int], bool]
    """Whether an agent is not connected, or not heard of, now."""
    addresses_of: AddressesOf
    has_twin: HasTwin
    states: LookAtStates
    panel_url: str
    check_sec: float
    baseline_sec: float


class Alerting:
    def __init__(
        self,
        deps: AlertingNeeds,
        store: RuleStore,
        watch: Watch,
        ledger: Ledger,
        writing: AlertWriter,
        services: dict[str, Callable[[], Awaitable[None]]],
        suppressed: SuppressedAlerts,
    ) -> None:
        self.windows, self.suppressed = WindowStore(deps.db), suppressed
        self.history = AlertHistory(deps.db)
        self._deps, self._watch, self._ledger, self._writing = deps, watch, ledger, writing
        self.store, self.services = store, services
        self.alerts, self.incidents = AlertQueries(deps.db, self._as_of_now), Incidents(deps.db)
        self.channels_of = ledger.channels_of

    @classmethod
    def of(cls, deps: AlertingNeeds) -> Self:
        store = RuleStore(deps.db, deps.acceptable)
        watch = Watch(deps.clock)
        notices = AlertNotices(deps.put, deps.redirect, deps.panel_url)
        threads = IncidentNotices(deps.put, deps.withdraw, deps.panel_url)
        ledger = Ledger(deps.db, notices, threads)
        writing = AlertWriter(watch, ledger, deps.tell, deps.clock, deps.health)
        timers = Timers(
            watch,
            store,
            Incidents(deps.db),
            deps.last_seen,
            deps.has_twin,
            deps.states,
            deps.clock,
            deps.check_sec,
        )
        baselines = Baselines(
            watch, store, deps.series, deps.clock, deps.check_sec, deps.baseline_sec
        )
        aims = AgentAims(deps.db, deps.addresses_of)
        watch.suppression.aims = aims.of
        suppressed = SuppressedAlerts(deps.db, watch.suppression, aims, deps.clock)
        reminders = Reminders(
            deps.db,
            watch,
            notices,
            threads,
            deps.is_away,
            writing.said,
            deps.clock,
        )

        async def tell_due() -> None:
            await ledger.tell_due(deps.clock.now())

        turns = Turns(deps.clock, deps.health, deps.check_sec)
        services: dict[str, Callable[[], Awaitable[None]]] = {
            "alerts": writing.run,
            "reminders": turns.of("reminders", reminders.turn),
            "suppressed alerts": turns.of("suppressed alerts", suppressed.turn),
            "alert timers": timers.run,
            "alert baselines": baselines.run,
            "incident notices": turns.of("incident notices", tell_due),
        }
        return cls(deps, store, watch, ledger, writing, services, suppressed)

    @property
    def opened(self) -> int:
        return self._writing.opened

    @property
    def resolved(self) -> int:
        return self._writing.resolved

    @property
    def considered(self) -> int:
        return self._watch.considered

    def consider(self, workspace_id: int, rows: Sequence[Row]) -> None:
        self._watch.consider(workspace_id, rows)

    async def load(self) -> None:
        """At the start: rules, what was open, and what was usual before."""
        rules: dict[int, list[Rule]] = {}
        for rule in await self.store.all_rules():
            rules.setdefault(rule.workspace_id, []).append(rule)
        windows = await self.windows.all()
        for workspace_id, own in rules.items():
            here = [window for window in windows if window.workspace_id == workspace_id]
            self._watch.replace(workspace_id, own, here)
        await Recall(self._watch, self.store, self._deps.series, self._ledger).load(rules)

    async def reload(self, workspace_id: int) -> None:
        """Rules or windows of the workspace were changed."""
        rules = await self.store.rules_of(workspace_id)
        self._watch.replace(workspace_id, rules, await self.windows.of(workspace_id))

    async def mute(
        self,
        workspace_id: int,
        alert_id: int,
        until: datetime,
        reason: str,
        by: Actor,
        now: datetime,
    ) -> Window:
        """Raises NotFound. An alert that is over can be muted, too: it may come again."""
        alert, line = await self.alerts.with_line(workspace_id, alert_id)
        window = await self.windows.mute(alert, line, until, reason, by, now)
        await self.reload(workspace_id)
        return window

    async def unmute(self, workspace_id: int, alert_id: int, by: Actor, now: datetime) -> None:
        """Raises NotFound."""
        alert, _ = await self.alerts.with_line(workspace_id, alert_id)
        await self.windows.unmute(alert, by, now)
        await self.reload(workspace_id)

    def _as_of_now(self, alert: Alert, line: Line) -> Alert:
        """An alert that is open has the value of now. What an agent measures that is away is not
        known.
        """
        if alert.status == "resolved":
            return alert
        away = (
            alert.agent_id is not None
            and alert.metric not in AT_TURNS
            and self._deps.is_away(alert.agent_id)
        )
        alert = msgspec.structs.replace(alert, is_known=not away)
        streak = self._watch.streak_of(alert.alert_rule_id, line)
        if streak is None or not streak.open:
            return alert
        return msgspec.structs.replace(
            alert, last_value=streak.last_value, worst_value=streak.worst_value
        )

    def shown(self, rule: Rule) -> Rule:
        return msgspec.structs.replace(
            rule,
            state=self._watch.state_of(rule.id),
            plain_baselines=self._watch.lines_of_all_hours(rule.id),
        )

    async def change_rule(
        self, workspace_id: int, rule_id: int, patch: RulePatch, now: datetime
    ) -> Rule:
        """Its open alerts end where it is switched off, or asks something else now."""
        old = await self.store.rule(workspace_id, rule_id)
        new = await self.store.change_rule(workspace_id, rule_id, patch, now)
        await self.reload(workspace_id)
        await self._ledger.rule_changed(workspace_id, rule_id, now)
        if not new.enabled:
            await self._end(workspace_id, rule_id, "rule_disabled", now)
        elif not same_definition(old, new):
            await self._end(workspace_id, rule_id, "rule_changed", now)
        return self.shown(new)

    async def channel_changed(self, workspace_id: int, channel_id: int) -> None:
        """Who is told of what is open hears of it, or that he does no more."""
        await self._ledger.channel_changed(workspace_id, channel_id, self._deps.clock.now())

    async def delete_rule(self, workspace_id: int, rule_id: int, now: datetime) -> None:
        """Its alerts stay as a record; open ones end, and its channels are told."""
        await self.store.rule(workspace_id, rule_id)
        await self._end(workspace_id, rule_id, "rule_deleted", now)
        await self.store.delete_rule(workspace_id, rule_id)
        await self.reload(workspace_id)
        await self._end(workspace_id, rule_id, "rule_deleted", now)

    async def _end(self, workspace_id: int, rule_id: int, ended: Ended, now: datetime) -> None:
        for alert in await self._ledger.resolve_rule(workspace_id, rule_id, ended, now):
            self._writing.said("resolved", alert)

    async def set_status(
        self, before: Alert, patch: AlertPatch, caller: Caller, now: datetime
    ) -> Alert:
        """By hand. An alert that is resolved stays so. Raises Invalid."""
        check_patch(patch)
        alert, line = await self._ledger.set_status(
            before.workspace_id, before.id, patch, caller.actor, caller.user_id, now
        )
        if alert.status != before.status:
            if alert.status == "resolved":
                self._watch.resolved_by_hand(alert.alert_rule_id, alert.metric, line)
            self._writing.said("resolved" if alert.status == "resolved" else "changed", alert)
        return alert
