"""Names in real first packets: TLS of OpenSSL, QUIC of aioquic, DNS of dnspython."""

import contextlib
import ssl
import struct
from collections.abc import Callable

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.meter.inspection import Inspection
from forepost.agent.meter.names import dhcp, http, quic, quic_keys, ssh, tls
from forepost.agent.meter.names import dns as own_dns
from forepost.agent.meter.names.reader import Short, Unreadable, host_name_of
from forepost.agent.meter.packet import IPV4, flow_key, parse
from forepost.wire.flows.meter import FlowLabel, Hint
from tests.lab.certificates import Authority
from tests.lab.frames import ACK, PSH, ipv4, tcp, udp

CLIENT, SERVER = "10.0.0.1", "198.18.0.1"
REQUEST = b"GET /a?b=c HTTP/1.1\r\nUser-Agent: curl/8\r\nHost: www.Example.com:8080\r\n\r\n"


class Line:
    """Segments and datagrams between CLIENT and SERVER, looked at as they pass."""

    def __init__(self, port: int) -> None:
        self.inspection = Inspection()
        self.port = port
        self.found: list[FlowLabel | Hint] = []
        self._seq = {False: 1_000, True: 5_000}

    def tcp(self, data: bytes, *, back: bool = False, size: int = 1_460) -> None:
        for at in range(0, len(data), size):
            self.segment(data[at : at + size], self._seq[back], back=back)
            self._seq[back] += len(data[at : at + size])

    def segment(self, data: bytes, seq: int, *, back: bool = False) -> None:
        ports = (self.port, 40_000) if back else (40_000, self.port)
        self._pass(6, tcp(*ports, seq, PSH | ACK, data), back)

    def udp(self, data: bytes, *, back: bool = False) -> None:
        ports = (self.port, 40_000) if back else (40_000, self.port)
        self._pass(17, udp(*ports, data), back)

    def _pass(self, protocol: int, inner: bytes, back: bool) -> None:
        ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
        made = ipv4(*ends, protocol, inner)
        packet = parse(IPV4, 0, made)
        assert packet is not None
        key, direction = flow_key(packet)
        data = made[packet.headers : packet.end]
        self.found += self.inspection.look(key, direction, packet, data)

    @property
    def label(self) -> FlowLabel:
        """The last one."""
        labels = [one for one in self.found if isinstance(one, FlowLabel)]
        return labels[-1]


