"""Joins uptime and SLA reports to agents, probes and maintenance windows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from forepost.controller.alerts.window_store import WindowStore
from forepost.controller.alerts.windows import repetition_of
from forepost.controller.calendar import period_at
from forepost.controller.joins.core import Core
from forepost.controller.results.sla import InMaintenance, SlaNeeds
from forepost.controller.results.uptime import Interval
from forepost.wire.rest.bodies import Agent
from forepost.wire.rest.maintenance import Window

TOGETHER: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


async def agents_of(core: Core, workspace_id: int) -> list[Agent]:
    """All agents of a workspace."""
    found: list[Agent] = []
    while True:
        page, total = await core.agents.of(workspace_id, TOGETHER, len(found))
        found += page
        if not page or len(found) >= total:
            return found


def sla_needs(core: Core) -> SlaNeeds:
    windows = WindowStore(core.db)

    async def maintenance(workspace_id: int, low_us: int, high_us: int) -> InMaintenance:
        known = [
            (window, intervals(window, low_us, high_us))
            for window in await windows.of(workspace_id)
            if window.alert_id is None and not window.paused  # who mutes an alert maintains nothing
        ]

        def of(probe_id: int, agent_id: int) -> Sequence[Interval]:
            return [
                one
                for window, lasting in known
                if _names(window, probe_id, agent_id)
                for one in lasting
            ]

        return of

    return SlaNeeds(
        agents=lambda workspace_id: agents_of(core, workspace_id),
        probes=core.probes.store.of_agent,
        maintenance=maintenance,
    )


def intervals(window: Window, low_us: int, high_us: int) -> list[Interval]:
    """When a window lasts between two times."""
    repetition = repetition_of(window)
    at, end = (_EPOCH + timedelta(microseconds=each) for each in (low_us, high_us))
    found: list[Interval] = []
    while (period := period_at(repetition, at)) is not None and period[0] < end:
        since_us, until_us = ((each - _EPOCH) // _MICROSECOND for each in period)
        found.append(Interval(max(since_us, low_us), min(until_us, high_us)))
        at = period[1]
    return found


def _names(window: Window, probe_id: int, agent_id: int) -> bool:
    if not window.agent_ids and not window.probe_ids:
        return True
    return probe_id in window.probe_ids or agent_id in window.agent_ids
