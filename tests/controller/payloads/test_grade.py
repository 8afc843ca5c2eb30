"""How a result of each type is found to be, and why, in words."""

from typing import Any

import pytest

from forepost.controller.payloads import TYPES, grade_of, metrics_of
from forepost.wire.probes import KINDS
from tests.controller.alerts.samples import (
    DNS,
    GOOD_PATH,
    HTTP,
    NETINFO,
    PING,
    SNMP,
    SYSINFO,
    TLS,
    TRAFFICSIM,
    but,
    hop,
    mtr,
)
from tests.controller.alerts.test_metrics import row

TCP: dict[str, Any] = {"loss_pct": 0, "min_ms": 1, "max_ms": 2, "connects_ms": [1, 2]}
SERVICE: dict[str, Any] = {"tcp_connect_ms": 1, "answer_ms": 2, "total_ms": 4}
NTP: dict[str, Any] = {"rtt_ms": 2, "offset_ms": -3}
UDP: dict[str, Any] = {"loss_pct": 0, "min_ms": 1, "max_ms": 2, "answers_ms": [1, 2]}
OF_PING_LOST = but(PING, packets_recv=0, packet_loss=100.0, avg_rtt=0)
CHAIN = [
    {"subject": "CN=www.example.org", "days_until_expiry": 80},
    {"subject": "CN=Old Root", "days_until_expiry": -40},
]

FINE: dict[str, dict[str, Any]] = {
    "DNS": DNS,
    "HTTP": HTTP,
    "MTR": GOOD_PATH,
    "NETINFO": NETINFO,
    "PING": PING,
    "SNMP": SNMP,
    "SPEEDTEST": {"test_data": [{"url": "x"}]},
    "SYSINFO": SYSINFO,
    "TCP": TCP,
    "TLS": TLS,
    "TRAFFICSIM": TRAFFICSIM,
    "UDP": UDP,
    **dict.fromkeys(("MQTT", "REDIS", "SMTP", "SSH", "WEBSOCKET"), SERVICE),
    "NTP": NTP,
}

FAILED: list[tuple[str, dict[str, Any], str]] = [
    ("DNS", but(DNS, response_code="SERVFAIL"), "SERVFAIL"),
    ("DNS", but(DNS, response_code="ERROR", error="timed out"), "timed out"),
    ("HTTP", but(HTTP, status_code=0, error="connect: refused"), "connect: refused"),
    ("HTTP", but(HTTP, status_code=503), "status 503"),
    ("HTTP", but(HTTP, error="status: 503 was not expected", final_url="x"), "status: 503 was"),
    ("HTTP", but(HTTP, error="content: not found"), "content: not found"),
    ("HTTP", but(HTTP, certificate_info={"days_until_expiry": -1}), "the certificate has expired"),
    ("MTR", mtr(hop(1, "192.0.2.1"), hop(2, ""), hop(3, "")), "the last hop that answers is 1"),
    ("MTR", mtr(hop(1, ""), hop(2, "")), "no hop answers"),
    ("MTR", {"report": {"hops": []}, "error": "unknown name"}, "unknown name"),
    ("PING", OF_PING_LOST, "no answer"),
    ("PING", but(OF_PING_LOST, error="no route to host"), "no route to host"),
    ("PING", {"packets_sent": 0, "error": "unknown name"}, "unknown name"),
    ("SNMP", {"query_time_ms": 0, "error": "timed out", "results": None}, "timed out"),
    ("SPEEDTEST", {"test_data": [], "error": "no server"}, "no server"),
    ("SYSINFO", but(SYSINFO, disks=[{"mount": "/", "used_pct": 99.2}]), "/: 99.2 % are used"),
    ("TCP", but(TCP, loss_pct=100, connects_ms=[None, None], error="refused"), "refused"),
    *(
        (kind, but(SERVICE, error="greeting: no answer in 2 s"), "greeting: no answer")
        for kind in ("MQTT", "REDIS", "SMTP", "SSH", "WEBSOCKET")
    ),
    ("NTP", but(NTP, error="answer: stratum 8; the most is 3"), "answer: stratum 8; the most is 3"),
    (
        "UDP",
        but(UDP, loss_pct=100, answers_ms=[None], error="no answer in 2 s"),
        "no answer in 2 s",
    ),
    ("TLS", but(TLS, is_expired=True), "the certificate has expired"),
    ("TLS", but(TLS, error="self-signed certificate"), "self-signed certificate"),
    ("TLS", {"error": "connect: refused"}, "no handshake: connect: refused"),
    ("TLS", but(TLS, certificate_chain=CHAIN), "the certificate of CN=Old Root has expired"),
    ("TRAFFICSIM", but(TRAFFICSIM, receivedPackets=0, lossPercentage=100.0), "no answer"),
]
ANSWERED = {
    "answer: stratum 8; the most is 3",
    "SERVFAIL",
    "the certificate has expired",
    "self-signed certificate",
    "the certificate of CN=Old Root has expired",
}
"""A server that shows a wrong certificate, or says that it cannot tell, answers."""
WORSE: list[tuple[str, dict[str, Any], str, str]] = [
    ("DNS", but(DNS, response_code="NXDOMAIN"), "degraded", "NXDOMAIN: there is no such name"),
    ("HTTP", but(HTTP, certificate_info={"days_until_expiry": 9}), "degraded", "ends in 9 days"),
    ("MTR", mtr(hop(1, "192.0.2.1"), hop(2, "192.0.2.2", 20)), "degraded", "20 % lost"),
    ("PING", but(PING, packets_recv=24, packet_loss=20.0), "degraded", "6 of 30 lost"),
    ("PING", but(PING, packets_recv=12, packet_loss=60.0), "critical", "18 of 30 lost"),
    ("PING", but(PING, avg_rtt=180_000_000), "degraded", "RTT 180 ms"),
    ("SYSINFO", but(SYSINFO, disks=[{"mount": "/var", "used_pct": 91}]), "degraded", "/var: 91 %"),
    (
        "SYSINFO",
        but(SYSINFO, disks=[{"mount": "/", "used_pct": 4, "inodes_used_pct": 95}]),
        "degraded",
        "/: 95 % of its inodes are used",
    ),
    (
        "TCP",
        but(TCP, loss_pct=50, connects_ms=[1, None], error="refused"),
        "critical",
        "1 of 2 connections failed: refused",
    ),
    ("TLS", but(TLS, days_until_expiry=6), "degraded", "the certificate ends in 6 days"),
    ("TRAFFICSIM", but(TRAFFICSIM, MOS=3.1), "degraded", "MOS 3.10"),
    ("TRAFFICSIM", but(TRAFFICSIM, MOS=1.9), "critical", "MOS 1.90"),
]


