"""Maintenance windows: what they cover, and when. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from forepost.controller.alerts.metrics import Line
from forepost.controller.calendar import LATEST, Period, Repetition, check_repetition, period_at
from forepost.kit.errors import Invalid
from forepost.wire.rest.alerts import Rule
from forepost.wire.rest.maintenance import NewWindow, Window

Aims = Callable[[int, Line, int], Collection[int]]
"""(workspace id, line, the agent that a result says it is about, or 0) -> the agents that the line
measures towards."""
_FIELDS: Final = tuple(field for field in Repetition.__struct_fields__)


def repetition_of(window: Window | NewWindow) -> Repetition:
    return Repetition(**{field: getattr(window, field) for field in _FIELDS})


def check_window(window: NewWindow) -> None:
    """Whether it makes sense, as far as itself says. Raises Invalid."""
    check_repetition(repetition_of(window))
    if len(set(window.weekdays)) < len(window.weekdays):
        raise Invalid("weekdays: one of them is named twice")


def shown(window: Window, at: datetime) -> Window:
    """With whether it is on, and from when to when it is now or next. One that is paused is never
    on.
    """
    period = None if window.paused else period_at(repetition_of(window), at)
    if period is None:
        return window
    return msgspec.structs.replace(
        window, active_now=period[0] <= at, next_start=period[0], next_end=period[1]
    )


class WindowTable:
    """The windows of one workspace. Asking what is on costs no look at each window: that is done
    when the next of them begins or ends.
    """

    def __init__(self, windows: Iterable[Window]) -> None:
        self._windows = [window for window in windows if not window.paused]
        self._periods: list[tuple[Window, Period]] = []
        """Those that are on or come again."""
        self._looked_at: datetime | None = None
        self._good_until = LATEST
        self._everywhere: list[Window] = []
        self._of_agent: dict[int, list[Window]] = {}
        self._of_probe: dict[int, list[Window]] = {}
        self._muted: dict[tuple[int, int, str], Window] = {}
        self._by_id: dict[int, Window] = {}
        self._began: dict[int, datetime] = {}
        self.names_agents = any(window.agent_ids for window in self._windows)

    def __bool__(self) -> bool:
        return bool(self._windows)

    def covering(
        self, rule: Rule, line: Line, at: datetime, aims: Callable[[], Collection[int]]
    ) -> tuple[Window, datetime] | None:
        """By which window no alert of a rule may open on a line now, and since when it is on.

        `aims`: the agents that the line measures towards; asked for only where some agent's window
        is on.
        """
        self._look(at)
        if not self._by_id:
            return None
        probe_id, agent_id, _, target = line
        found = self._muted.get((probe_id, agent_id, target))
        if found is None and rule.maintenance_window_id is not None:
            found = self._by_id.get(rule.maintenance_window_id)
        if found is not None:
            return found, self._began[found.id]
        named = [*self._everywhere, *self._of_probe.get(probe_id, ())]
        if self._of_agent:
            for each in {agent_id, *aims()}:
                named += self._of_agent.get(each, ())
        found = min(named, key=lambda window: window.id, default=None)
        return None if found is None else (found, self._began[found.id])

    def _look(self, at: datetime) -> None:
        before = self._looked_at
        if before is not None and before <= at < self._good_until:
            return
        if before is None or at < before:  # a clock that was put back: nothing holds any more
            self._periods = list(_periods(self._windows, at))
        else:
            over = [window for window, period in self._periods if period[1] <= at]
            self._periods = [one for one in self._periods if at < one[1][1]]
            self._periods += _periods(over, at)
        self._looked_at = at
        edges = [period[at >= period[0]] for _, period in self._periods]
        self._good_until = min(edges, default=LATEST)
        self._began = {window.id: period[0] for window, period in self._periods}
        self._index([window for window, period in self._periods if period[0] <= at])

    def _index(self, active: Sequence[Window]) -> None:
        self._everywhere, self._of_agent, self._of_probe = [], {}, {}
        self._muted = {}
        self._by_id = {window.id: window for window in active}
        for window in active:
            if window.alert_id is not None:
                probe_id = window.probe_ids[0] if window.probe_ids else 0
                agent_id = window.agent_ids[0] if window.agent_ids else 0
                self._muted[probe_id, agent_id, window.target] = window
                continue
            if not window.agent_ids and not window.probe_ids:
                self._everywhere.append(window)
            for each in window.agent_ids:
                self._of_agent.setdefault(each, []).append(window)
            for each in window.probe_ids:
                self._of_probe.setdefault(each, []).append(window)


def _periods(windows: Iterable[Window], at: datetime) -> Iterator[tuple[Window, Period]]:
    for window in windows:
        period = period_at(repetition_of(window), at)
        if period is not None:
            yield window, period
