"""Names behind and beside what is nothing known: proxies, STARTTLS, other packets of QUIC."""

import struct
from typing import Final

import dns.message
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.meter.names import quic, tls
from forepost.wire.flows.meter import FlowLabel, Hint
from tests.agent.meter.test_names_in_packets import Line, answer_of, hellos, initials
from tests.lab.certificates import Authority

NAME = "www.example.com"
PROXY_2 = bytes.fromhex("0d0a0d0a000d0a515549540a 2111 000c 0a000001 0a000002 9c40 01bb")
SOCKS_NAME = b"\3\x0fwww.example.com\x01\xbb"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    return hellos(NAME, Authority(tmp_path_factory.mktemp("behind")).server(NAME))


# fmt: off
TALKS: dict[str, list[tuple[bool, bytes]]] = {
    "smtp": [(True, b"220 mx ESMTP\r\n"), (False, b"EHLO me\r\n"),
             (True, b"250-mx\r\n250 STARTTLS\r\n"), (False, b"STARTTLS\r\n"),
             (True, b"220 go\r\n")],
    "imap": [(True, b"* OK ready\r\n"), (False, b"a STARTTLS\r\n"), (True, b"a OK begin\r\n")],
    "pop3": [(True, b"+OK\r\n"), (False, b"STLS\r\n"), (True, b"+OK\r\n")],
    "ftp": [(True, b"220 hi\r\n"), (False, b"AUTH TLS\r\n"), (True, b"234 go\r\n")],
    "xmpp": [(False, b"<stream:stream to='a'>"), (True, b"<stream:features><starttls/>"),
             (False, b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
             (True, b"<proceed/>")],
    "ldap": [(False, bytes.fromhex("301d0201017718801631") + b".3.6.1.4.1.1466.20037"),
             (True, bytes.fromhex("300c02010178070a010004000400"))],
    "postgresql": [(False, bytes.fromhex("0000000804d2162f")), (True, b"S")],
    "mysql": [(True, b"\x4a\0\0\0\n8.0.35\0" + bytes(66)),
              (False, b"\x20\0\0\1\x05\xae\xff\x19" + bytes(28))],
    "socks5": [(False, b"\5\2\0\2"), (True, b"\5\2"), (False, b"\1\2me\2pw"), (True, b"\1\0"),
               (False, b"\5\1\0" + SOCKS_NAME), (True, b"\5\0\0\1" + bytes(6))],
    "socks4a": [(False, b"\4\1\1\xbb\0\0\0\1me\0www.example.com\0"), (True, b"\0\x5a" + bytes(6))],
    "proxy 1": [(False, b"PROXY TCP4 198.18.0.1 198.18.0.2 40000 443\r\n")],
    "proxy 2": [(False, PROXY_2)],
    "postgresql behind a proxy": [(False, PROXY_2), (False, bytes.fromhex("0000000804d2162f")),
                                  (True, b"S")],
}
# fmt: on


@pytest.mark.parametrize("talk", sorted(TALKS))
def test_a_hello_behind_something_else(talk: str, both: tuple[bytes, bytes]) -> None:
    line = Line(5_555)
    for back, said in TALKS[talk]:
        line.tcp(said, back=back)
    line.tcp(both[0])
    assert (line.label.protocol, line.label.server_name) == ("TLS", NAME)
    line.tcp(both[1], back=True)
    assert line.label.final
    assert line.label.facts.tls_cipher
    assert line.label.client == 0


@pytest.mark.parametrize("before", ["proxy 1", "proxy 2", "socks5", "socks4a"])
def test_a_request_of_http_behind_a_proxy(before: str) -> None:
    line = Line(8_888)
    for back, said in TALKS[before]:
        line.tcp(said, back=back)
    line.tcp(b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
    assert (line.label.protocol, line.label.server_name) == ("HTTP", NAME)


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "MKCALENDAR", "QUERY", "BREW", "x-own"])
def test_any_method_of_http(method: str) -> None:
    line = Line(8_888)
    line.tcp(f"{method} /a HTTP/1.1\r\nHost: www.example.com\r\n\r\n".encode())
    assert (line.label.server_name, line.label.facts.http_method) == (NAME, method)


