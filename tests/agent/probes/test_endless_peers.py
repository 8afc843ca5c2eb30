"""Peers that never stop: the rest of the agent goes on, and the result says why it has an end."""

import struct
import time

import anyio
import pytest
from pyasn1.codec.ber import encoder
from pysnmp.proto.api import v2c

from forepost.agent.probes import tls
from forepost.agent.probes.dns import probe as dns
from forepost.agent.probes.http import probe as http
from forepost.agent.probes.snmp import probe
from forepost.kit.clock import SystemClock
from forepost.wire.probes.dns import DnsOptions
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.snmp import SnmpOptions
from forepost.wire.probes.tls import TlsOptions
from tests.fakes.endless import flooding, saying, watched
from tests.lab.peers import real_edges

pytestmark = pytest.mark.anyio

TIMEOUT_SEC = 1.0
MOST_SEC = 15.0
"""What a test allows a result, on a machine that does other things too."""
PAUSE_SEC = 2.0
"""One packet of 64 KiB of SNMP costs a quarter of a second on a quiet machine."""
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "for_ever", "reason"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", "response: more than 16 responses only"),
        (b"", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", "response: more than 16 responses only"),
        (OK, b"X-Header: value\r\n", "response: Receive buffer too long"),
        (CHUNKED, b"1\r\nx\r\n", "body: it comes in more than 65,536 pieces"),
        (CHUNKED, b"1;" + b"e" * 300 + b"\r\nx\r\n", "body: "),
        (CHUNKED + b"0\r\n", b"X-Trailer: value\r\n", "body: Receive buffer too long"),
        (OK + b"\r\n", b"body ", ""),
    ],
)
async def test_an_http_server_that_never_stops(first: bytes, for_ever: bytes, reason: str) -> None:
    options = HttpOptions(timeout_sec=TIMEOUT_SEC)
    began = time.monotonic()
    with saying(first, for_ever) as port, anyio.fail_after(20):
        async with watched() as pauses:
            url = f"http://127.0.0.1:{port}/"
            got = await http.run(options, url, SystemClock(), real_edges())
    assert time.monotonic() - began < MOST_SEC
    assert pauses.longest_sec < PAUSE_SEC
    late = [
        f"{part} in {TIMEOUT_SEC:g} s" for part in ("response: no answer", "body: not complete")
    ]
    assert got.error in late or (got.error.startswith(reason) and bool(got.error) == bool(reason))
    assert got.body_truncated == (not reason)


@pytest.mark.parametrize("kind", ["another id", "a question", "malformed", "records"])
async def test_a_dns_server_that_floods_wrong_answers(kind: str) -> None:
    def answer(question: bytes) -> bytes:
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x12\x00\x01"
        return {
            "another id": bytes(byte ^ 255 for byte in question[:2]) + question[2:],
            "a question": question,
            "malformed": b"\0",
            "records": question[:2]
            + struct.pack("!HHHHH", 0x8180, 1, 900, 0, 0)
            + b"\x01a\x07another\x00\x00\x01\x00\x01"
            + record * 900,
        }[kind]

    began = time.monotonic()
    with flooding(answer) as port, anyio.fail_after(20):
        async with watched() as pauses:
            options = DnsOptions(timeout_sec=TIMEOUT_SEC, dns_server=f"127.0.0.1:{port}")
            got = await dns.run(options, "a.example", SystemClock(), real_edges())
    assert time.monotonic() - began < MOST_SEC
    assert pauses.longest_sec < PAUSE_SEC
    assert "ignored, the last one: " in got.error
    assert got.ignored > 1
    assert got.ignored <= 256


async def test_a_dns_server_that_sends_for_ever_over_tcp() -> None:
    began = time.monotonic()
    with saying(b"\xff\xff", b"\0", after=b"example") as port, anyio.fail_after(20):
        async with watched() as pauses:
            at = f"127.0.0.1:{port}"
            options = DnsOptions(timeout_sec=TIMEOUT_SEC, dns_server=at, protocol="tcp")
            got = await dns.run(options, "a.example", SystemClock(), real_edges())
    assert time.monotonic() - began < MOST_SEC
    assert pauses.longest_sec < PAUSE_SEC
    assert got.error.startswith("query: another id")


def an_snmp_answer(values: int) -> bytes:
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, b"public")
    pdu = v2c.GetResponsePDU()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, 7)
    v2c.apiPDU.set_varbinds(pdu, [(f"1.3.6.1.{i}", v2c.Integer32(7)) for i in range(values)])
    v2c.apiMessage.set_pdu(message, pdu)
    encoded: bytes = encoder.encode(message)
    return encoded


@pytest.mark.parametrize("said", [b"\0", an_snmp_answer(1), an_snmp_answer(1_000), bytes(60_000)])
async def test_an_snmp_agent_that_floods_wrong_answers(said: bytes) -> None:
    began = time.monotonic()
    with flooding(lambda _: said) as port, anyio.fail_after(20):
        async with watched() as pauses:
            options = SnmpOptions(timeout_sec=TIMEOUT_SEC, retries=1)
            target = f"127.0.0.1:{port}"
            got = await probe.run(options, target, SystemClock(), real_edges())
    assert time.monotonic() - began < MOST_SEC
    assert pauses.longest_sec < PAUSE_SEC
    assert got.error.startswith("get: ")
    assert 0 < got.ignored <= 256


HELLO_REQUESTS = b"\x16\x03\x03\x00\x04" + b"\0\0\0\0"
"""What asks for a new handshake (TLS 1.2), in the middle of one: a client passes over it."""
WARNINGS = b"\x15\x03\x03\x00\x02\x01\x70"
PARTS = b"\x16\x03\x03\x00\x04" + b"\x0b\x00\xff\xff"


@pytest.mark.parametrize("records", [HELLO_REQUESTS, WARNINGS, PARTS, b"\x16\x03\x03\x00\x01\x02"])
async def test_a_tls_server_whose_handshake_has_no_end(records: bytes) -> None:
    began = time.monotonic()
    with saying(b"", records, after=b"\x16") as port, anyio.fail_after(20):
        async with watched() as pauses:
            options = TlsOptions(timeout_sec=TIMEOUT_SEC, insecure_skip_verify=True)
            target = f"127.0.0.1:{port}"
            got = await tls.run(options, target, SystemClock(), real_edges())
    assert time.monotonic() - began < MOST_SEC
    assert pauses.longest_sec < PAUSE_SEC
    assert got.error.startswith("tls: ")
