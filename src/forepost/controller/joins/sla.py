"""Joins uptime and SLA reports to agents, probes and maintenance windows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from forepost.controller.alerts.store import RuleStore
from forepost.controller.alerts.windows import lasts, names
from forepost.controller.joins.core import Core
from forepost.controller.results.sla import InMaintenance, SlaNeeds
from forepost.controller.results.uptime import Interval
from forepost.wire.rest.alerts import Window
from forepost.wire.rest.bodies import Agent

TOGETHER: Final = 200
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
MINUTE_US: Final = 60_000_000


def sla_needs(core: Core) -> SlaNeeds:
    rules = RuleStore(core.db, lambda _: None)  # channels are not read

    async def agents(workspace_id: int) -> list[Agent]:
        found: list[Agent] = []
        while True:
            page, total = await core.agents.of(workspace_id, TOGETHER, len(found))
            found += page
            if not page or len(found) >= total:
                return found

    async def maintenance(workspace_id: int, low_us: int, high_us: int) -> InMaintenance:
        windows = await rules.windows_of(workspace_id)
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
    """When a window lasts, to the minute, by the one rule that says whether it does."""
    found: list[Interval] = []
    at_us = low_us // MINUTE_US * MINUTE_US
    at = _EPOCH + timedelta(microseconds=at_us)
    since_us: int | None = None
    while at_us < high_us:
        is_on = lasts(window, at)
        if is_on and since_us is None:
            since_us = at_us
        elif not is_on and since_us is not None:
            found.append(Interval(since_us, at_us))
            since_us = None
        at_us, at = at_us + MINUTE_US, at + _MINUTE
    if since_us is not None:
        found.append(Interval(since_us, high_us))
    return found