def test_an_encrypted_hello_is_told(both: tuple[bytes, bytes]) -> None:
    record = both[0]
    hello = bytearray(record[5:])
    at = 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2])
    at += 1 + hello[at]
    more = struct.pack("!HH", 0xFE0D, 10) + bytes(10)
    size = int.from_bytes(hello[at : at + 2]) + len(more)
    hello[at : at + 2] = size.to_bytes(2)
    hello += more
    hello[1:4] = (len(hello) - 4).to_bytes(3)
    line = Line(443)
    line.tcp(b"\x16\x03\1" + len(hello).to_bytes(2) + bytes(hello))
    assert (line.label.server_name, line.label.facts.tls_ech) == (NAME, True)
    assert not tls.client_hello(tls.handshake(record)).ech


OLD_SALT: Final = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
SALT: Final = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
FIRST_WITH_THE_SALT_OF_NOW: Final = 0xFF00_0021


@pytest.mark.parametrize("version", [0xFF00_0000 | number for number in range(29, 35)])
def test_drafts_of_quic(version: int) -> None:
    line = Line(443)
    line.udp(sealed(version, hello_of(initials(NAME, 1))))
    assert (line.label.protocol, line.label.server_name) == ("QUIC", NAME)


def hello_of(datagrams: list[bytes]) -> bytes:
    read = quic.ClientInitials()
    assert all(read.add(one) for one in datagrams)
    return read.message()


def sealed(version: int, hello: bytes) -> bytes:
    """An Initial of a version that has the labels of version 1 (RFC 9001, section 5)."""
    secret = expand(
        hmac(SALT if version in (1, *range(FIRST_WITH_THE_SALT_OF_NOW, 1 << 32)) else OLD_SALT,
             b"12345678"), b"client in", 32)  # fmt: skip
    key, iv, mask_key = (
        expand(secret, b"quic " + what, size)
        for what, size in ((b"key", 16), (b"iv", 12), (b"hp", 16))
    )
    plain = b"\6\0" + (0x4000 | len(hello)).to_bytes(2) + hello
    length = (0x4000 | (1 + len(plain) + 16)).to_bytes(2)
    head = b"\xc0" + version.to_bytes(4) + b"\x0812345678\0\0" + length + b"\0"
    body = AESGCM(key).encrypt(iv, plain, head)
    cipher = Cipher(algorithms.AES(mask_key), modes.ECB())
    mask = cipher.encryptor().update(body[3:19])
    return bytes((head[0] ^ mask[0] & 15,)) + head[1:-1] + bytes((mask[1],)) + body


def hmac(key: bytes, data: bytes) -> bytes:
    made = HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


def expand(secret: bytes, label: bytes, size: int) -> bytes:
    full = b"tls13 " + label
    return hmac(secret, size.to_bytes(2) + bytes((len(full),)) + full + b"\0\1")[:size]


def long_header(kind: int, body: bytes) -> bytes:
    """0-RTT (1), Handshake (2), or an Initial (0)."""
    token = b"\0" if kind == 0 else b""
    length = (0x4000 | len(body)).to_bytes(2)
    return bytes((0xC0 | kind << 4, 0, 0, 0, 1)) + b"\x0887654321\0" + token + length + body


RETRY: Final = b"\xf0\0\0\0\1\0\x0812345678" + bytes(40)
BEFORE: Final = {
    "0-rtt": (False, long_header(1, bytes(50))),
    "handshake": (False, long_header(2, bytes(50))),
    "retry": (True, RETRY),
    "versions": (True, b"\x80\0\0\0\0\0\x0812345678\x1a\x2a\x3a\x4a\0\0\0\1"),
    "short header": (False, b"\x41" + bytes(40)),
    "spoilt": (False, long_header(0, bytes(50))),
}


@pytest.mark.parametrize("before", sorted(BEFORE))
def test_other_packets_of_quic_before_the_first(before: str) -> None:
    line = Line(443)
    back, data = BEFORE[before]
    line.udp(data, back=back)
    for one in initials(NAME, 1):
        line.udp(one)
    assert line.label.server_name == NAME
    assert line.label.client == 0


def test_another_packet_in_the_same_datagram() -> None:
    line = Line(443)
    for one in initials(NAME, 1):
        line.udp(long_header(1, bytes(30)) + one)
    assert line.label.server_name == NAME


def test_after_a_retry_a_client_goes_on_with_other_keys() -> None:
    line = Line(443)
    line.udp(sealed(1, hello_of(initials("old.example.com", 1))[:100]))
    line.udp(RETRY, back=True)
    for one in initials(NAME, 1):
        line.udp(one)
    assert line.label.server_name == NAME


