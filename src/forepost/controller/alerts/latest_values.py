"""The newest value of each metric that is somebody's second condition. Pure."""

from typing import Final

from forepost.controller.payloads.payload import Metrics
from forepost.controller.series.port import Row

FRESH_US: Final = 900_000_000
"""How old the value of a second condition may be."""


class LatestValues:
    """By probe, and by agent: probe 0."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, str], tuple[int, float]] = {}

    def note(self, row: Row, metric: str, said: Metrics) -> None:
        value = said.get(metric)
        if value is None:
            return
        made_us = min(row.created_us, row.received_us)
        for probe_id in {row.probe_id, 0}:
            where = (probe_id, row.agent_id, metric)
            before = self._known.get(where)
            if before is None or made_us >= before[0]:
                self._known[where] = (made_us, value)

    def beside(self, row: Row, metric: str, said: Metrics) -> float | None:
        """In the row itself, or said at about its time by the same probe, or by its agent."""
        if metric in said:
            return said[metric]
        made_us = min(row.created_us, row.received_us)
        for probe_id in (row.probe_id, 0):
            found = self._known.get((probe_id, row.agent_id, metric))
            if found is not None and abs(made_us - found[0]) <= FRESH_US:
                return found[1]
        return None

    def of_agent(self, agent_id: int, metric: str, now_us: int) -> float | None:
        found = self._known.get((0, agent_id, metric))
        return found[1] if found is not None and now_us - found[0] <= FRESH_US else None
