"""Names by nDPI: what it finds beside our own parsers, and what happens without it."""

import ssl
import sys
import types

import dns.message
import msgspec
import pytest

from forepost.agent.flows import names, records, views
from forepost.agent.flows.flow import fresh
from forepost.agent.flows.names import Rules
from forepost.agent.flows.sides import Sides
from forepost.agent.meter.both import Both
from forepost.agent.meter.inspection import Inspection
from forepost.agent.meter.names.ndpi import MOST_FLOWS, PACKETS, Ndpi, Unavailable
from forepost.agent.meter.packet import IPV4, Packet, flow_key, parse
from forepost.wire.flows.meter import FLOW, FlowLabel
from tests.lab.frames import ACK, PSH, ipv4, tcp, udp


@pytest.fixture(scope="module")
def ndpi() -> Ndpi:
    return Ndpi(lambda: 1_000)


def hello(name: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    came, left = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = context.wrap_bio(came, left, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        asking.do_handshake()
    return left.read()


def packet(inner: bytes, protocol: int) -> Packet:
    found = parse(IPV4, 0, ipv4("10.0.0.1", "198.18.0.1", protocol, inner))
    assert found is not None
    return found


def labels(ndpi: Ndpi, one: Packet, times: int = PACKETS) -> list[FlowLabel]:
    key, direction = flow_key(one)
    ndpi.forget(key)
    found = [ndpi.look(key, direction, one) for _ in range(times)]
    return [label for label in found if label is not None]


def test_it_names_applications_once(ndpi: Ndpi) -> None:
    one = packet(tcp(40_000, 443, 1, PSH | ACK, hello("www.netflix.com")), 6)
    (label,) = labels(ndpi, one, times=2 * PACKETS)
    assert (label.protocol, label.application, label.server_name, label.reason) == (
        "TLS", "NetFlix", "www.netflix.com", "ndpi",
    )  # fmt: skip


def test_it_knows_protocols_that_our_parsers_do_not(ndpi: Ndpi) -> None:
    banner = packet(tcp(40_000, 5_432, 1, PSH | ACK, b"\0\0\0\x08\x04\xd2\x16\x2f"), 6)
    query = packet(udp(40_000, 53, dns.message.make_query("a.example", "A").to_wire()), 17)
    assert [label.protocol for label in labels(ndpi, query)] == ["DNS"]
    assert len(labels(ndpi, banner)) <= 1


def test_what_it_does_not_know_has_no_label_and_is_forgotten(ndpi: Ndpi) -> None:
    noise = packet(udp(40_000, 39_999, bytes(range(7, 200))), 17)
    assert labels(ndpi, noise) == []
    assert len(ndpi) == 0


def test_flows_that_it_waits_for_are_bounded(ndpi: Ndpi) -> None:
    for number in range(MOST_FLOWS + 50):
        one = packet(udp(1_024 + number % 60_000, 30_000 + number // 60_000, b"\x99\x98\x97"), 17)
        ndpi.look(*flow_key(one), one)
    assert len(ndpi) <= MOST_FLOWS


def test_beside_our_own_parsers_ours_come_first(ndpi: Ndpi) -> None:
    one = packet(tcp(40_001, 443, 1, PSH | ACK, hello("www.netflix.com")), 6)
    key, direction = flow_key(one)
    both = Both(Inspection(), ndpi)
    found = [
        label
        for _ in range(PACKETS)
        for label in both.look(key, direction, one, one.whole[one.headers : one.end])
    ]
    assert {label.reason for label in found if isinstance(label, FlowLabel)} == {"tls_sni", "ndpi"}
    flow = fresh(
        "eth0", key, FLOW.pack(1, 0, 60, 0, 1, 1, *[0] * 14, bytes(6), bytes(6), 0), Sides()
    )
    for label in found:
        assert isinstance(label, FlowLabel)
        names.by_label(flow, label)
    names.by_rules(flow, Rules())
    assert (flow.server_name, flow.detected, flow.application, flow.reason) == (
        "www.netflix.com", "TLS", "NetFlix", "tls_sni",
    )  # fmt: skip
    assert views.view(flow, 0, 0).ndpi == "TLS.NetFlix"
    both.forget(key)


@pytest.mark.parametrize("ndpi_first", [True, False])
def test_both_labels_are_kept(*, ndpi_first: bool) -> None:
    """Whichever comes first; and what nDPI calls by another word has ours."""
    of = flow_key(packet(tcp(40_001, 5_432, 1, PSH | ACK, b"x"), 6))[0]
    row = FLOW.pack(1, 0, 60, 0, 1, 1, *[0] * 14, bytes(6), bytes(6), 0)
    ours = FlowLabel(key=of, protocol="TLS", server_name="db.test", reason="tls_sni", confidence=95)
    theirs = FlowLabel(
        key=of, protocol="POSTGRES", application="AmazonAWS", server_name="aws.test",
        reason="ndpi", confidence=90,
    )  # fmt: skip
    flow = fresh("eth0", of, row, Sides())
    for label in (theirs, ours) if ndpi_first else (ours, theirs):
        names.by_label(flow, label)
    names.by_rules(flow, Rules())
    record = records.record(flow, "flow_dpi_complete", privacy=0, offset_ns=0).flow
    assert (record.detected_protocol_name, record.host_server_name) == ("TLS", "db.test")
    assert msgspec.to_builtins(record.ndpi) == {
        "protocol": "PostgreSQL", "application": "AmazonAWS", "server_name": "aws.test",
        "confidence": 90,
    }  # fmt: skip
    hidden = records.record(flow, "flow_dpi_complete", privacy=1, offset_ns=0).flow
    assert msgspec.to_builtins(hidden.ndpi)["server_name"] == ""


def test_without_the_engine_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_lib_engine", None)
    with pytest.raises(Unavailable, match=r"nfstream==6\.6\.0"):
        Ndpi(lambda: 0)


def test_another_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = types.ModuleType("_lib_engine")
    other.ffi = types.SimpleNamespace(string=lambda text: text)  # type: ignore[attr-defined]
    other.lib = types.SimpleNamespace(engine_lib_version=lambda: b"9.9.9")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "_lib_engine", other)
    with pytest.raises(Unavailable, match=r"not 9\.9\.9"):
        Ndpi(lambda: 0)
