"""What is taken up after a restart: what was usual, what is open, last samples, cooldowns."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from forepost.controller.alerts.ledger import Ledger
from forepost.controller.alerts.metrics import (
    HOST_TYPES,
    OF_TYPE,
    REMEMBERED,
    can_report,
    line_of,
    values,
)
from forepost.controller.alerts.store import Expected, RuleStore
from forepost.controller.alerts.streak_book import KEPT_US
from forepost.controller.alerts.watch import Watch
from forepost.controller.series.port import Find, Row, Series, stream_of
from forepost.wire.rest.alerts import Rule

LINES_OF_STREAM: Final = 50
"""Of a probe with more targets the last samples of some are not read again."""
LONGEST_COOLDOWN: Final = timedelta(days=7)


class WorkspaceStreams(msgspec.Struct, frozen=True):
    """What a workspace measures."""

    probes: Sequence[Expected]
    hosts: Sequence[int]
    """Ids of its agents."""

    def saying(self, metric: str) -> list[int]:
        """The streams that can say a metric."""
        found = [probe.probe_id for probe in self.probes if can_report(probe.type, metric)]
        if HOST_TYPES.intersection(OF_TYPE[metric]):
            found += [stream_of(0, agent_id) for agent_id in self.hosts]
        return found


class Recall:
    def __init__(self, watch: Watch, store: RuleStore, series: Series, ledger: Ledger) -> None:
        self._watch, self._store, self._series, self._ledger = watch, store, series, ledger

    async def load(self, rules: Mapping[int, Sequence[Rule]]) -> None:
        """`rules`: by workspace; the watch has them already."""
        probes = await self._store.expected(rules.keys())
        hosts: dict[int, list[int]] = {}
        for host in await self._store.hosts(rules.keys()):
            hosts.setdefault(host.workspace_id, []).append(host.agent_id)
        known = {one: WorkspaceStreams(probes[one], hosts.get(one, [])) for one in rules}
        for workspace_id, own in rules.items():
            await self._usual(own, known[workspace_id])
        for found in await self._ledger.all_open():
            self._watch.restore(found)
        since = self._watch.now() - LONGEST_COOLDOWN
        for ended in await self._ledger.ended_since(since):
            self._watch.cool_down(ended)
        for workspace_id, own in rules.items():
            await self._samples(workspace_id, own, known[workspace_id])

    async def _usual(self, rules: Sequence[Rule], known: WorkspaceStreams) -> None:
        """Begin with the newest stored row of each line whose changes a rule is about."""
        asked = {rule.metric for rule in rules if rule.enabled} & REMEMBERED
        for metric in asked:
            for stream in known.saying(metric):
                for kind in OF_TYPE[metric]:
                    query = Find(streams=[stream], type=kind, limit=1)
                    for row in await self._series.find(query):
                        values(row, frozenset({metric}), self._watch.memory)

    async def _samples(
        self, workspace_id: int, rules: Sequence[Rule], known: WorkspaceStreams
    ) -> None:
        """The newest of every line is judged, after those before it that rules count."""
        asked = [rule for rule in rules if rule.enabled and OF_TYPE[rule.metric]]
        depth: dict[int, int] = {}
        for rule in asked:
            for stream in known.saying(rule.metric):
                if rule.probe_id in (None, stream):
                    depth[stream] = max(depth.get(stream, 1), rule.of_count)
        now_us = self._watch.now_us()
        rows: list[Row] = await self._series.newest(
            list(depth), from_us=now_us - KEPT_US, to_us=now_us
        )
        for stream, samples in depth.items():
            if samples > 1:
                query = Find(
                    streams=[stream],
                    from_us=now_us - KEPT_US,
                    to_us=now_us,
                    limit=samples * LINES_OF_STREAM,
                )
                rows += await self._series.find(query)
        rows.sort(key=lambda row: row.created_us)
        newest = {line_of(row): row for row in rows}
        older = [row for row in rows if row.created_us < newest[line_of(row)].created_us]
        self._watch.recall(workspace_id, older)
        # What was acknowledged may have been judged before the end, or not.
        self._watch.consider(workspace_id, list(newest.values()))
