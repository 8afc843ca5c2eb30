"""What a probe object asks an agent to do: its options and targets, as they are run. Pure."""

from typing import Final

from forepost.wire.probes import KINDS, TARGETLESS, interval_sec_of
from forepost.wire.probes.options import Options, read_options, usual_timeout
from forepost.wire.probes.probe import Probe

MOST_PACKETS: Final = 1_000


def targets_of(probe: Probe, options: Options) -> dict[str, int]:
    """Target to the number of the agent that it is; 0 for anything else."""
    if probe.type in TARGETLESS:
        return {"": 0}
    named_in = KINDS[probe.type].named_in
    named = getattr(options, named_in) if named_in else ""
    targets = {t.target: t.agent_id or 0 for t in probe.targets or [] if t.target}
    return targets or ({named: 0} if named else {})


def options_of(probe: Probe) -> Options:
    """Raises WrongOption."""
    kind = KINDS[probe.type]
    asked_sec = max(0, probe.interval_sec) or kind.interval_sec
    told = {
        "interval_sec": interval_sec_of(probe.type, probe.interval_sec),
        "timeout_sec": probe.timeout_sec if probe.timeout_sec > 0 else usual_timeout(asked_sec),
        "count": min(max(probe.count, 0), MOST_PACKETS),
        "bind_interface": probe.bind_interface,
        **{name: max(0, getattr(probe, name)) for name in kind.told},
    }
    return read_options(kind.options, told, kind.flat(probe.metadata))
