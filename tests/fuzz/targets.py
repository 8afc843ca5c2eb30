"""What is fuzzed: every parser of bytes that others send us, with examples to begin from.

A target takes any bytes. It may raise nothing: what a parser is said to raise it catches itself.
"""

import contextlib
import io
import ssl
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Final

import anyio
import msgspec
from pyasn1.codec.ber import encoder
from pysnmp.proto.api import v2c

from forepost.agent.cores.container_log import LogFrames, WrongFrames
from forepost.agent.cores.icmp.packet import (
    DATAGRAM_IPV4,
    IPV6,
    RAW_IPV4,
    is_final,
    meaning,
    quoted,
    reply,
    request,
)
from forepost.agent.cores.stamps import messages as timestamps
from forepost.agent.cores.stamps.messages import Trouble
from forepost.agent.cores.trace.extension import extensions
from forepost.agent.cores.trace.packet import DatagramStyle, EchoStyle, Style, said
from forepost.agent.edges.capture.capture_file import CaptureFile, NotACapture
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recorded import Recorded
from forepost.agent.flows.sides import Sides
from forepost.agent.flows.wanted import entries_of
from forepost.agent.meter.inspection import Inspection
from forepost.agent.meter.packet import IPV4, parse
from forepost.agent.meter.packet import IPV6 as PACKET_IPV6
from forepost.agent.meter.replay import Replay
from forepost.agent.meter.table import MeterTable
from forepost.agent.ports.dialer import Failed
from forepost.agent.probes import PROBES, certificates
from forepost.agent.probes.dns.message import NoAnswer, Question
from forepost.agent.probes.snmp.message import Again, Community, NotOurs
from forepost.agent.probes.snmp.usm import User
from forepost.agent.probes.wanted import list_of, probes_of
from forepost.agent.talk import TooMuch
from forepost.agent.uplink import record
from forepost.agent.uplink.session import (
    Session as AgentSide,
)
from forepost.agent.workloads.messages.io_message import IoMessage, WrongMessage, decoded, encoded
from forepost.agent.workloads.messages.io_message_json import from_json, to_json
from forepost.controller.fleet.session import (
    Session as ControllerSide,
)
from forepost.kit import pins
from forepost.kit.state_file import sealed
from forepost.wire.flows.meter import MeterOrder
from forepost.wire.probes import datagrams
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.snmp import SnmpOptions
from forepost.wire.uplink import neffos
from forepost.wire.uplink.pieces import Pieces
from tests.fakes.clock import FakeClock
from tests.fakes.dialer import FakeDialer
from tests.fakes.net import FakeNet, fake_edges
from tests.fuzz.jobs import EXAMPLES as JOBS
from tests.fuzz.jobs import jobs
from tests.fuzz.kept_files import (
    NOW,
    an_archive,
    kept_by_the_agent,
    kept_by_the_controller,
    spool,
    state_file,
)
from tests.fuzz.proxy_answers import EXAMPLES, proxy_answer
from tests.lab import captures
from tests.lab.frames import ethernet, ipv4, tcp, udp

FORMS: Final = (RAW_IPV4, DATAGRAM_IPV4, IPV6)
Take = Callable[[bytes], None]


class Target(msgspec.Struct, frozen=True):
    take: Take
    examples: Sequence[bytes] = ()
    largest: int = 1_024
    """Bytes of one input, at most."""


def container_log(data: bytes) -> None:
    frames = LogFrames(framed=data[:1] != b"\0")
    with contextlib.suppress(WrongFrames):
        frames.feed(data)
    frames.end()


def icmp(data: bytes) -> None:
    for form in FORMS:
        for read in (reply, quoted):
            echo = read(form, data)
            assert echo is None or (0 <= echo[0] < 1 << 16 and 0 <= echo[1] < 1 << 16)
        if len(data) >= 2:
            is_note = data[0] in ((137,) if form is IPV6 else (4, 5))
            assert bool(meaning(form, data[0], data[1])) != is_note
            assert not (is_note and is_final(form, data[0], data[1]))


def extension(data: bytes) -> None:
    if len(data) >= 2:
        told = extensions(data[2:], data[0] * (data[1] & 3), data[1] >> 2)
        assert len(told) <= 8
        assert all(len(one) < 200 for one in told)


def control(data: bytes) -> None:
    """Control messages as they come: level, kind and length of each, then its bytes."""
    messages, at = [], 0
    while at + 3 <= len(data):
        level, kind, length = data[at : at + 3]
        messages.append((level, kind, data[at + 3 : at + 3 + length]))
        at += 3 + length
    # Python hands over as long a level as the kernel gives: small ones cover ours.
    arrival = timestamps.arrival_ns(messages)
    assert arrival is None or isinstance(arrival, int)
    found = timestamps.outcome(messages)
    if isinstance(found, Trouble):
        said(found, "192.0.2.1", v6=False)
        said(found, "2001:db8::1", v6=True)


def trace(data: bytes) -> None:
    styles: list[Style] = [EchoStyle(form, 7) for form in FORMS]
    for style in (*styles, DatagramStyle(v6=False)):
        for mark in (style.replied(data), style.quoted(data)):
            assert mark is None or 0 <= mark[0] < 1 << 16


