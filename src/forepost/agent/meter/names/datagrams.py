"""What the first datagrams of a UDP flow say. Pure."""

from typing import Final

from forepost.agent.meter.names import dns, http, quic, tls
from forepost.agent.meter.names.first_packets import SAID, SHAPED, FirstPackets
from forepost.agent.meter.names.quic import ClientInitials
from forepost.agent.meter.names.reader import Short, Unreadable
from forepost.agent.meter.names.tunnels import tunnel_of
from forepost.wire.flows.meter import Facts, FlowLabel, Hint

_LOCAL_NAMES: Final = {5_353: "MDNS", 5_355: "LLMNR"}
SSDP: Final = 1_900
_QUIC_PORTS: Final = frozenset({80, 443, 853, 4_433, 8_443})

Found = tuple[FlowLabel | Hint, ...]


def read(
    conversation: FirstPackets, direction: int, key: bytes, data: bytes, ports: tuple[int, int]
) -> Found:
    """What was found in this one. A flow of which nothing more will show is given up."""
    if quic.seems_quic(data):
        return _quic(conversation, direction, key, data)
    local = _LOCAL_NAMES.get(ports[1]) or _LOCAL_NAMES.get(ports[0])
    if local:
        return _local_name(key, direction, data, local)
    if SSDP in ports and (label := _ssdp(key, direction, data)):
        return (label,)
    if tunnel := tunnel_of(data, ports):
        shape = FlowLabel(key=key, protocol=tunnel, reason="tunnel", confidence=SHAPED)
        return (shape,)
    if dns.seems_dns(data):
        return _dns(key, direction, data)
    if not quic.may_be_quic(data) or _QUIC_PORTS.isdisjoint(ports):
        conversation.give_up()
    return ()


def _quic(conversation: FirstPackets, direction: int, key: bytes, data: bytes) -> Found:
    """The client's hello, perhaps in several datagrams."""
    shape = FlowLabel(key=key, protocol="QUIC", reason="quic", confidence=SHAPED, final=False)
    initials = conversation.initials
    if initials is None:
        initials = conversation.initials = ClientInitials()
    if initials.begun and direction != conversation.client:
        return ()
    try:
        if not initials.add(data):
            first, conversation.shaped = not conversation.shaped, True
            return (shape,) if first else ()
        conversation.client = direction
        hello = tls.client_hello(initials.message())
    except Short:
        return ()
    except Unreadable:
        conversation.give_up()
        return (shape,)
    label = FlowLabel(
        key=key,
        protocol="QUIC",
        server_name=hello.server_name,
        reason="quic_sni" if hello.server_name else "quic",
        confidence=SAID,
        facts=Facts(tls_version=hello.version, tls_alpn=hello.alpn, tls_ech=hello.ech),
        client=direction,
    )
    return (label,)


def _local_name(key: bytes, direction: int, data: bytes, protocol: str) -> Found:
    try:
        said = dns.local_message(data)
    except (Short, Unreadable):
        return ()
    label = FlowLabel(
        key=key,
        protocol=protocol,
        reason="dns_query",
        confidence=SAID,
        facts=Facts(
            dns_query=said.name, dns_type=said.type, dns_code=said.code if said.is_answer else ""
        ),
        client=direction,
    )
    return (label,)


def _ssdp(key: bytes, direction: int, data: bytes) -> FlowLabel | None:
    """UPnP Device Architecture 2.0, section 1: a request of HTTP in a datagram, or its answer."""
    said = http.request(data)
    is_answer = data.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 "))
    if not is_answer and (said is None or said.method not in ("M-SEARCH", "NOTIFY")):
        return None
    facts = (
        Facts(http_method=said.method, http_url=said.url, http_user_agent=said.user_agent)
        if said
        else Facts()
    )
    return FlowLabel(
        key=key,
        protocol="SSDP",
        reason="ssdp",
        confidence=SAID,
        facts=facts,
        client=direction ^ is_answer,
    )


def _dns(key: bytes, direction: int, data: bytes) -> Found:
    try:
        said = dns.message(data)
    except (Short, Unreadable):
        return ()
    found: Found = (dns.label(key, direction, said, SHAPED),)
    if said.addresses and said.name:
        found += (Hint(name=said.name, addresses=list(said.addresses)),)
    return found
