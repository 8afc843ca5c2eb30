"""What is usual, from the series, every few minutes: dynamic thresholds, and metrics of degree."""

from statistics import fmean, median
from typing import Final

import msgspec

from forepost.controller.alerts.hours_alike import FEWEST_HOURS, hours_like
from forepost.controller.alerts.index import MOST_LINES, Watched
from forepost.controller.alerts.metrics import FROM_SERIES, OF_LATENCY, OF_TYPE, Line, can_report
from forepost.controller.alerts.rules import DOWNWARDS, FEWEST, Usually, limits_of, share_of
from forepost.controller.alerts.store import Expected, RuleStore
from forepost.controller.alerts.watch import Watch
from forepost.controller.payloads.scores import health
from forepost.controller.series.port import Find, Row, Series, Spread, SpreadOf, stream_of
from forepost.controller.series.rollup import RELATIVE_ERROR
from forepost.kit.clock import Clock
from forepost.wire.rest.alerts import Rule

NOW_US: Final = 900_000_000
"""What is called the present: the last 15 minutes."""
HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
MOST_ROWS: Final = 2_000


class Baselines:
    """`every_sec`: how often all are made anew; a new rule's are made within `turn_sec`."""

    def __init__(
        self,
        watch: Watch,
        store: RuleStore,
        series: Series,
        clock: Clock,
        turn_sec: float,
        every_sec: float,
    ) -> None:
        self._watch, self._store, self._series = watch, store, series
        self._clock, self._turn_sec, self._every_sec = clock, turn_sec, every_sec
        self._made: dict[int, tuple[Watched, float, int]] = {}
        """Rule to when its baselines were made: monotonic seconds, and in which hour."""

    async def run(self) -> None:
        while True:
            await self.turn()
            await self._clock.sleep(self._turn_sec)

    async def turn(self) -> None:
        due = [watched for watched in self._watch.known.values() if self._due(watched)]
        self._made = {r: made for r, made in self._made.items() if r in self._watch.known}
        if not due:
            return
        expected = await self._store.expected({w.rule.workspace_id for w in due})
        for watched in due:
            hour = self._watch.now_us() // HOUR_US
            self._made[watched.rule.id] = (watched, self._clock.monotonic(), hour)
            watched.of_all_hours.clear()
            for probe in _probes_of(watched, expected[watched.rule.workspace_id]):
                if watched.rule.metric in FROM_SERIES:
                    await self._judge(watched, probe)
                else:
                    await self._set_limits(watched, probe)

    def _due(self, watched: Watched) -> bool:
        rule = watched.rule
        if rule.metric not in FROM_SERIES and rule.threshold_type == "static":
            return False
        made = self._made.get(rule.id)
        if made is None or made[0] is not watched:
            return True
        if rule.baseline_by != "none" and made[2] != self._watch.now_us() // HOUR_US:
            return True
        return self._clock.monotonic() - made[1] >= self._every_sec

    async def _spreads(self, watched: Watched, probe: Expected, share: float) -> list[Spread]:
        """Over the rule's window, without the last hour: a breach is not to become usual. Of hours
        like this one, where the rule wants that and there are enough.
        """
        rule, now_us = watched.rule, self._watch.now_us()
        query = SpreadOf(
            stream=stream_of(probe.probe_id, probe.agent_id),
            from_us=now_us - rule.baseline_window_days * DAY_US,
            to_us=(now_us - HOUR_US) // HOUR_US * HOUR_US,
            share=share,
        )
        found = await self._series.spread(query)
        found = [spread for spread in found if spread.type in OF_TYPE[rule.metric]]
        alike = hours_like(
            now_us // HOUR_US,
            rule.baseline_by,
            rule.timezone,
            max(query.from_us, 0) // HOUR_US,
            query.to_us // HOUR_US,
        )
        if alike is None or not found:
            return found
        narrow = await self._series.spread(msgspec.structs.replace(query, hours=alike))
        usual = {_curve(one): one for one in narrow if _is_enough(one, rule)}
        for spread in found:
            if _curve(spread) not in usual:
                line = (probe.probe_id, spread.agent_id, spread.type, spread.target)
                watched.of_all_hours.add(line)
        return [usual.get(_curve(spread), spread) for spread in found]

    async def _set_limits(self, watched: Watched, probe: Expected) -> None:
        rule = watched.rule
        for spread in await self._spreads(watched, probe, share_of(rule)):
            line = (probe.probe_id, spread.agent_id, spread.type, spread.target)
            limits = limits_of(rule, usually(spread, rule))
            if limits is not None and (line in watched.limits or len(watched.limits) < MOST_LINES):
                watched.limits[line] = limits

    async def _judge(self, watched: Watched, probe: Expected) -> None:
        now_us = self._watch.now_us()
        query = Find(
            streams=[stream_of(probe.probe_id, probe.agent_id)],
            from_us=now_us - NOW_US,
            limit=MOST_ROWS,
        )
        lines: dict[Line, list[Row]] = {}
        for row in await self._series.find(query):
            if row.type in OF_TYPE[watched.rule.metric]:
                line = (row.probe_id, row.agent_id, row.type, row.target)
                lines.setdefault(line, []).append(row)
        usual: dict[tuple[int, str, str], Spread] = {}
        if lines and watched.rule.metric != "health_score":
            spreads = await self._spreads(watched, probe, 0.5)
            usual = {(spread.agent_id, spread.type, spread.target): spread for spread in spreads}
        for line, rows in lines.items():
            value = value_of(watched.rule.metric, rows, usual.get(line[1:]))
            if value is not None:
                self._watch.judged(watched, line, value, now_us)


def _curve(spread: Spread) -> tuple[int, str, str]:
    return spread.agent_id, spread.type, spread.target


def _is_enough(spread: Spread, rule: Rule) -> bool:
    return spread.hours >= FEWEST_HOURS and usually(spread, rule).results >= FEWEST


def usually(spread: Spread, rule: Rule) -> Usually:
    """A percentile of RTTs is moved out by the error it may have, so that no usual value is past
    it.
    """
    if rule.metric in OF_LATENCY:
        moved = 1 + (-RELATIVE_ERROR if rule.operator in DOWNWARDS else RELATIVE_ERROR)
        percentile = spread.rtt_percentile_ms * moved
        return Usually(spread.rtts, spread.rtt_mean_ms, spread.rtt_stddev_ms, percentile)
    return Usually(spread.losses, spread.loss_mean, spread.loss_stddev, spread.loss_percentile)


def value_of(metric: str, rows: list[Row], usual: Spread | None) -> float | None:
    """health_score: 0 to 100. latency_baseline: how many percent slower than usual the median is.
    loss_baseline: percentage points more than usual.
    """
    if metric == "health_score":
        return health(rows)
    if usual is None:
        return None
    if metric == "latency_baseline":
        rtts = [row.rtt_ms for row in rows if row.rtt_ms is not None]
        if not rtts or usual.rtts < FEWEST or usual.rtt_percentile_ms <= 0:
            return None
        return 100 * (median(rtts) / usual.rtt_percentile_ms - 1)
    losses = [row.loss_pct for row in rows if row.loss_pct is not None]
    if not losses or usual.losses < FEWEST:
        return None
    return fmean(losses) - usual.loss_mean


def _probes_of(watched: Watched, probes: list[Expected]) -> list[Expected]:
    rule = watched.rule
    return [
        probe
        for probe in probes
        if rule.probe_id in (None, probe.probe_id)
        and rule.agent_id in (None, probe.agent_id)
        and can_report(probe.type, rule.metric)
    ]
