"""Targets that a change names by the words of a creation. Pure."""

from forepost.controller.probes.rows import hosts_of, peers_of
from forepost.kit.errors import Invalid
from forepost.kit.one_target import one_target
from forepost.wire.disclosure import public_target
from forepost.wire.probes.probe import Probe, ProbePatch


def check_known_targets(probe: Probe, patch: ProbePatch) -> None:
    """Raises Invalid where a change names other targets than there are by the words of a creation:
    they would be left as they are. A probe as it was read may be sent back whole.
    """
    hosts: list[str] = []
    peers = list(patch.agent_targets or ())
    for one in patch.targets or ():
        if isinstance(one, str):
            hosts.append(one)
        elif one.agent_id is None:
            hosts.append(one.target)
        else:
            peers.append(one.agent_id)
    there = hosts_of(probe)
    named = {one_target(host) for host in hosts}
    is_whole = len(named) == len(there) and len(set(peers)) == len(peers_of(probe))
    known = {*map(one_target, there), *map(public_target, there)}
    if isinstance(patch.targets, list) and not (is_whole and named <= known):
        raise Invalid("targets: a change of them says replaceTargets")
    if not set(peers) <= set(peers_of(probe)):
        raise Invalid("agent_targets: a change of them says replaceAgentTargets")
