"""Every check of `forepost doctor`: one function each, one line each."""

from collections.abc import Callable
from typing import Final

from forepost.agent.doctor import (
    flows,
    host,
    icmp,
    jobs,
    local_api,
    network,
    state_folder,
    workloads,
)
from forepost.agent.doctor.case import Case
from forepost.wire.local.doctor import Finding

Check = Callable[[Case], Finding]

CHECKS: Final[dict[str, Check]] = {
    "icmp-ipv4": icmp.ipv4,
    "icmp-ipv6": icmp.ipv6,
    "mtr-icmp": icmp.mtr,
    "mtr-udp": icmp.mtr_udp,
    "mtr-tcp": icmp.mtr_tcp,
    "bind-interface": network.binding,
    "route-changes": network.route_changes,
    "site": network.site,
    "resolver": network.resolver,
    "controller": network.controller,
    "speedtest-port": network.speedtest_port,
    "trafficsim-port": network.trafficsim_port,
    "local-api-port": local_api.port,
    "local-api-reserved": local_api.reserved,
    "flows": flows.packets,
    "flows-kernel": flows.kernel,
    "flows-quic": flows.quic,
    "container-engine": workloads.engine,
    "jobs-packages": jobs.packages,
    "agent-api-port": jobs.api_port,
    "jobs-folder": jobs.folder,
    "inotify-watches": jobs.watches,
    "jobs-space": jobs.space,
    "state-folder": state_folder.folder,
    "spool-space": state_folder.space,
    "clock": host.clock,
    "tls-trust": host.trust,
    "snmp-privacy": host.privacy,
}


def examine(case: Case) -> list[Finding]:
    """In the order of the table."""
    return [check(case) for check in CHECKS.values()]
