"""What the first bytes of both directions of a TCP connection say. Pure.

What is nothing known may have something known behind it: it is skipped, not given up.
"""

from collections.abc import Callable
from typing import Final

from forepost.agent.meter.names import dns, http, ssh, tls
from forepost.agent.meter.names.first_packets import SAID, SHAPED, FirstPackets
from forepost.agent.meter.names.proxies import behind
from forepost.agent.meter.names.reader import Short, Unreadable
from forepost.wire.flows.meter import Facts, FlowLabel, Hint

MOST_BEFORE: Final = 4_096
"""Bytes that may be in front of a hello."""
_PORTS: Final = slice(32, 34), slice(34, 36)

Found = tuple[FlowLabel | Hint, ...]


def read(conversation: FirstPackets, direction: int, key: bytes) -> Found:
    """What was found with the packet that came last."""
    whole = conversation.sides[direction].joined()
    stream = behind(whole)
    for seems, reads in _STREAMS:
        if seems(stream):
            found = reads(conversation, direction, key, stream)
            if found:
                return found
    at = tls.hello_at(whole, MOST_BEFORE)
    return () if at is None else _tls(conversation, direction, key, whole[at:])


def _tls(conversation: FirstPackets, direction: int, key: bytes, stream: bytes) -> Found:
    try:
        message = tls.handshake(stream)
        if message[:1] == bytes((tls.CLIENT_HELLO,)):
            conversation.hello = tls.client_hello(message)
            conversation.client = direction
        elif message[:1] == bytes((tls.SERVER_HELLO,)):
            conversation.answer = tls.server_hello(message)
            conversation.client = 1 - direction
        else:
            return ()
    except Short:
        return ()
    except Unreadable:
        conversation.give_up()
        return (FlowLabel(key=key, protocol="TLS", reason="tls", confidence=SHAPED),)
    return (conversation.tls_label(key, SAID),)


def _http(_: FirstPackets, direction: int, key: bytes, stream: bytes) -> Found:
    said = http.request(stream)
    if said is None or not (said.whole or said.host):
        return ()
    label = FlowLabel(
        key=key,
        protocol="HTTP",
        server_name=said.host,
        reason="http_host" if said.host else "http",
        confidence=SAID,
        facts=Facts(http_method=said.method, http_url=said.url, http_user_agent=said.user_agent),
        final=said.whole or len(stream) >= http.LONGEST_HEAD,
        client=direction,
    )
    return (label,)


def _ssh(conversation: FirstPackets, direction: int, key: bytes, stream: bytes) -> Found:
    """Whose side the client's is shows the port: both sides may speak first."""
    software = ssh.software(stream)
    if not software:
        return ()
    conversation.sides[direction].banner = software
    a, b = (side.banner for side in conversation.sides)
    one, other = (int.from_bytes(key[part]) for part in _PORTS)
    server_is_a = one < other
    client, server = (b, a) if server_is_a else (a, b)
    label = FlowLabel(
        key=key,
        protocol="SSH",
        reason="ssh_banner",
        confidence=SAID,
        facts=Facts(ssh_client=client, ssh_server=server),
        final=bool(a and b),
        client=int(server_is_a),
    )
    return (label,)


def _seems_ssh(stream: bytes) -> bool:
    return b"SSH-" in stream[:256]


def _seems_dns(stream: bytes) -> bool:
    """A message with its length in front: RFC 1035, section 4.2.2."""
    length = int.from_bytes(stream[:2])
    return len(stream) >= length + 2 and dns.seems_dns(stream[2 : 2 + length])


def _dns(_: FirstPackets, direction: int, key: bytes, stream: bytes) -> Found:
    try:
        said = dns.message(stream[2 : 2 + int.from_bytes(stream[:2])])
    except (Short, Unreadable):
        return ()
    found: Found = (dns.label(key, direction, said, SAID),)
    if said.addresses and said.name:
        found += (Hint(name=said.name, addresses=list(said.addresses)),)
    return found


_Seems = Callable[[bytes], bool]
_Read = Callable[[FirstPackets, int, bytes, bytes], Found]
_STREAMS: Final[tuple[tuple[_Seems, _Read], ...]] = (
    (tls.seems_tls, _tls),
    (http.seems_http, _http),
    (_seems_ssh, _ssh),
    (_seems_dns, _dns),
)