def test_dns_over_tcp_and_on_any_port() -> None:
    answer = answer_of(NAME, (f"{NAME}.", "A", "93.184.216.34"))
    query = dns.message.make_query(NAME, "A").to_wire()
    line = Line(53)
    line.tcp(len(query).to_bytes(2) + query, size=8)
    assert line.label.facts.dns_query == NAME
    line.tcp(len(answer).to_bytes(2) + answer, back=True)
    assert (line.label.protocol, line.label.facts.dns_code) == ("DNS", "NOERROR")
    assert line.label.client == 0
    assert any(isinstance(one, Hint) and one.name == NAME for one in line.found)
    odd = Line(5_300)
    odd.udp(query)
    odd.udp(answer, back=True)
    assert (odd.label.protocol, odd.label.facts.dns_query, odd.label.client) == ("DNS", NAME, 0)


@pytest.mark.parametrize(
    ("port", "data", "protocol", "query"),
    [
        (5_353, b"\0\0\0\0\0\2\0\0\0\0\0\0\5_http\4_tcp\5local\0\0\x0c\x80\1\xc0\x0c\0\x0c\0\1",
         "MDNS", "_http._tcp.local"),
        (5_353, b"\0\0\x84\0\0\0\0\1\0\0\0\0\6my tv\x21\5local\0\0\1\x80\1" + bytes(14),
         "MDNS", "my tv!.local"),
        (5_355, b"\1\2\0\0\0\1\0\0\0\0\0\0\x07printer\0\0\1\0\1", "LLMNR", "printer"),
    ],
)  # fmt: skip
def test_names_of_the_local_network(port: int, data: bytes, protocol: str, query: str) -> None:
    line = Line(port)
    line.udp(data)
    assert (line.label.protocol, line.label.facts.dns_query) == (protocol, query)


def test_ssdp_and_its_answer() -> None:
    line = Line(1_900)
    line.udp(b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nUSER-AGENT: a/1\r\n\r\n")
    assert (line.label.protocol, line.label.reason) == ("SSDP", "ssdp")
    assert line.label.facts.http_user_agent == "a/1"
    line = Line(1_900)
    line.udp(b"HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n", back=True)
    assert (line.label.protocol, line.label.client) == ("SSDP", 0)


ETHERNET: Final = bytes(12) + b"\x08\0" + bytes(28)


@pytest.mark.parametrize(
    ("port", "data", "protocol"),
    [
        (51_820, b"\1\0\0\0" + b"w" * 144, "WireGuard"),
        (40_500, b"\2\0\0\0" + b"w" * 88, "WireGuard"),
        (40_500, b"\4\0\0\0" + b"w" * 124, "WireGuard"),
        (4_789, b"\x08\0\0\0\0\0\7\0" + ETHERNET, "VXLAN"),
        (6_081, b"\0\0\x65\x58\0\0\7\0" + ETHERNET, "Geneve"),
        (3_544, b"\x60" + bytes(60), "Teredo"),
        (2_152, b"\x30\xff\0\x14\0\0\0\1" + bytes(20), "GTP"),
        (2_123, b"\x48\x20\0\x14\0\0\0\1" + bytes(20), "GTP"),
    ],
)
def test_tunnels_by_their_shape(port: int, data: bytes, protocol: str) -> None:
    line = Line(port)
    line.udp(data)
    assert (line.label.protocol, line.label.reason) == (protocol, "tunnel")
    for other in (data[:7], b"\xff" + data[1:]):
        odd = Line(port)
        odd.udp(other)
        assert odd.found == []


PARTS = st.tuples(
    st.booleans(), st.sampled_from(sorted(TALKS)), st.integers(0, 60), st.binary(max_size=40)
)


@settings(max_examples=300)
@given(st.lists(PARTS, max_size=8), st.booleans(), st.sampled_from([53, 443, 1_900, 5_353, 9_999]))
def test_whatever_is_cut_and_put_together(
    said: list[tuple[bool, str, int, bytes]], datagrams: bool, port: int
) -> None:
    line = Line(port)
    for back, talk, cut, tail in said:
        data = b"".join(part for _, part in TALKS[talk])[cut:] + tail
        (line.udp if datagrams else line.tcp)(data, back=back)
    assert all(isinstance(one, FlowLabel | Hint) for one in line.found)
