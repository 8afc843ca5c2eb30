"""How often a rule would have fired on what was measured already."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.alerts.metrics import OF_TYPE
from forepost.controller.alerts.recall import WorkspaceStreams
from forepost.controller.alerts.store import RuleStore
from forepost.controller.alerts.watch import Watch
from forepost.controller.series.port import Find, Series
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.errors import Invalid
from forepost.wire.rest.alerts import NewRule, Rule, RulePreview

PAST: Final = timedelta(days=7)
MOST_RESULTS: Final = 50_000
FEWEST_OF_STREAM: Final = 50
AT_ONCE: Final = 500
"""Results that are read and judged before others have their turn."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class PastClock(SystemClock):
    """Shows the time at which the result that is looked at was made."""

    def __init__(self) -> None:
        self.made_us = 0

    def now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.made_us)


class RulePreviews:
    def __init__(self, store: RuleStore, series: Series, clock: Clock) -> None:
        self._store, self._series, self._clock = store, series, clock

    async def of(self, workspace_id: int, new: NewRule) -> RulePreview:
        """Raises Invalid."""
        await self._store.check(workspace_id, new)
        if not OF_TYPE[new.metric] or new.threshold_type != "static" or new.no_data_sec:
            raise Invalid(
                "metric: only what results say can be tried on the past, with a static threshold"
            )
        now = self._clock.now()
        streams = await self._streams(workspace_id, new)
        each = max(FEWEST_OF_STREAM, MOST_RESULTS // max(len(streams), 1))
        since, fired, results = now - PAST, 0, 0
        firing: set[object] = set()
        for stream in streams[: MOST_RESULTS // FEWEST_OF_STREAM]:
            looked = await self._stream(workspace_id, new, stream, now, each)
            fired, results = fired + looked.fired, results + looked.results
            firing |= {(stream, line) for line in looked.firing}
            since = max(since, looked.since)
        return RulePreview(
            fired=fired,
            lines_firing_now=len(firing),
            results=results,
            since=since,
            text=f"would have fired {fired:,} times in {_period(now - since)}",
        )

    async def _stream(
        self, workspace_id: int, new: NewRule, stream: int, now: datetime, most: int
    ) -> "_Looked":
        clock = PastClock()
        watch = Watch(clock)
        watch.replace(workspace_id, [_rule(workspace_id, new)], [])
        until_us = round(now.timestamp() * 1e6)
        low_us = await self._from(stream, until_us, most)
        fired = results = 0
        after_us = low_us
        while True:
            page = Find(
                streams=[stream],
                from_us=after_us,
                to_us=until_us,
                limit=AT_ONCE,
                ascending=True,
            )
            rows = await self._series.find(page)
            for row in rows:
                clock.made_us = row.created_us
                made = msgspec.structs.replace(row, received_us=row.created_us)
                watch.consider(workspace_id, [made])
                fired += sum(move.kind == "open" for move in watch.moves.first(10))
            results += len(rows)
            if len(rows) < AT_ONCE:
                break
            after_us = rows[-1].created_us + 1
            await self._clock.sleep(0)
        watched = next(iter(watch.known.values()))
        return _Looked(
            fired=fired,
            results=results,
            firing=[line for line, streak in watched.streaks.items() if streak.open],
            since=_EPOCH + timedelta(microseconds=low_us),
        )

    async def _from(self, stream: int, until_us: int, most: int) -> int:
        """From when on there are `most` results at most, us; at most a week back."""
        low_us = until_us - PAST // timedelta(microseconds=1)
        seen, before_us = 0, until_us
        while seen < most:
            page = Find(streams=[stream], from_us=low_us, to_us=before_us, limit=AT_ONCE)
            rows = await self._series.find(page)
            if len(rows) < AT_ONCE:
                return low_us
            seen += len(rows)
            before_us = rows[-1].created_us - 1
            await self._clock.sleep(0)
        return before_us + 1

    async def _streams(self, workspace_id: int, new: NewRule) -> list[int]:
        probes = [
            probe
            for probe in (await self._store.expected({workspace_id}))[workspace_id]
            if new.probe_id in (None, probe.probe_id) and new.agent_id in (None, probe.agent_id)
        ]
        hosts = [
            host.agent_id
            for host in await self._store.hosts({workspace_id})
            if new.probe_id is None and new.agent_id in (None, host.agent_id)
        ]
        return WorkspaceStreams(probes, hosts).saying(new.metric)


class _Looked(msgspec.Struct):
    fired: int
    results: int
    firing: list[tuple[int, int, str, str]]
    since: datetime


def _rule(workspace_id: int, new: NewRule) -> Rule:
    shared = {
        field: getattr(new, field)
        for field in Rule.__struct_fields__
        if field in NewRule.__struct_fields__
    }
    shared["enabled"] = True
    return Rule(
        id=1,
        created_at=_EPOCH,
        updated_at=_EPOCH,
        workspace_id=workspace_id,
        has_webhook_secret=False,
        **shared,
    )


def _period(span: timedelta) -> str:
    """In the largest unit of which there are two at least."""
    for unit, name in (
        (timedelta(days=1), "days"),
        (timedelta(hours=1), "hours"),
        (timedelta(minutes=1), "minutes"),
    ):
        if span >= 2 * unit:
            return f"{span // unit} {name}"
    return f"{span // timedelta(seconds=1)} seconds"
