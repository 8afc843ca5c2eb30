"""Ends alerts about what is measured no more: agents, probes and targets that are gone."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from forepost.controller.alerts.index import Watched
from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.rules import Streak
from forepost.controller.alerts.store import RuleStore, WantedTargets
from forepost.controller.alerts.watch import Watch
from forepost.wire.rest.notify import Ended

SILENT_INTERVALS: Final = 3
LEAST_SILENT_US: Final = 60_000_000
"""A target that is not asked for, and of which nothing is said for so many intervals and so long
beside them, is measured no more.
"""


class Orphans:
    def __init__(self, watch: Watch, store: RuleStore) -> None:
        self._watch, self._store = watch, store
        self._wanted: Mapping[int, WantedTargets] = {}
        """What probes with an open alert were asked for at the last turn."""

    async def turn(
        self,
        open_ones: Iterable[Watched],
        agents: Collection[int],
        probes: Mapping[int, Collection[int]],
        speaking: Collection[int],
    ) -> None:
        """`probes`: of each workspace. `speaking`: agents that are heard of now."""
        found = [
            (watched, line, streak)
            for watched in open_ones
            for line, streak in watched.streaks.items()
            if streak.open
        ]
        with_targets = {line[0] for _, line, _ in found if line[0] and line[3]}
        before = self._wanted
        self._wanted = await self._store.targets_of(with_targets) if with_targets else {}
        for watched, line, streak in found:
            here = probes.get(watched.rule.workspace_id, ())
            ended: Ended | None = None
            if line[1] and line[1] not in agents:
                ended = "agent_gone"
            elif line[0] and line[0] not in here:
                ended = "probe_gone"
            elif line[3] and self._is_taken_out(line, streak, before, speaking):
                ended = "target_gone"
            if ended is not None:
                self._watch.end(watched, line, ended, self._watch.now_us())

    def _is_taken_out(
        self,
        line: Line,
        streak: Streak,
        before: Mapping[int, WantedTargets],
        speaking: Collection[int],
    ) -> bool:
        """Whether its probe was asked for the target, and is not any more. What an agent measures
        that was never asked for, and goes on to measure, stays.
        """
        probe_id, agent_id, _, target = line
        now = self._wanted.get(probe_id)
        if now is None or target in now.targets:
            return False
        was = before.get(probe_id)
        if was is not None:
            towards = streak.target_agent
            if target in was.targets or towards in was.agents - now.agents:
                return towards not in now.agents
        if now.agents or agent_id not in speaking:
            return False
        quiet_us = SILENT_INTERVALS * now.interval_sec * 1_000_000 + LEAST_SILENT_US
        return self._watch.now_us() - streak.last_us > quiet_us
