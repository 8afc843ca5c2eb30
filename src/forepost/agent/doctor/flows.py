"""What metering of traffic needs: packets, and counters in the kernel."""

from typing import Final

import msgspec

from forepost.agent.doctor.case import NET_RAW, Case
from forepost.agent.edges.host import abilities
from forepost.wire.local.doctor import Finding

BPF: Final = (
    "give the agent CAP_BPF (Linux 5.8 and later; before: CAP_SYS_ADMIN): in its systemd unit "
    "AmbientCapabilities=CAP_NET_RAW CAP_BPF; without it every packet is counted in the meter"
)


def packets(case: Case) -> Finding:
    found = case.finding("flows", abilities.sees_packets(), ["flows"], grant=NET_RAW)
    return msgspec.structs.replace(found, configured=bool(case.settings.flows.interfaces))


def kernel(case: Case) -> Finding:
    """Lacking it fails only where no other way is wanted: the ring does the same, at a cost."""
    flows = case.settings.flows
    found = case.finding("flows-kernel", abilities.counts_in_kernel(), ["flows"], grant=BPF)
    configured = bool(flows.interfaces) and flows.backend == "ebpf"
    return msgspec.structs.replace(found, configured=configured)


def quic(case: Case) -> Finding:
    """Without it flows of QUIC are counted all the same."""
    has_it = abilities.has_module("cryptography")
    why_not = "" if has_it else "QUIC has no server names: the package cryptography is not there"
    return case.finding("flows-quic", why_not, ["flows"], grant="pip install 'forepost[flows]'")
