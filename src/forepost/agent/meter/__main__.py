"""`python -m forepost.agent.meter ORDER`: standard input is the socket to the agent."""

import socket
import sys

import msgspec

from forepost.agent.edges.capture import link, privileges
from forepost.agent.edges.capture.link_changes import LinkChanges
from forepost.agent.edges.capture.seqpacket import FramePipe
from forepost.agent.meter.core import message
from forepost.agent.meter.inspectors import inspector_for
from forepost.agent.meter.loop import Loop
from forepost.agent.meter.opener import CannotListen, open_source
from forepost.agent.meter.sources import KernelSource
from forepost.kit import parent
from forepost.kit.clock import SystemClock
from forepost.kit.confinement import METER, confine
from forepost.wire.flows.meter import Bye, MeterHello, MeterOrder


def main(argument: str) -> None:
    parent.follow()
    order = msgspec.json.decode(argument, type=MeterOrder)
    clock = SystemClock()
    with FramePipe(socket.socket(fileno=0)) as pipe:
        try:
            found = link.find(order.interface)
            changes = LinkChanges(socket.if_nametoindex(found.name))
            source, reason = open_source(order, found, clock)
        except (CannotListen, OSError) as error:
            pipe.send(message(Bye(reason=str(error))))
            return
        inspector, no_ndpi = inspector_for(
            ndpi=order.ndpi, now_ms=lambda: int(clock.monotonic() * 1e3)
        )
        kept = source.table.descriptors if isinstance(source, KernelSource) else {}
        hello = MeterHello(
            interface=order.interface,
            backend=source.backend,
            reason=reason,
            ethernet=found.ethernet,
            resumed=bool(order.descriptors),
            kept=list(kept),
            no_ndpi=no_ndpi,
        )
        pipe.send(message(hello), list(kept.values()))
        privileges.drop()
        confine(METER)
        Loop(order, source, inspector, changes, pipe, clock).run()


if __name__ == "__main__":
    main(sys.argv[1])