def hellos(name: str, server: ssl.SSLContext, **client: object) -> tuple[bytes, bytes]:
    """What both sides of a handshake say first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    for key, value in client.items():
        setattr(context, key, value)
    there, back, nothing = ssl.MemoryBIO(), ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = context.wrap_bio(back, there, server_hostname=name or None)
    with contextlib.suppress(ssl.SSLWantReadError):
        asking.do_handshake()
    first = there.read()
    nothing.write(first)
    answering = server.wrap_bio(nothing, back, server_side=True)
    with contextlib.suppress(ssl.SSLWantReadError):
        answering.do_handshake()
    return first, back.read()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    context = Authority(tmp_path_factory.mktemp("names")).server("www.example.com")
    context.set_alpn_protocols(["h2"])
    return context


@pytest.mark.parametrize("size", [1_460, 400, 100])
def test_tls_1_3(server: ssl.SSLContext, size: int) -> None:
    line = Line(443)
    first, answer = hellos("www.example.com", server)
    line.tcp(first, size=size)
    assert (line.label.server_name, line.label.reason, line.label.final) == (
        "www.example.com", "tls_sni", False,
    )  # fmt: skip
    line.tcp(answer, back=True)
    facts = line.label.facts
    assert (facts.tls_version, facts.tls_alpn) == ("TLS 1.3", ("h2", "http/1.1"))
    assert facts.tls_cipher in ("0x1301", "0x1302", "0x1303")
    assert line.label.final
    assert len(line.inspection) == 0


def test_tls_1_2_tells_the_chosen_protocol(server: ssl.SSLContext) -> None:
    line = Line(443)
    first, answer = hellos("www.example.com", server, maximum_version=ssl.TLSVersion.TLSv1_2)
    line.tcp(first)
    line.tcp(answer, back=True)
    assert (line.label.facts.tls_version, line.label.facts.tls_alpn) == ("TLS 1.2", ("h2",))


def test_tls_without_a_name(server: ssl.SSLContext) -> None:
    line = Line(8_443)
    line.tcp(hellos("", server)[0])
    assert (line.label.protocol, line.label.server_name, line.label.reason) == ("TLS", "", "tls")


def test_segments_may_come_in_any_order_and_twice(server: ssl.SSLContext) -> None:
    line = Line(443)
    first, _ = hellos("www.example.com", server)
    half = len(first) // 2
    line.segment(first[:half], 2**32 - 10)
    line.segment(first[:half], 2**32 - 10)
    line.segment(first[half:], (2**32 - 10 + half) % 2**32)
    assert line.label.server_name == "www.example.com"


def initials(name: str, version: int) -> list[bytes]:
    configuration = QuicConfiguration(
        is_client=True, server_name=name, alpn_protocols=["h3"], original_version=version,
        supported_versions=[version],
    )  # fmt: skip
    connection = QuicConnection(configuration=configuration)
    connection.connect(("198.18.0.1", 443), now=0.0)
    return [data for data, _ in connection.datagrams_to_send(now=0.0)]


@pytest.mark.parametrize("version", [QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2])
def test_quic(version: int) -> None:
    line = Line(443)
    for datagram in initials("www.example.com", version):
        line.udp(datagram)
    assert (line.label.protocol, line.label.server_name, line.label.reason) == (
        "QUIC", "www.example.com", "quic_sni",
    )  # fmt: skip
    assert line.label.facts.tls_alpn == ("h3",)
    assert line.label.facts.tls_version == "TLS 1.3"


def test_keys_of_quic_are_those_of_rfc_9001() -> None:
    """Appendix A.1: the connection id 0x8394c8f03e515708."""
    keys = quic_keys.Keys(quic.V1, bytes.fromhex("8394c8f03e515708"))
    assert keys._iv.hex() == "fa044b2f42a3fd3b46fb255c"


@pytest.mark.parametrize("size", [1_460, 10])
def test_http(size: int) -> None:
    line = Line(8_080)
    line.tcp(REQUEST, size=size)
    assert (line.label.protocol, line.label.server_name) == ("HTTP", "www.example.com")
    assert (line.label.facts.http_method, line.label.facts.http_url) == ("GET", "/a?b=c")
    assert line.label.facts.http_user_agent == "curl/8"


def test_ssh_tells_both_sides() -> None:
    line = Line(22)
    line.tcp(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", back=True)
    assert not line.label.final
    line.tcp(b"SSH-2.0-libssh_0.10\r\n")
    facts = line.label.facts
    assert (facts.ssh_client, facts.ssh_server) == ("libssh_0.10", "OpenSSH_9.2p1 Debian-2")


def answer_of(name: str, *records: tuple[str, str, str]) -> bytes:
    made = dns.message.make_response(dns.message.make_query(name, "A"))
    for owner, kind, value in records:
        made.answer.append(dns.rrset.from_text(owner, 60, "IN", kind, value))
    return made.to_wire()


def test_dns_gives_a_label_and_hints() -> None:
    line = Line(53)
    line.udp(dns.message.make_query("WWW.example.com", "A").to_wire())
    assert (line.label.facts.dns_query, line.label.final) == ("www.example.com", False)
    line.udp(
        answer_of(
            "www.example.com",
            ("www.example.com.", "CNAME", "edge.example.net."),
            ("edge.example.net.", "A", "198.18.7.7"),
            ("edge.example.net.", "A", "198.18.7.8"),
        ),
        back=True,
    )
    (hint,) = (one for one in line.found if isinstance(one, Hint))
    assert hint == Hint(
        name="www.example.com", addresses=[bytes((198, 18, 7, 7)), bytes((198, 18, 7, 8))]
    )
    assert (line.label.facts.dns_code, line.label.final) == ("NOERROR", True)


def a_dhcp_request() -> bytes:
    options = bytes((53, 1, 3, 55, 3, 1, 3, 6, 12, 6)) + b"laptop" + bytes((60, 4)) + b"MSFT\xff"
    return bytes((1, 1, 6, 0)) + bytes(232) + b"\x63\x82\x53\x63" + options


def test_dhcp() -> None:
    line = Line(67)
    line.udp(a_dhcp_request())
    facts = line.label.facts
    assert (facts.dhcp_host, facts.dhcp_vendor, facts.dhcp_fingerprint) == (
        "laptop", "MSFT", "1,3,6",
    )  # fmt: skip


def test_the_answer_of_a_dhcp_server() -> None:
    """It says what a flow of its own is, and takes nothing from what the host said in this one."""
    answer = b"\2" + bytes(235) + bytes.fromhex("63825363") + b"\x35\1\5\xff"
    alone, after = Line(67), Line(67)
    alone.udp(answer, back=True)
    alone.udp(answer, back=True)
    assert [(one.protocol, one.reason) for one in alone.found if isinstance(one, FlowLabel)] == [
        ("DHCP", "dhcp")
    ]
    after.udp(a_dhcp_request())
    after.udp(answer, back=True)
    assert after.label.facts.dhcp_host


def test_what_is_nothing_known_is_given_up() -> None:
    line = Line(9_999)
    for _ in range(10):
        line.tcp(b"nothing that anybody knows")
        line.tcp(b"nor this", back=True)
        line.udp(b"\xc0nor that")
    assert line.found == []
    assert len(line.inspection) == 0


def test_a_name_of_a_server_is_a_name() -> None:
    assert host_name_of(b"www.EXAMPLE.com.") == "www.example.com"
    for raw in (b"", b"a b", b"x" * 300, b"\xc3\xa9.example", b"<script>", b"a\0b"):
        assert host_name_of(raw) == ""


GOOD: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "tls": (lambda data: tls.client_hello(tls.handshake(data)), b""),
    "server": (lambda data: tls.server_hello(tls.handshake(data)), b""),
    "http": (http.request, REQUEST),
    "ssh": (ssh.software, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
    "dns": (own_dns.message, answer_of("a.example", ("a.example.", "A", "198.18.0.1"))),
    "dhcp": (dhcp.request, a_dhcp_request()),
    "quic": (lambda data: quic.ClientInitials().add(data), initials("a.example", 1)[0]),
}
CHANGES = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), max_size=6)


@pytest.fixture(scope="module")
def good(server: ssl.SSLContext) -> dict[str, tuple[Callable[[bytes], object], bytes]]:
    first, answer = hellos("www.example.com", server)
    return GOOD | {"tls": (GOOD["tls"][0], first), "server": (GOOD["server"][0], answer)}


@pytest.mark.parametrize("name", sorted(GOOD))
@settings(max_examples=150)
@given(CHANGES, st.integers(0, 2_000), st.binary(max_size=60))
def test_no_parser_lets_an_exception_escape(
    name: str,
    good: dict[str, tuple[Callable[[bytes], object], bytes]],
    changes: list[tuple[int, int]],
    cut: int,
    tail: bytes,
) -> None:
    read, data = good[name]
    spoilt = bytearray(data[: len(data) - cut % (len(data) + 1)] + tail) or bytearray(1)
    for place, value in changes:
        spoilt[place % len(spoilt)] = value
    with contextlib.suppress(Short, Unreadable):
        read(bytes(spoilt))


@settings(max_examples=200)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2**32 - 1), st.binary(max_size=80))),
       st.sampled_from([22, 53, 67, 80, 443]), st.booleans())  # fmt: skip
def test_inspection_takes_whatever_comes(
    passed: list[tuple[bool, int, bytes]], port: int, datagrams: bool
) -> None:
    line = Line(port)
    for back, seq, data in passed:
        start = (b"\x16\x03\x01\x00\x50", b"GET / ", b"SSH-2", b"")[seq % 4]
        if datagrams:
            line.udp(start + data, back=back)
        else:
            line.segment(start + data, seq, back=back)
    for found in line.found:
        assert isinstance(found, FlowLabel | Hint)


def test_a_name_that_points_at_itself_ends() -> None:
    loop = struct.pack("!6H", 1, 0x8180, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1"
    with pytest.raises(Unreadable):
        own_dns.message(loop)


def test_flags_of_answers_are_read() -> None:
    refused = dns.message.make_response(dns.message.make_query("a.example", "A"))
    refused.set_rcode(dns.rcode.REFUSED)
    refused.flags |= dns.flags.RA
    said = own_dns.message(refused.to_wire())
    assert (said.is_answer, said.code, said.addresses) == (True, "REFUSED", ())