def test_every_type_that_is_read_or_measured_has_its_rows_here() -> None:
    assert set(FINE) == set(TYPES) >= set(KINDS)
    assert {kind for kind, _, _ in FAILED} == set(TYPES) - {"NETINFO"}


@pytest.mark.parametrize("kind", sorted(FINE))
def test_what_is_fine_has_no_reason(kind: str) -> None:
    found = grade_of(row(kind, FINE[kind]))
    assert (found.status, found.reason, found.failed) == ("healthy", "", False)
    said = metrics_of(row(kind, FINE[kind]))
    assert (said["failure"], said["loss"]) == (0, 0)


@pytest.mark.parametrize(("kind", "payload", "words"), FAILED)
def test_what_failed_says_why(kind: str, payload: dict[str, Any], words: str) -> None:
    found = grade_of(row(kind, payload))
    assert (found.status, found.failed) == ("critical", True)
    assert words in found.reason
    said = metrics_of(row(kind, payload))
    assert said["failure"] == 1
    assert said["loss"] == (0 if words in ANSWERED else 100)


@pytest.mark.parametrize(("kind", "payload", "status", "words"), WORSE)
def test_what_is_worse_than_it_should_be_is_no_failure(
    kind: str, payload: dict[str, Any], status: str, words: str
) -> None:
    found = grade_of(row(kind, payload))
    assert (found.status, found.failed) == (status, False)
    assert words in found.reason
    assert metrics_of(row(kind, payload))["failure"] == 0


def test_a_chain_that_is_trusted_without_what_has_ended_is_fine() -> None:
    found = grade_of(row("TLS", but(TLS, certificate_chain=CHAIN, trusted=True)))
    assert found.status == "healthy"


def test_a_status_that_was_expected_is_fine() -> None:
    found = grade_of(row("HTTP", but(HTTP, status_code=404, final_url="http://198.18.0.1/")))
    assert found.status == "healthy"


@pytest.mark.parametrize("kind", sorted(TYPES))
@pytest.mark.parametrize("payload", [{}, [], "text", None, {"error": 7}])
def test_what_is_not_as_its_type_says_is_unknown(kind: str, payload: Any) -> None:
    found = grade_of(row(kind, payload))
    assert (found.status, found.failed) == ("unknown", False)


def test_a_reason_is_bounded() -> None:
    assert len(grade_of(row("SNMP", {"error": "x" * 5_000})).reason) == 300
