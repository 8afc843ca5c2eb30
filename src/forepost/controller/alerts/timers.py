"""What no result says: agents gone, agents that are two, silent probes, open incidents."""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from forepost.controller.alerts.incident_query import Incidents
from forepost.controller.alerts.index import Watched
from forepost.controller.alerts.metrics import (
    AT_TURNS,
    HOST_TYPES,
    NO_DATA,
    OF_STATES,
    OF_TYPE,
    Line,
    can_report,
)
from forepost.controller.alerts.orphans import Orphans
from forepost.controller.alerts.rules import Judgement
from forepost.controller.alerts.silence import silent_together
from forepost.controller.alerts.store import Expected, RuleStore, WatchedAgent
from forepost.controller.alerts.watch import Watch
from forepost.kit.clock import Clock
from forepost.wire.rest.units import with_unit

GAP_SEC: Final = 45.0
"""An agent speaks every 30 s; a longer pause between two words is a time it could not speak."""

LastSeen = Callable[[int], datetime | None]
"""Agent id -> when this process last heard of it; None: not since its start."""
HasTwin = Callable[[int], bool]
"""Agent id -> whether two hosts have its key now."""


StateFigures = Mapping[str, Mapping[int, float]]
"""Metric -> agent (0: the whole workspace) -> how it is. Of an agent of which that is not known now
nothing is said."""
LookAtStates = Callable[[int, AbstractSet[str]], Awaitable[StateFigures]]
"""(workspace id, metrics that are asked for)."""


