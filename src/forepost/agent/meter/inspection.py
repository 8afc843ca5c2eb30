"""Finds names in the first packets of flows: which protocol, and what it says in clear. Pure.

A flow is looked at until it said what it is, or until it can say nothing more that is known here.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from forepost.agent.meter import packet as packets
from forepost.agent.meter.names import dhcp, dns, http, ssh, tls
from forepost.agent.meter.names.first_packets import FirstPackets
from forepost.agent.meter.names.quic import ClientInitials, seems_quic
from forepost.agent.meter.names.reader import Short, Unreadable
from forepost.agent.meter.packet import Packet
from forepost.wire.flows.meter import Facts, FlowLabel, Hint

MOST_FLOWS: Final = 8_192
"""That are waited for; the oldest go without a name."""
MOST_DONE: Final = 1 << 20
PATIENCE: Final = 4
"""Packets with data of one side in which nothing was found."""
DNS_PORT, DHCP_SERVER, DHCP_CLIENT = 53, 67, 68
SAID, SHAPED = 95, 80
"""Confidence in per cent: it named itself; it has the shape of its protocol."""

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
        read = _datagram if packet.protocol == packets.UDP else _stream
        if packet.protocol == packets.TCP:
            side.take(packet.seq, data)
        label = read(conversation, direction, key, data)
        if (label and label.final) or conversation.tired(PATIENCE):
            self._finish(key)
        return (label,) if label else ()

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
            yield _dns_label(key, direction, said)

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


def _dns_label(key: bytes, direction: int, said: dns.Message) -> FlowLabel:
    facts = Facts(
        dns_query=said.name, dns_type=said.type, dns_code=said.code if said.is_answer else ""
    )
    return FlowLabel(
        key=key,
        protocol="DNS",
        reason="dns_query",
        confidence=SAID,
        facts=facts,
        final=said.is_answer,
        client=direction ^ said.is_answer,
    )


def _datagram(
    conversation: FirstPackets, direction: int, key: bytes, data: bytes
) -> FlowLabel | None:
    """QUIC: the client's hello, perhaps in several datagrams."""
    try:
        if conversation.initials is None:
            if not seems_quic(data):
                conversation.give_up()
                return None
            conversation.initials = ClientInitials(data)
            conversation.client = direction
        if direction != conversation.client:
            return None
        conversation.initials.add(data)
        hello = tls.client_hello(conversation.initials.message())
    except Short:
        return None
    except Unreadable:
        conversation.give_up()
        return FlowLabel(key=key, protocol="QUIC", reason="quic", confidence=SHAPED)
    return FlowLabel(
        key=key,
        protocol="QUIC",
        server_name=hello.server_name,
        reason="quic_sni" if hello.server_name else "quic",
        confidence=SAID,
        facts=Facts(tls_version=hello.version, tls_alpn=hello.alpn),
        client=direction,
    )


def _stream(
    conversation: FirstPackets, direction: int, key: bytes, data: bytes
) -> FlowLabel | None:
    stream = conversation.sides[direction].joined()
    for seems, read in _STREAMS:
        if seems(stream):
            return read(conversation, direction, key, stream)
    return None


def _tls(conversation: FirstPackets, direction: int, key: bytes, stream: bytes) -> FlowLabel | None:
    try:
        message = tls.handshake(stream)
        if message[:1] == bytes((tls.CLIENT_HELLO,)):
            hello = tls.client_hello(message)
            conversation.hello = hello
            conversation.client = direction
        elif message[:1] == bytes((tls.SERVER_HELLO,)):
            conversation.answer = tls.server_hello(message)
            conversation.client = 1 - direction
        else:
            return None
    except Short:
        return None
    except Unreadable:
        conversation.give_up()
        return FlowLabel(key=key, protocol="TLS", reason="tls", confidence=SHAPED)
    return conversation.tls_label(key, SAID)


def _http(_: FirstPackets, direction: int, key: bytes, stream: bytes) -> FlowLabel | None:
    said = http.request(stream)
    if said is None or not (said.whole or said.host):
        return None
    return FlowLabel(
        key=key,
        protocol="HTTP",
        server_name=said.host,
        reason="http_host" if said.host else "http",
        confidence=SAID,
        facts=Facts(http_method=said.method, http_url=said.url, http_user_agent=said.user_agent),
        final=said.whole or len(stream) >= http.LONGEST_HEAD,
        client=direction,
    )


def _ssh(conversation: FirstPackets, direction: int, key: bytes, stream: bytes) -> FlowLabel | None:
    """Whose side the client's is shows the port: both sides may speak first."""
    software = ssh.software(stream)
    if not software:
        return None
    conversation.sides[direction].banner = software
    a, b = (side.banner for side in conversation.sides)
    server_is_a = int.from_bytes(key[32:34]) < int.from_bytes(key[34:36])
    client, server = (b, a) if server_is_a else (a, b)
    return FlowLabel(
        key=key,
        protocol="SSH",
        reason="ssh_banner",
        confidence=SAID,
        facts=Facts(ssh_client=client, ssh_server=server),
        final=bool(a and b),
        client=int(server_is_a),
    )


def _seems_ssh(stream: bytes) -> bool:
    return b"SSH-" in stream[:256]


_Seems = Callable[[bytes], bool]
_Read = Callable[[FirstPackets, int, bytes, bytes], FlowLabel | None]
_STREAMS: Final[tuple[tuple[_Seems, _Read], ...]] = (
    (tls.seems_tls, _tls),
    (http.seems_http, _http),
    (_seems_ssh, _ssh),
)