def dns(data: bytes) -> None:
    with contextlib.suppress(NoAnswer):
        assert Question("a.example", "A").read(data).code
    question = Question("a.example", "A", numbered=False)
    with contextlib.suppress(NoAnswer):
        assert question.read(b"\0\0" + data[2:]).code


def snmp(data: bytes) -> None:
    for version in ("1", "2c"):
        with contextlib.suppress(NotOurs, Failed, Again):
            Community(version, "public").hear(data)


def usm(data: bytes) -> None:
    for password in ("", "12345678"):
        user = User(SnmpOptions(version="3", user_name="u", auth_password=password))
        user.hello()
        for hear in (user.greeted, user.hear):
            with contextlib.suppress(NotOurs, Failed, Again):
                hear(data)


def certificate(data: bytes) -> None:
    with contextlib.suppress(ssl.SSLCertVerificationError):
        pins.check(data, "0" * 64)
    found = certificates.read(data)
    found.info(NOW)
    found.link(NOW)
    for host in ("a.example", "192.0.2.1", "2001:db8::1", "ä.example"):
        found.is_for(host)


def uplink(data: bytes) -> None:
    """Either side of a conversation, in the middle of it."""
    text = data.decode(errors="replace")
    with contextlib.suppress(neffos.Malformed):
        neffos.decode(text)
    own = AgentSide("0", 1, 0, documents=("probes", "groups"))
    list(own.received("A1"))
    with contextlib.suppress(neffos.Malformed, msgspec.MsgspecError, RecursionError, TooMuch):
        list(own.received(text))
    pieces = Pieces(1 << 20)
    for body in (data, b"." + data, b"." + zlib.compress(data), b"+" + data, b"."):
        with contextlib.suppress(neffos.Malformed):
            pieces.take(b";forepost;;piece;0;0;" + body)
    theirs = ControllerSide("A1", "0")
    list(theirs.received("M"))
    for namespace in ("agent", "forepost"):
        list(theirs.received(f"$1;{namespace};;{neffos.CONNECT};0;0;"))
    theirs.result_in(text)
    list(theirs.received(theirs.text_of(data)))


def wanted_documents(data: bytes) -> None:
    """A part of each document, and what it has in it."""
    part = msgspec.Raw(data)
    for read in (lambda: probes_of(list_of([part, part])[0]), lambda: entries_of([part, part])):
        with contextlib.suppress(ValueError, msgspec.MsgspecError, RecursionError):
            read()


def io_message(data: bytes) -> None:
    with contextlib.suppress(WrongMessage):
        assert from_json(to_json(decoded(data))).contentdata is not None
    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, WrongMessage):
        from_json(msgspec.json.decode(data, type=dict[str, object]))


def simulated(data: bytes) -> None:
    with contextlib.suppress(datagrams.NotOurs):
        datagrams.read_plain(data)
    with contextlib.suppress(datagrams.NotOurs):
        datagrams.claimed_sender(data)
    with contextlib.suppress(datagrams.NotOurs):
        datagrams.read_sealed(data, bytes(32))


def http(data: bytes) -> None:
    async def measure() -> None:
        clock, dialer = FakeClock(), FakeDialer()
        dialer.peers["192.0.2.1", 80] = lambda _: [data, b""] if data else [b""]
        edges = fake_edges(FakeNet(clock), dialer=dialer)
        options = HttpOptions(url="http://192.0.2.1/", timeout_sec=1, expected_content="a")
        await PROBES["HTTP"](options, "192.0.2.1", clock, edges)
        assert dialer.open == 0

    anyio.run(measure)


def packet(data: bytes) -> None:
    """What comes from a ring: counted, and looked into, one way and the other."""
    table, inspection = MeterTable(max_flows=100, pass_=6), Inspection()
    for ether_type in (IPV4, PACKET_IPV6):
        for vlan in (0, 7):
            found = parse(ether_type, vlan, data)
            if found is None:
                continue
            seen = table.observe(1, found, len(data))
            if seen:
                for _ in inspection.look(*seen, found, data[found.headers : found.end]):
                    pass
    assert len(table) <= 4


def capture(data: bytes) -> None:
    """From a file to its flows: every packet is in one, or counted as in none."""
    try:
        file = CaptureFile(io.BytesIO(data))
    except NotACapture:
        return
    recorded = Recorded("file", Sides(), Rules(), 1_000)
    flows = list(recorded.flows(Replay(MeterOrder(interface="file"), file).frames()))
    total = recorded.totals
    inside = sum(flow.local_packets + flow.other_packets for flow in flows)
    assert total.packets == inside + total.other_packets + total.malformed_packets


def _snmp_answer() -> bytes:
    message, pdu = v2c.Message(), v2c.GetResponsePDU()
    v2c.apiMessage.set_defaults(message)
    v2c.apiPDU.set_defaults(pdu)
    values = (v2c.OctetString("text"), v2c.Integer32(7), v2c.IpAddress("192.0.2.1"))
    v2c.apiPDU.set_varbinds(pdu, [(f"1.3.6.1.{i}", value) for i, value in enumerate(values)])
    v2c.apiMessage.set_pdu(message, pdu)
    encoded: bytes = encoder.encode(message)
    return encoded


