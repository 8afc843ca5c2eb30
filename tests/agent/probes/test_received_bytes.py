"""Whatever bytes come in, a result comes out: no parser lets an exception of its own escape."""

import contextlib
import ssl
import struct
from collections.abc import Sequence

import anyio
import pytest
from asn1crypto import x509
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyasn1.codec.ber import encoder
from pysnmp.proto.api import v2c

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes import PROBES, certificates
from forepost.agent.probes.dns.expectation import Expectation
from forepost.agent.probes.dns.message import NoAnswer, NoQuestion, Question
from forepost.agent.probes.dns.server import server_of
from forepost.agent.probes.hostport import host_port
from forepost.agent.probes.http.url import url_of
from forepost.agent.probes.snmp import ber
from forepost.agent.probes.snmp.message import Again, Community, NotOurs
from forepost.agent.probes.snmp.usm import User
from forepost.wire.probes.dns import DnsOptions, DnsResult
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.snmp import SnmpOptions
from tests.fakes.clock import FakeClock
from tests.fakes.dialer import FakeDialer
from tests.fakes.net import FakeNet, fake_edges
from tests.lab.certificates import Authority

CHANGES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8)


def changed(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    mutable = bytearray(data)
    for place, value in changes:
        mutable[place % len(mutable)] = value
    return bytes(mutable)


def a_dns_answer(question: Question) -> bytes:
    head = question.wire[:2] + struct.pack("!HHHHH", 0x8180, 1, 3, 0, 0)
    asked = b"\x01a\x07example\x00\x00\x01\x00\x01"
    records = (
        b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x12\x00\x01",
        b"\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x3c\x00\x05\x04text",
        b"\xc0\x0c\x00\x21\x00\x01\x00\x00\x00\x3c\x00\x08\x00\x01\x00\x02\x00\x35\xc0\x0c",
    )
    return head + asked + b"".join(records)


@given(st.binary(max_size=300))
def test_any_bytes_are_no_dns_answer(data: bytes) -> None:
    with pytest.raises(NoAnswer):
        Question("a.example", "A").read(data)


@given(CHANGES)
def test_a_broken_dns_answer_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    question = Question("a.example", "A")
    assert len(question.read(a_dns_answer(question)).answers) == 3
    try:
        got = question.read(changed(a_dns_answer(question), changes))
    except NoAnswer:
        return
    assert got.code


KINDS = ("A", "MX", "TXT", "SOA", "CAA", "SVCB", "DNSKEY", "NAPTR", "LOC", "TYPE65400")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=60), CHANGES)
def test_any_record_is_compared_with_what_is_expected(
    kind: str, rdata: bytes, changes: list[tuple[int, int]]
) -> None:
    expected = {
        "A": "192.0.2.1",
        "MX": "10 mail.example",
        "SOA": "ns. host. 1 2 3 4 5",
        "CAA": '0 issue "ca.example"',
        "SVCB": "1 . alpn=h2",
        "DNSKEY": "257 3 13 AAAA",
        "NAPTR": '1 2 "s" "x" "" .',
        "LOC": "1 N 2 E 3",
        "TYPE65400": r"\# 1 00",
    }.get(kind, "text")
    options = DnsOptions(record_type=kind, expected_values=[expected], expected_match="exactly")
    question = Question("a.example", kind)
    head = question.wire[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
    asked = question.wire[12:27]
    record = b"\xc0\x0c" + asked[-4:] + bytes(4) + struct.pack("!H", len(rdata)) + rdata
    with contextlib.suppress(NoAnswer):
        reply = question.read(head + changed(asked + record, changes))
        assert isinstance(Expectation(options).objection(reply), str)


@settings(max_examples=100, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=3), st.booleans())
def test_any_answers_to_edns_are_a_result(
    several: list[list[tuple[int, int]]], keeps_number: bool
) -> None:
    """Also those that have it asked again without."""
    said = iter(several)

    def peer(question: bytes) -> list[bytes]:
        whole = changed(question[:2] + b"\x81\x81" + question[4:], next(said, []))
        return [question[:2] + whole[2:] if keeps_number else whole]

    dialer, clock = FakeDialer(), FakeClock()
    dialer.peers["192.0.2.1", 53] = peer
    edges = fake_edges(FakeNet(clock), dialer=dialer)
    options = DnsOptions(dns_server="192.0.2.1", timeout_sec=0.02, expected_rcodes=["NOERROR"])
    got = anyio.run(PROBES["DNS"], options, "a.example", clock, edges)
    assert isinstance(got, DnsResult)
    assert got.response_code == "ERROR" or got.as_expected is not None or got.error
    assert dialer.open == 0


@given(st.text(max_size=80), st.sampled_from(["A", "PTR", "TYPE0", "ANY", "x"]))
def test_any_name_is_asked_or_refused(name: str, record_type: str) -> None:
    with contextlib.suppress(NoQuestion):
        assert Question(name, record_type).wire


@given(st.text(max_size=80), st.sampled_from(["udp", "dot", "doh"]))
def test_any_text_is_an_endpoint_or_refused(text: str, protocol: str) -> None:
    for read in (host_port, url_of, lambda one: server_of(one, protocol)):  # type: ignore[arg-type]
        with contextlib.suppress(Failed):
            assert str(read(text))


