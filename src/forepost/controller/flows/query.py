"""Answers about traffic: which steps to read, reading them, saying what they leave out."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import anyio.to_thread
import msgspec

from forepost.controller.flows.answer import TOTAL, Question, TrafficAnswer
from forepost.controller.flows.figures import Figures, honesty, summed, total, traffic_of
from forepost.controller.flows.fold import ALL, DAY, MINUTE
from forepost.controller.flows.minutes import HALF_US, UnreadableMinute, opened
from forepost.controller.flows.plan import (
    HOURS_UP_TO_SEC,
    LISTS_UP_TO_SEC,
    Piece,
    Span,
    pieces,
    span,
)
from forepost.controller.flows.rollup import Counts, Key, Kind, StoredList, size, unpacked
from forepost.controller.flows.store import FlowStore
from forepost.controller.series.port import Find, Row, Series
from forepost.controller.settings import FlowsSection as FlowsSettings
from forepost.kit.clock import Clock
from forepost.wire.flows.history import (
    FlowHistory,
    FlowLine,
    FlowPoint,
    FlowTalks,
    FlowTop,
    HistorySubject,
    Subject,
)
from forepost.wire.flows.rollup import FLOWS, Named, Talk

REPORTS_IN_SPAN: Final = 2_000
MOST_BYTES: Final = 64 << 20
"""Of reports that are read for one answer."""
"""Of one agent in the longest range that is read by minutes."""
Top = list[tuple[Key, str, Counts]]


class TrafficQuery(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: int
    agent_id: int = ALL
    start: float
    """Unix seconds."""
    end: float


class _Found(msgspec.Struct, frozen=True):
    span: Span
    sums: list[tuple[int, Figures]]
    """By start."""
    lists: list[tuple[int, StoredList | bytes]]
    """By start; bytes are packed."""


class TrafficReader:
    def __init__(
        self, store: FlowStore, series: Series, clock: Clock, settings: FlowsSettings
    ) -> None:
        self._store, self._series, self._clock = store, series, clock
        self._settings = settings

    async def top(self, asked: TrafficQuery, by: Subject, question: Question) -> FlowTop:
        if by == "agent":
            return await self._agents(asked, question.limit)
        found = await self._found(asked, question.kind, whole=True)
        answer, top = await anyio.to_thread.run_sync(_answered, found, question, 0)
        rest = None if answer.overlaps else traffic_of(answer.rest(top))
        rows = [_named(*row) for row in top]
        return FlowTop(**_said(found, answer), by=by, rows=rows, rest=rest)

    async def talks(self, asked: TrafficQuery, question: Question) -> FlowTalks:
        found = await self._found(asked, question.kind, whole=True)
        answer, top = await anyio.to_thread.run_sync(_answered, found, question, 0)
        rows = [_talk(key, counts) for key, _, counts in top]
        return FlowTalks(**_said(found, answer), rows=rows, rest=traffic_of(answer.rest(top)))

    async def history(
        self, asked: TrafficQuery, by: HistorySubject, question: Question
    ) -> FlowHistory:
        found = await self._found(asked, question.kind, whole=False)
        step = found.span.step
        answer, top = await anyio.to_thread.run_sync(_answered, found, question, step)
        steps: dict[int, list[Figures]] = defaultdict(list)
        for start, figures in found.sums:
            steps[start // step * step].append(figures)
        times = sorted(steps)
        if by == "total":
            exact = question.kind is None
            points = [
                _point(at, total(summed(steps[at])) if exact else answer.at(TOTAL, at))
                for at in times
            ]
            lines = [FlowLine(name="", points=points)]
        else:
            lines = [
                FlowLine(
                    name=key[0],
                    label=label,
                    points=[_point(at, answer.at(key, at)) for at in times],
                )
                for key, label, _ in top
            ]
        rest = None
        if by != "total" and not answer.overlaps:
            keys = [key for key, _, _ in top]
            rest = [_point(at, answer.rest_at(keys, at)) for at in times]
        return FlowHistory(**_said(found, answer), by=by, lines=lines, rest=rest)

    async def _agents(self, asked: TrafficQuery, limit: int) -> FlowTop:
        """Sites side by side."""
        if asked.agent_id != ALL:
            await self._store.must_have(asked.workspace_id, asked.agent_id)
        of = self._span(asked, HOURS_UP_TO_SEC)
        parts = await self._pieces(asked.workspace_id, ALL, of, whole=True)
        rows = await self._store.by_agent(asked.workspace_id, parts)
        each: dict[int, list[Figures]] = defaultdict(list)
        for agent_id, figures in rows:
            if asked.agent_id in (ALL, agent_id):
                each[agent_id].append(figures)
        sums = {agent_id: summed(many) for agent_id, many in each.items()}
        largest = sorted(sums, key=lambda one: (-size(total(sums[one])), one))
        names = await self._store.names(asked.workspace_id)
        whole, left = summed(sums.values()), summed(sums[one] for one in largest[limit:])
        return FlowTop(
            start=of.start,
            end=of.end,
            step_sec=of.step,
            total=traffic_of(total(whole)),
            honesty=honesty(whole),
            by="agent",
            rows=[
                _named((str(one),), names.get(one, ""), total(sums[one])) for one in largest[:limit]
            ],
            rest=traffic_of(total(left)),
        )

    def _span(self, asked: TrafficQuery, hours_up_to_sec: int) -> Span:
        now = self._clock.now().timestamp()
        return span(
            asked.start,
            asked.end,
            minutes_since=round(now) - self._settings.minutes_days * DAY,
            hours_since=round(now) - self._settings.hours_days * DAY,
            hours_up_to_sec=hours_up_to_sec,
        )

    async def _pieces(
        self, workspace_id: int, agent_id: int, of: Span, *, whole: bool
    ) -> list[Piece]:
        first = of.start // DAY * DAY
        days = {}
        if of.step != MINUTE:
            days = await self._store.days(workspace_id, agent_id, first, of.end)
        return pieces(of, days, whole=whole)

    async def _found(self, asked: TrafficQuery, kind: Kind | None, *, whole: bool) -> _Found:
        """Raises NotFound."""
        workspace_id, agent_id = asked.workspace_id, asked.agent_id
        if agent_id != ALL:
            await self._store.must_have(workspace_id, agent_id)
        few = kind is None or whole
        of = self._span(asked, HOURS_UP_TO_SEC if few else LISTS_UP_TO_SEC)
        if of.step == MINUTE and agent_id != ALL and kind is not None:
            return await self._from_series(agent_id, kind, of)
        parts = await self._pieces(workspace_id, agent_id, of, whole=whole)
        if kind is None:
            return _Found(of, await self._store.sums(workspace_id, agent_id, parts), [])
        sums, packed = await self._store.sums_and_lists(workspace_id, agent_id, kind, parts)
        return _Found(of, sums, [*packed])

    async def _from_series(self, agent_id: int, kind: Kind, of: Span) -> _Found:
        """Reports of one agent as they came."""
        rows = await self._series.find(
            Find(
                streams=[-agent_id],
                type=FLOWS,
                from_us=of.start * 1_000_000 - HALF_US,
                to_us=of.end * 1_000_000 - HALF_US - 1,
                limit=REPORTS_IN_SPAN,
                most_bytes=MOST_BYTES,
                ascending=True,
            )
        )
        return await anyio.to_thread.run_sync(_of_rows, rows, kind, of)


def _of_rows(rows: Sequence[Row], kind: Kind, of: Span) -> _Found:
    found = _Found(of, [], [])
    for row in rows:
        try:
            minute = opened(row)
        except UnreadableMinute:
            continue  # logged when it came
        found.sums.append((minute.start, minute.figures))
        found.lists.append((minute.start, minute.lists[kind]))
    return found


def _answered(found: _Found, question: Question, steps: int) -> tuple[TrafficAnswer, Top]:
    answer = TrafficAnswer(question)
    opened_lists = (
        (start, unpacked(kept) if isinstance(kept, bytes) else kept) for start, kept in found.lists
    )
    answer.read(opened_lists, steps=steps)
    return answer, answer.top()


def _said(found: _Found, answer: TrafficAnswer) -> dict[str, Any]:
    """The fields of a FlowSpan."""
    figures = summed(figures for _, figures in found.sums)
    said: dict[str, Any] = {
        "start": found.span.start,
        "end": found.span.end,
        "step_sec": found.span.step,
        "total": traffic_of(total(figures)),
        "honesty": honesty(figures),
    }
    if answer.filtered:
        said["matched"] = traffic_of(answer.matched)
        said["unknown"] = traffic_of(answer.unknown)
    return said


def _named(key: Key, label: str, counts: Counts) -> Named:
    return Named(name=key[0], label=label, **msgspec.structs.asdict(traffic_of(counts)))


def _talk(key: Key, counts: Counts) -> Talk:
    device, application, remote, *groups = key
    return Talk(
        device=device,
        application=application,
        remote=remote,
        groups=groups,
        **msgspec.structs.asdict(traffic_of(counts)),
    )


def _point(at: int, counts: Counts) -> FlowPoint:
    return FlowPoint(time=at, bytes_in=counts[0], bytes_out=counts[1])