def _dns_answer() -> bytes:
    asked = b"\x01a\x07example\x00\x00\x01\x00\x01"
    records = (
        b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x12\x00\x01",
        b"\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x05\x04text",
    )
    head = struct.pack("!HHHHHH", 0, 0x8180, 1, len(records), 0, 0)
    return head + asked + b"".join(records)


_STAMP: Final = struct.pack("@ll", 1, 2) * 3
_ERROR: Final = struct.pack("@IBBBBII", 113, 2, 11, 0, 0, 0x00200000, 0)
_OFFENDER: Final = struct.pack("@HH4s8x", 2, 0, b"\xc6\x12\0\1")
_REPORT: Final = (
    ';forepost;;report;0;0;{"boot":1,"results":[{"seq":1,"post":{"probe_id":1,"created_at":'
    '"2026-11-21T09:14:46Z","type":"PING","payload":{},"clock":{"offset_ms":1.0}}}]}'
)

_PACKETS: Final = (
    ipv4(
        "10.0.0.1", "198.18.0.1", 6, tcp(5, 80, 7, 24, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
    ),
    ipv4("198.18.0.1", "10.0.0.1", 17, udp(53, 5_353, _dns_answer())),
    ipv4("0.0.0.0", "255.255.255.255", 17, udp(68, 67, b"\1" + bytes(235) + b"c\x82Sc\x0c\1a")),
)

TARGETS: Final = {
    "icmp": Target(
        icmp, [b"E" + bytes(19) + request(RAW_IPV4, 1, 2, 3, b""), request(IPV6, 1, 2, 3, b"")]
    ),
    "extension": Target(
        extension, [b"\0\0" + bytes(128) + bytes.fromhex("2000 0000 0008 0101 0006 41ff")]
    ),
    "control": Target(
        control,
        [
            bytes([1, 37, len(_STAMP)]) + _STAMP,
            bytes([0, 11, len(_ERROR + _OFFENDER)]) + _ERROR + _OFFENDER,
        ],
    ),
    "trace": Target(trace, [request(IPV6, 7, 2, 3, b""), bytes(10)]),
    "dns": Target(dns, [_dns_answer()]),
    "snmp": Target(snmp, [_snmp_answer()]),
    "usm": Target(usm, [User(SnmpOptions(version="3", user_name="u")).hello()]),
    "certificate": Target(certificate, largest=4_096),
    "uplink": Target(
        uplink,
        [
            b';agent;;probe_get;0;0;[{"id":1}]',
            b';forepost;;clock;0;0;{"number":1,"received_ns":1,"sent_ns":2}',
            b';forepost;;want;0;0;{"revision":"1","probes":[]}',
            _REPORT.encode(),
            b";forepost;;report_z;0;0;" + zlib.compress(_REPORT.split(";", 6)[6].encode()),
        ],
    ),
    "spool": Target(
        spool,
        [
            b"".join(record.encode(record.Record(n, b"{}"), 1, n) for n in (1, 2)),
            bytes.fromhex("020000002d04c36e") + struct.pack("<QQ", 1, 2) + b"{}",
        ],
    ),
    "state file": Target(state_file, [sealed(b"{}"), b"{}"]),
    "wanted documents": Target(
        wanted_documents,
        [
            b'{"probes":[{"id":1,"agent_id":1,"type":"PING"}],"keys":{"1":"AAAA"}}',
            b'{"groups":[{"name":"g","entries":["198.18.0.1"]}]}',
        ],
    ),
    "kept by the agent": Target(
        kept_by_the_agent,
        [
            b'[{"id":1}]',
            b'{"1":"AAAA"}',
            b"8.8.8.8\ta.example\n",
            b'{"revision":"","groups":[]}',
            b'{"revision":"r","parts":[{}]}',
        ],
    ),
    "kept by the controller": Target(
        kept_by_the_controller,
        [b'{"at":"2026-01-01T00:00:00Z"}', b'{"names":["jwt.key"]}', an_archive()],
        largest=16_384,
    ),
    "trafficsim": Target(simulated),
    "ioMessage": Target(
        io_message, [encoded(IoMessage(id="i", priority=1, contentdata=b"x")), b'{"publisher":"p"}']
    ),
    "packet": Target(packet, _PACKETS),
    "capture": Target(
        capture,
        [
            captures.pcap([(n, ethernet(one, IPV4)) for n, one in enumerate(_PACKETS)]),
            captures.pcapng([(n, one) for n, one in enumerate(_PACKETS)], link=101),
        ],
    ),
    "jobs": Target(jobs, JOBS, largest=4_096),
    "container log": Target(container_log, [b"\1\0\0\0\0\0\0\5a b\nc"]),
    "proxy": Target(proxy_answer, EXAMPLES),
    "http": Target(
        http, [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"]
    ),
}
