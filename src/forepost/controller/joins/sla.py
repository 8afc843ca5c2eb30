"""Joins uptime and SLA reports to agents, probes and maintenance windows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from forepost.controller.alerts.window_store import WindowStore
from forepost.controller.alerts.windows import names, repetition_of
from forepost.controller.calendar import periods
from forepost.controller.joins.core import Core
from forepost.controller.results.sla import InMaintenance, SlaNeeds
from forepost.controller.results.uptime import Interval
from forepost.wire.rest.bodies import Agent
from forepost.wire.rest.maintenance import Window

TOGETHER: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def sla_needs(core: Core) -> SlaNeeds:
    store = WindowStore(core.db)

    async def agents(workspace_id: int) -> list[Agent]:
        found: list[Agent] = []
        while True:
            page, total = await core.agents.of(workspace_id, TOGETHER, len(found))
            found += page
            if not page or len(found) >= total:
                return found

    async def maintenance(workspace_id: int, low_us: int, high_us: int) -> InMaintenance:
        windows = await store.of(workspace_id)
        known = [(window, _intervals(window, low_us, high_us)) for window in windows]

        def of(probe_id: int, agent_id: int) -> Sequence[Interval]:
            return [
                one
                for window, intervals in known
                if names(window, probe_id, agent_id)
                for one in intervals
            ]

        return of

    return SlaNeeds(agents=agents, probes=core.probes.store.of_agent, maintenance=maintenance)


def _intervals(window: Window, low_us: int, high_us: int) -> list[Interval]:
    """When a window was or will be on."""
    if window.paused or window.alert_id is not None:  # a mute is no maintenance
        return []
    low, high = (_EPOCH + timedelta(microseconds=us) for us in (low_us, high_us))
    found = [
        (max(low_us, _micros(since)), min(high_us, _micros(to)))
        for since, to in periods(repetition_of(window), low, high)
    ]
    return [Interval(since_us, to_us) for since_us, to_us in found if since_us < to_us]


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