def an_snmp_answer() -> bytes:
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, b"public")
    pdu = v2c.GetResponsePDU()
    v2c.apiPDU.set_defaults(pdu)
    values = (
        v2c.OctetString("text"),
        v2c.Integer32(7),
        v2c.TimeTicks(9),
        v2c.IpAddress("192.0.2.1"),
    )
    v2c.apiPDU.set_varbinds(pdu, [(f"1.3.6.1.{i}", value) for i, value in enumerate(values)])
    v2c.apiMessage.set_pdu(message, pdu)
    encoded: bytes = encoder.encode(message)
    return encoded


@given(st.binary(max_size=200))
def test_any_bytes_are_no_snmp_answer(data: bytes) -> None:
    user = User(SnmpOptions(version="3", user_name="u", auth_password="12345678"))
    user.hello()
    for hear in (Community("1", "public").hear, user.greeted, user.hear):
        with pytest.raises(NotOurs):
            hear(data)


@settings(max_examples=300)
@given(CHANGES)
def test_a_broken_snmp_answer_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    whole = an_snmp_answer()
    assert len(Community("2c", "public").hear(whole).values) == 4
    for version in ("1", "2c"):
        with contextlib.suppress(NotOurs):
            Community(version, "public").hear(changed(whole, changes))


@settings(max_examples=300)
@given(CHANGES)
def test_a_broken_message_of_version_3_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    user = User(SnmpOptions(version="3", user_name="u", auth_password="12345678"))
    hello = user.hello()
    for hear in (user.greeted, user.hear):
        with contextlib.suppress(NotOurs, Failed, Again):
            hear(changed(hello, changes))


@settings(max_examples=60, deadline=None)
@given(CHANGES)
def test_a_broken_message_with_privacy_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    user = User(
        SnmpOptions(
            version="3", user_name="u", auth_password="12345678", privacy_password="12345678"
        )
    )
    version, head, security, data = ber.elements(ber.several(user.hello(), ber.SEQUENCE)[0])
    told = (ber.element(ber.OCTETS, b"\x80engine"), ber.integer(5), ber.integer(9))
    security_of = ber.element(ber.SEQUENCE, *told, *[ber.element(ber.OCTETS)] * 3)
    greeting = ber.element(
        ber.SEQUENCE,
        *(ber.element(one.tag, one.content) for one in (version, head)),
        ber.element(security.tag, security_of),
        ber.element(data.tag, data.content),
    )
    with contextlib.suppress(NotOurs, Failed, Again):
        user.greeted(changed(greeting, changes))
    user.greeted(greeting)
    with contextlib.suppress(NotOurs, Failed, Again):
        user.hear(changed(user.ask("get", ["1.3.6.1"], 1, 0), changes))


@pytest.fixture(scope="module")
def der(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    authority = Authority(tmp_path_factory.mktemp("ca"))
    leaf = authority.ca.issue_cert("a.example", "*.b.example", "192.0.2.1", "2001:db8::1")
    return x509.Certificate.load(_der(leaf.cert_chain_pems[0].bytes())).dump()  # type: ignore[no-any-return]


def _der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode())


@given(st.binary(max_size=300))
def test_any_bytes_are_no_certificate(data: bytes) -> None:
    assert certificates.read(data).unreadable == ("certificate",)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES)
def test_a_broken_certificate_is_read_or_refused(
    der: bytes, changes: list[tuple[int, int]]
) -> None:
    got = certificates.read(changed(der, changes))
    assert got.subject == str(got.subject)
    got.is_for("a.example")
    got.is_for("192.0.2.1")


PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=x\r\nContent-Length: 4\r\n\r\nabcd"


def measured(kind: str, options: object, pieces: Sequence[bytes], port: int) -> object:
    async def measure() -> object:
        clock, dialer = FakeClock(), FakeDialer()
        dialer.peers["192.0.2.1", port] = lambda _: [*pieces, b""]
        got = await PROBES[kind](
            options, "192.0.2.1", clock, fake_edges(FakeNet(clock), dialer=dialer)
        )
        assert dialer.open == 0
        return got

    return anyio.run(measure)


@settings(max_examples=60)
@given(PIECES)
def test_any_bytes_are_a_result_of_http(pieces: list[bytes]) -> None:
    options = HttpOptions(url="http://192.0.2.1/", timeout_sec=1)
    got = measured("HTTP", options, pieces, 80)
    assert getattr(got, "error", "").startswith("response: ")


@settings(max_examples=100)
@given(CHANGES, st.integers(1, len(RESPONSE)))
def test_a_broken_response_is_a_result_of_http(changes: list[tuple[int, int]], cut: int) -> None:
    broken = changed(RESPONSE, changes)
    options = HttpOptions(url="http://192.0.2.1/", timeout_sec=0.05, expected_content="abcd")
    measured("HTTP", options, [broken[:cut], broken[cut:]] if broken[cut:] else [broken], 80)


@settings(max_examples=60)
@given(PIECES)
def test_any_bytes_are_a_result_of_dns_over_tcp(pieces: list[bytes]) -> None:
    options = DnsOptions(dns_server="192.0.2.1", protocol="tcp", timeout_sec=1)
    got = measured("DNS", options, pieces, 53)
    assert getattr(got, "error", "").startswith("query: ")


@settings(max_examples=30)
@given(PIECES)
def test_any_datagrams_are_a_result_of_dns_and_snmp(pieces: list[bytes]) -> None:
    dns = DnsOptions(dns_server="192.0.2.1", timeout_sec=0.01, edns_size=0)
    assert getattr(measured("DNS", dns, pieces, 53), "ignored", 0) == len(pieces) + 1
    snmp = SnmpOptions(timeout_sec=0.01, retries=0)
    assert getattr(measured("SNMP", snmp, pieces, 161), "ignored", 0) == len(pieces) + 1