class Timers:
    """`turn_sec`: how often it looks."""

    def __init__(
        self,
        watch: Watch,
        store: RuleStore,
        incidents: Incidents,
        last_seen: LastSeen,
        has_twin: HasTwin,
        states: LookAtStates,
        clock: Clock,
        turn_sec: float,
    ) -> None:
        self._has_twin, self._states = has_twin, states
        self._watch, self._store, self._incidents = watch, store, incidents
        self._last_seen, self._clock, self._turn_sec = last_seen, clock, turn_sec
        self._orphans = Orphans(watch, store)
        self._started = clock.now()
        self._words: dict[int, datetime] = {}
        """An agent's last word, as of the last turn."""
        self._back: dict[int, datetime] = {}
        """Its first word after a pause."""

    async def run(self) -> None:
        while True:
            await self._clock.sleep(self._turn_sec)
            await self.turn()

    async def turn(self) -> None:
        known = list(self._watch.known.values())
        silence = [w for w in known if w.rule.no_data_sec]
        timed = [w for w in known if w.rule.metric in AT_TURNS]
        with_streaks = [w for w in known if any(s.open for s in w.streaks.values())]
        workspaces = {w.rule.workspace_id for w in (*silence, *timed, *with_streaks)}
        if workspaces:
            hosts = await self._store.hosts(workspaces)
            expected = await self._store.expected(workspaces)
            counts = await self._incidents.open_counts()
            asked: dict[int, set[str]] = {}
            for watched in timed:
                if watched.rule.metric in OF_STATES:
                    asked.setdefault(watched.rule.workspace_id, set()).add(watched.rule.metric)
            states = {one: await self._states(one, metrics) for one, metrics in asked.items()}
            now = self._clock.now()
            self._note_pauses(hosts)
            self._watch.gone_together = self._together(hosts, now)
            for watched in timed:
                if watched.rule.metric in OF_STATES:
                    self._judge_state(watched, states[watched.rule.workspace_id])
                else:
                    self._judge(watched, hosts, counts, now)
            for watched in silence:
                self._judge_silence(watched, hosts, expected)
            await self._orphans.turn(
                with_streaks,
                {host.agent_id for host in hosts},
                {one: {probe.probe_id for probe in own} for one, own in expected.items()},
                self._speaking(hosts, now),
            )
        self._watch.prune(self._watch.now_us())

    def _seen(self, host: WatchedAgent) -> datetime | None:
        return self._last_seen(host.agent_id) or host.last_seen_at

    def _note_pauses(self, hosts: list[WatchedAgent]) -> None:
        for host in hosts:
            seen = self._seen(host)
            if seen is None:
                continue
            before = self._words.get(host.agent_id)
            if before is None or (seen - before).total_seconds() > GAP_SEC:
                self._back[host.agent_id] = seen
            self._words[host.agent_id] = seen

    def _together(self, hosts: list[WatchedAgent], now: datetime) -> frozenset[int]:
        by_workspace: dict[int, dict[int, datetime]] = {}
        for host in hosts:
            seen = self._seen(host)
            if seen is not None:
                by_workspace.setdefault(host.workspace_id, {})[host.agent_id] = seen
        found = [silent_together(words, now) for words in by_workspace.values()]
        return frozenset().union(*found)

    def _judge(
        self, watched: Watched, hosts: list[WatchedAgent], counts: dict[int, int], now: datetime
    ) -> None:
        rule = watched.rule
        if rule.metric == "incident_count":
            count = counts.get(rule.workspace_id, 0)
            self._watch.judged(watched, (0, 0, "", ""), float(count), self._watch.now_us())
            return
        for host in _hosts_of(watched, hosts):
            seen = self._seen(host)
            if seen is not None and rule.metric == "identity_conflict":
                hosts_with_its_key = 2.0 if self._has_twin(host.agent_id) else 1.0
                line = (0, host.agent_id, "", "")
                self._watch.judged(watched, line, hosts_with_its_key, self._watch.now_us())
            elif seen is not None:
                self._judge_offline(watched, host, seen, now)

    def _judge_state(self, watched: Watched, figures: StateFigures) -> None:
        rule, now_us = watched.rule, self._watch.now_us()
        for agent_id, value in figures.get(rule.metric, {}).items():
            if rule.agent_id in (None, agent_id):
                self._watch.judged(watched, (0, agent_id, "", ""), float(value), now_us)

    def _judge_offline(
        self, watched: Watched, host: WatchedAgent, seen: datetime, now: datetime
    ) -> None:
        """One that was never seen is unknown. So is one that has had no time to come back to a
        controller that was down itself: only silence that was listened to counts.
        """
        line = (0, host.agent_id, "", "")
        minutes = (now - seen).total_seconds() / 60
        if seen < self._started:
            streak = watched.streaks.get(line)
            if streak is None or not streak.open:
                minutes = (now - self._started).total_seconds() / 60
        self._watch.judged(watched, line, minutes, self._watch.now_us())

    def _judge_silence(
        self, watched: Watched, hosts: list[WatchedAgent], expected: dict[int, list[Expected]]
    ) -> None:
        """A probe's silence lasts until its agent's last word: while the agent itself is not heard,
        what its probes would say is unknown. A pause of the agent does not count either; what it
        measured meanwhile is in its spool.
        """
        present = {host.agent_id: host for host in _hosts_of(watched, hosts)}
        probes = expected.get(watched.rule.workspace_id, [])
        for probe_id, agent_id, since in _reporters(watched, present, probes):
            word = self._words.get(agent_id)
            if word is None:
                continue
            floor = max(since, self._started, watched.rule.updated_at, self._back[agent_id])
            line = (probe_id, agent_id, NO_DATA, "")
            self._take_silence(watched, line, _micros(floor), _micros(word))

    def _take_silence(self, watched: Watched, line: Line, floor_us: int, word_us: int) -> None:
        """What is open ends with a result, and with nothing else."""
        rule, now_us = watched.rule, self._watch.now_us()
        heard_us = watched.heard.get(line[:2], 0)
        streak = watched.streaks.get(line)
        if streak is not None and streak.open:
            heard = (now_us - heard_us) / 1e6 < rule.no_data_sec
            silent = 0.0 if heard else float(rule.no_data_sec)
        else:
            silent = (word_us - max(heard_us, floor_us)) / 1e6
        verdict = Judgement(
            breach=silent >= rule.no_data_sec,
            metric=NO_DATA,
            value=round(silent, 1),
            threshold=float(rule.no_data_sec),
            severity=rule.severity,
            text=f"no data for {with_unit(NO_DATA, silent)}",
        )
        self._watch.take(watched, line, verdict, now_us, now_us, watched.at_once)

    def _speaking(self, hosts: list[WatchedAgent], now: datetime) -> set[int]:
        """Agents that are heard of now."""
        return {
            host.agent_id
            for host in hosts
            if (seen := self._seen(host)) is not None and (now - seen).total_seconds() <= GAP_SEC
        }


def _hosts_of(watched: Watched, hosts: list[WatchedAgent]) -> list[WatchedAgent]:
    rule = watched.rule
    return [
        host
        for host in hosts
        if host.workspace_id == rule.workspace_id and rule.agent_id in (None, host.agent_id)
    ]


def _reporters(
    watched: Watched, hosts: dict[int, WatchedAgent], probes: list[Expected]
) -> list[tuple[int, int, datetime]]:
    """(probe, agent, since when) of all that should report what the rule is about.

    Every agent reports on its own host, with probe 0 unless it has a probe for that.
    """
    rule = watched.rule
    found = [
        (probe.probe_id, probe.agent_id, probe.since)
        for probe in probes
        if rule.probe_id in (None, probe.probe_id)
        and probe.agent_id in hosts
        and can_report(probe.type, rule.metric)
    ]
    if rule.probe_id is None and HOST_TYPES.intersection(OF_TYPE[rule.metric]):
        own = {agent_id for _, agent_id, _ in found}
        found += [
            (0, agent_id, host.since) for agent_id, host in hosts.items() if agent_id not in own
        ]
    return found


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1e6)
