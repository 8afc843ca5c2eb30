"""Finds names in the first packets of flows: which protocol, and what it says in clear. Pure.

A flow is looked at until it said what it is, or until it can say nothing more that is known here.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final

from forepost.agent.meter import packet as packets
from forepost.agent.meter.names import datagrams, dhcp, dns, streams
from forepost.agent.meter.names.first_packets import SAID, FirstPackets
from forepost.agent.meter.names.reader import Short, Unreadable
from forepost.agent.meter.packet import Packet
from forepost.wire.flows.meter import Facts, FlowLabel, Hint

MOST_FLOWS: Final = 8_192
"""That are waited for; the oldest go without a name."""
MOST_DONE: Final = 1 << 20
PATIENCE: Final = 6
"""Packets with data of one side in which nothing was found."""
DNS_PORT, DHCP_SERVER, DHCP_CLIENT = 53, 67, 68

Found = Iterator[FlowLabel | Hint]


class Inspection:
    """An Inspector: reads the first packets of each flow until its name is known or given up."""

    def __init__(self) -> None:
        self._open: OrderedDict[bytes, FirstPackets] = OrderedDict()
        self._done: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._open)

    def look(
        self, key: bytes, direction: int, packet: Packet, data: bytes
    ) -> Iterable[FlowLabel | Hint]:
        """`data`: of the transport; what the link or the ring cut off is missing."""
        if packet.protocol == packets.UDP:
            ports = int.from_bytes(packet.source_port), int.from_bytes(packet.target_port)
            if DNS_PORT in ports:
                return self._dns(key, direction, data)
            if DHCP_SERVER in ports or DHCP_CLIENT in ports:
                return self._dhcp(key, direction, data)
        if key in self._done or packet.protocol not in (packets.TCP, packets.UDP):
            return ()
        conversation = self._open.get(key)
        if conversation is None:
            conversation = self._open[key] = FirstPackets()
            if len(self._open) > MOST_FLOWS:
                self._finish(next(iter(self._open)))
        side = conversation.sides[direction]
        side.packets += 1
        if packet.protocol == packets.TCP:
            side.take(packet.seq, data)
            found = streams.read(conversation, direction, key)
        else:
            ports = int.from_bytes(packet.source_port), int.from_bytes(packet.target_port)
            found = datagrams.read(conversation, direction, key, data, ports)
        is_final = any(isinstance(one, FlowLabel) and one.final for one in found)
        if is_final or conversation.tired(PATIENCE):
            self._finish(key)
        return found

    def forget(self, key: bytes) -> Iterable[FlowLabel]:
        self._open.pop(key, None)
        self._done.discard(key)
        return ()

    def _finish(self, key: bytes) -> None:
        self._open.pop(key, None)
        if len(self._done) < MOST_DONE:
            self._done.add(key)

    def _dns(self, key: bytes, direction: int, data: bytes) -> Found:
        try:
            said = dns.message(data)
        except (Short, Unreadable):
            return
        if said.addresses and said.name:
            yield Hint(name=said.name, addresses=list(said.addresses))
        if key not in self._done:
            if said.is_answer:
                self._finish(key)
            yield dns.label(key, direction, said, SAID)

    def _dhcp(self, key: bytes, direction: int, data: bytes) -> Found:
        """Every request: one flow is that of all hosts that have no address yet. An answer tells
        what its flow is, where no request has.
        """
        if dhcp.is_answer(data):
            if key not in self._done:
                self._finish(key)
                yield FlowLabel(
                    key=key,
                    protocol="DHCP",
                    reason="dhcp",
                    confidence=SAID,
                    client=1 - direction,
                )
            return
        try:
            said = dhcp.request(data)
        except (Short, Unreadable):
            return
        facts = Facts(
            dhcp_host=said.host, dhcp_vendor=said.vendor, dhcp_fingerprint=said.fingerprint
        )
        self._finish(key)
        yield FlowLabel(
            key=key,
            protocol="DHCP",
            reason="dhcp",
            confidence=SAID,
            facts=facts,
            client=direction,
        )
