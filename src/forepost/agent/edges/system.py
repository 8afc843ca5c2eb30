"""All edges of a Linux host, real."""

from collections.abc import Iterator
from contextlib import contextmanager

from forepost.agent.edges import Edges, Whoami
from forepost.agent.edges.host import LinuxHost
from forepost.agent.edges.icmp import Icmp
from forepost.agent.edges.reverse import ReverseNames
from forepost.agent.edges.search import search
from forepost.agent.edges.sockets import SystemDialer
from forepost.agent.edges.trace_engine import Tracer
from forepost.kit.clock import Clock


async def unknown() -> str | None:
    """There is no controller to ask which address it sees."""
    return None


@contextmanager
def system_edges(clock: Clock, whoami: Whoami = unknown) -> Iterator[Edges]:
    with Icmp(clock) as net, Tracer(clock) as tracer:
        yield Edges(
            net=net,
            trace=tracer,
            reverse=ReverseNames(clock),
            host=LinuxHost(),
            whoami=whoami,
            dialer=SystemDialer(),
            search=search,
        )
