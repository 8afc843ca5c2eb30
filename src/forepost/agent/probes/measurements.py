"""What a list of probes asks for: one measurement for each probe, type and target. Pure."""

from collections.abc import Sequence

import msgspec

from forepost.agent.probes.trafficsim.servers import Keys, is_server
from forepost.wire.probes import KINDS, QUEUED
from forepost.wire.probes.effective import options_of, targets_of
from forepost.wire.probes.options import Options, WrongOption
from forepost.wire.probes.probe import Probe
from forepost.wire.probes.trafficsim import TrafficSimOptions, TrafficSimRun

Key = tuple[int, str, str]
"""Probe id, type, target: one probe has an entry for each target, and an AGENT probe for each type
that it stands for."""


class Measurement(msgspec.Struct, frozen=True):
    """What decides whether a running entry is still the right one."""

    options: Options
    target_agent: int = 0


def measurements(
    probes: Sequence[Probe], keys: Keys | None = None
) -> tuple[dict[Key, Measurement], list[str]]:
    """Return what these probes ask for, and in words what this version cannot do of it."""
    wanted: dict[Key, Measurement] = {}
    unsupported: list[str] = []
    for probe in probes:
        if not probe.enabled or is_server(probe):
            continue
        if probe.type in QUEUED and probe.id == 0:
            continue
        if probe.type in QUEUED:
            unsupported.append(f"probe {probe.id}: {probe.type} is run from its queue only")
            continue
        if probe.type not in KINDS:
            unsupported.append(f"probe {probe.id}: type {probe.type}")
            continue
        try:
            options = options_of(probe)
        except WrongOption as error:
            unsupported.append(f"probe {probe.id}: {probe.type}: {error}")
            continue
        targets = targets_of(probe, options)
        if not targets:
            unsupported.append(f"probe {probe.id}: {probe.type} without a target")
        for target, target_agent in targets.items():
            told = _between(options, probe.agent_id, target_agent, keys or {})
            wanted[probe.id, probe.type, target] = Measurement(told, target_agent)
    return wanted, unsupported


def _between(options: Options, agent_id: int, target_agent: int, keys: Keys) -> Options:
    """Return `options`, for TRAFFICSIM with both agents' ids and the key of the pair."""
    if not isinstance(options, TrafficSimOptions):
        return options
    return TrafficSimRun(
        **msgspec.structs.asdict(options),
        agent_id=agent_id,
        target_agent=target_agent,
        key=keys.get(target_agent, b""),
    )
