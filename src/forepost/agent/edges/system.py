"""Opens all edges of a Linux host, the real ones."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from forepost.agent.edges.dial.search import search
from forepost.agent.edges.dial.sockets import SystemDialer
from forepost.agent.edges.dial.udp import SystemUdp
from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.edges.host.rtnetlink import RouteChanges
from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.edges.names.reverse import ReverseNames
from forepost.agent.edges.trace.engine import Tracer
from forepost.agent.ports.edges import Edges, Networks, NoNetworks, OutsideView, Whoami
from forepost.kit.clock import Clock


async def unknown() -> OutsideView | None:
    """There is no controller to ask which address it sees."""
    return None


@contextmanager
def system_edges(
    clock: Clock, whoami: Whoami = unknown, networks: Networks | None = None
) -> Iterator[Edges]:
    changes = RouteChanges()
    with Icmp(clock) as net, Tracer(clock) as tracer, closing(changes):
        yield Edges(
            net=net,
            trace=tracer,
            reverse=ReverseNames(clock),
            host=LinuxHost(),
            changes=changes,
            whoami=whoami,
            networks=networks or NoNetworks(),
            dialer=SystemDialer(),
            udp=SystemUdp(),
            search=search,
        )
