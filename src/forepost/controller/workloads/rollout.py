"""A roll-out in waves: what follows from how the agents are. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil

import msgspec

from forepost.controller.workloads.agent_state import Standing
from forepost.wire.workloads.rest import RolloutRule


class Rollout(msgspec.Struct, frozen=True, kw_only=True):
    """One that is under way."""

    microservice_id: int
    workspace_id: int
    rule: RolloutRule
    wave: int
    """0: nobody has the new manifest yet."""
    reached: frozenset[int]
    began_at: datetime
    wave_at: datetime
    good_since: datetime | None


class Release(msgspec.Struct, frozen=True):
    """Give the new manifest to these as well."""

    wave: int
    agents: frozenset[int]


class Well(msgspec.Struct, frozen=True):
    """All that have it are well from now on, or, None, not any more."""

    since: datetime | None


class GoBack(msgspec.Struct, frozen=True):
    """Give all of them the former manifest again."""

    reason: str


class Finished(msgspec.Struct, frozen=True):
    """All have it, and were well for long enough."""


class Wait(msgspec.Struct, frozen=True):
    reason: str


RolloutStep = Release | Well | GoBack | Finished | Wait


def next_step(rollout: Rollout, agents: Mapping[int, Standing], now: datetime) -> RolloutStep:
    """`agents`: all that are to have the microservice, and how each is with it. One that can run
    none holds up nobody: it has the new manifest when the others have it. `now` goes on steadily; a
    time that is ahead of it was taken down before the clock was set back, and is taken anew.
    """
    agents = {agent_id: one for agent_id, one in agents.items() if one.can_run}
    reached = sorted(rollout.reached & agents.keys())
    for agent_id in reached:
        if agents[agent_id].is_bad:
            return GoBack(f"agent {agent_id}: {agents[agent_id].reason}")
    if not rollout.wave:
        return _release(rollout, agents, 1)
    if rollout.wave_at > now:
        return Release(rollout.wave, rollout.reached)
    unwell = [agent_id for agent_id in reached if agents[agent_id].state != "current"]
    if unwell:
        return _wait(rollout, agents, unwell, now)
    if rollout.good_since is None or rollout.good_since > now:
        return Well(now)
    left = rollout.rule.gate_sec - (now - rollout.good_since).total_seconds()
    if left > 0:
        return Wait(f"all that have it have to be well for {ceil(left)} s more")
    if len(reached) == len(agents):
        return Finished()
    return _release(rollout, agents, min(rollout.wave + 1, len(rollout.rule.waves)))


def why_waiting(rollout: Rollout, agents: Mapping[int, Standing], now: datetime) -> str:
    """For people."""
    step = next_step(rollout, agents, now)
    return step.reason if isinstance(step, Wait | GoBack) else ""


def _release(rollout: Rollout, agents: Mapping[int, Standing], wave: int) -> RolloutStep:
    """Those that are connected come first: one that is away would hold up all others."""
    if not agents:
        return Finished()
    reached = rollout.reached & agents.keys()
    enough = ceil(len(agents) * rollout.rule.waves[wave - 1] / 100)
    left = sorted(agents.keys() - reached, key=lambda one: (not agents[one].is_live, one))
    more = left[: max(1, enough - len(reached))]
    return Release(wave, frozenset(reached) | frozenset(more))


def _wait(
    rollout: Rollout, agents: Mapping[int, Standing], unwell: list[int], now: datetime
) -> RolloutStep:
    first = min(unwell, key=lambda one: (not agents[one].is_live, one))
    reason = f"agent {first}: {agents[first].reason}"
    late = now - rollout.wave_at > timedelta(seconds=rollout.rule.limit_sec)
    if late and agents[first].is_live:
        return GoBack(f"{reason}, {rollout.rule.limit_sec} s after its wave began")
    return Wait(reason) if rollout.good_since is None else Well(None)
