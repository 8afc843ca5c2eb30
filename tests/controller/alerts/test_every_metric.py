"""Each metric, from a real payload on the agent's socket to the webhooks of its alert."""

import json
from dataclasses import dataclass, field
from typing import Any, get_args

import pytest
from websockets.sync.client import connect

from forepost.wire.rest.alerts import Metric
from tests.controller.alerts.alert_stage import Speaker, Stage
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
from tests.running import until

TARGET = "203.0.113.2"


@dataclass
class Case:
    metric: str
    kind: str
    fine: dict[str, Any]
    breach: dict[str, Any]
    operator: str = ">"
    threshold: float = 0
    says: float | None = None
    """What the alert says the value is."""
    more: dict[str, Any] = field(default_factory=dict)
    """Of another type, or of a second spelling of the same."""

    @property
    def of_host(self) -> bool:
        return self.kind in ("SYSINFO", "NETINFO")


def cpu(**times: int) -> dict[str, Any]:
    start = SYSINFO["CPUTimes"]
    second = 1_000_000_000
    return but(SYSINFO, CPUTimes={k: start[k] + times.get(k, 0) * second for k in start})


OTHER_WAY = mtr(hop(1, "192.0.2.1"), hop(2, "192.0.2.99"), hop(3, TARGET, avg=20))
LOSSY = mtr(hop(1, "192.0.2.1"), hop(2, "192.0.2.2", 40), hop(3, TARGET, 40, avg=300))
LIMITED = mtr(hop(1, "192.0.2.1", 80), hop(2, ""), hop(3, TARGET, avg=20))
"""Its first two routers answer few requests, or none: no loss."""
OLD_CIPHER = but(TLS, tls_cipher_suite="TLS_RSA_WITH_RC4_128_SHA")
LOST_SOME = but(TRAFFICSIM, lossPercentage=8.5)

FULL = but(SYSINFO, disks=[{"mount": "/", "used_pct": 99.0}])
NO_SNMP = {"query_time_ms": 0, "error": "timed out", "results": None}
NTP = {"rtt_ms": 2, "offset_ms": 1}
NO_SERVER = but(HTTP, status_code=0, error="connect: refused")

CASES = [
    *(
        Case("failure", kind, fine, failed, ">=", 1, 1)
        for kind, fine, failed in (
            ("HTTP", HTTP, NO_SERVER),
            ("HTTP", HTTP, but(HTTP, error="content: not found")),
            ("PING", PING, but(PING, packet_loss=100.0, packets_recv=0)),
            ("SNMP", SNMP, NO_SNMP),
            ("SYSINFO", SYSINFO, FULL),
            ("TLS", TLS, {"error": "connect: refused"}),
        )
    ),
    Case("loss", "SNMP", SNMP, NO_SNMP, ">", 50, 100),
    Case("loss", "TLS", TLS, {"error": "connect: refused"}, ">", 50, 100),
    Case("disk_usage", "SYSINFO", but(SYSINFO, disks=[{"used_pct": 9.0}]), FULL, ">", 90, 99),
    Case("http_status", "HTTP", HTTP, NO_SERVER, ">=", 400, 0),
    Case("packet_loss", "PING", PING, but(PING, packet_loss=50.0, packets_recv=15), ">", 5, 50),
    Case("packet_loss", "TRAFFICSIM", TRAFFICSIM, LOST_SOME, "gte", 5, 8.5),
    Case("latency", "PING", PING, but(PING, avg_rtt=250_000_000), ">", 100, 250),
    Case("latency", "TRAFFICSIM", TRAFFICSIM, but(TRAFFICSIM, medianRTT=120), ">", 100, 120),
    Case("jitter", "PING", PING, but(PING, std_dev_rtt=30_000_000), ">", 15, 30),
    Case("jitter", "TRAFFICSIM", TRAFFICSIM, but(TRAFFICSIM, jitterAvg=22.0), ">", 15, 22),
    Case("mos", "TRAFFICSIM", TRAFFICSIM, but(TRAFFICSIM, MOS=2.5), "<", 3.6, 2.5),
    Case("end_hop_loss", "MTR", GOOD_PATH, LOSSY, ">", 10, 40),
    Case("end_hop_latency", "MTR", GOOD_PATH, LOSSY, ">", 100, 300),
    Case("worst_hop_loss", "MTR", LIMITED, LOSSY, ">", 10, 40),
    Case("worst_hop_combined", "MTR", LIMITED, LOSSY, ">", 60, 70),
    Case("route_change", "MTR", GOOD_PATH, OTHER_WAY, ">", 0, 1),
    Case("cpu_usage", "SYSINFO", cpu(idle=60), cpu(idle=61, user=59), ">", 90),
    Case(
        "memory_usage",
        "SYSINFO",
        SYSINFO,
        but(SYSINFO, memoryInfo={"available_bytes": 400_000_000}),
        ">",
        90,
        95,
    ),
    Case("clock_offset", "NTP", NTP, but(NTP, offset_ms=-900), ">", 500, 900),
    Case("dns_query_time", "DNS", DNS, but(DNS, query_time_ms=900.0), ">", 500, 900),
    Case("dns_query_failure", "DNS", DNS, but(DNS, response_code="SERVFAIL"), "=", 1, 1),
    Case("dns_nxdomain", "DNS", DNS, but(DNS, response_code="NXDOMAIN", answers=[]), "eq", 1, 1),
    Case("http_ttfb", "HTTP", HTTP, but(HTTP, first_byte_ms=2_000.0), ">", 1_000, 2_000),
    Case("http_total_ms", "HTTP", HTTP, but(HTTP, total_ms=4_000.0), ">", 3_000, 4_000),
    Case("http_status", "HTTP", HTTP, but(HTTP, status_code=503), ">=", 500, 503),
    Case("tls_expiry_days", "TLS", TLS, but(TLS, days_until_expiry=6), "<", 14, 6),
    Case("tls_version_mismatch", "TLS", TLS, but(TLS, tls_version="TLS 1.0"), ">", 0, 1),
    Case("tls_weak_cipher", "TLS", TLS, OLD_CIPHER, ">", 0, 1),
    Case(
        "tls_chain_issue",
        "TLS",
        TLS,
        {"error": "tls dial failed: x509: certificate has expired or is not yet valid"},
        ">",
        0,
        1,
    ),
    Case("snmp_response_ms", "SNMP", SNMP, but(SNMP, query_time_ms=800.0), ">", 500, 800),
    Case(
        "snmp_trap_received",
        "SNMP",
        but(SNMP, traps=[]),
        but(SNMP, traps=[{"oid": ".1.3.6.1.6.3.1.1.5.3", "value": "linkDown"}]),
        ">",
        0,
        1,
    ),
    Case("ip_change", "NETINFO", NETINFO, but(NETINFO, public_address="203.0.113.50"), ">", 0, 1),
    Case("isp_change", "NETINFO", NETINFO, but(NETINFO, internet_provider="Other"), ">", 0, 1),
]  # fmt: skip
BY_TIME = {
    "offline",
    "identity_conflict",
    "incident_count",
    "health_score",
    "latency_baseline",
    "loss_baseline",
    "workload_down",
    "workload_stuck",
    "rollout_failed",
    "job_failed",
    "job_waiting",
}


def test_no_metric_is_left_out() -> None:
    assert {case.metric for case in CASES} | BY_TIME == set(get_args(Metric))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.metric}-{case.kind}")
def test_a_breach_is_told_and_its_end_too(stage: Stage, case: Case) -> None:
    probe = 0
    if not case.of_host:
        probe = stage.person.probe(stage.agent, type=case.kind, targets=[TARGET])
    rule = stage.rule(metric=case.metric, operator=case.operator, threshold=case.threshold)
    with stage.speaking() as agent:
        if case.metric == "cpu_usage":
            agent.post(case.kind, SYSINFO)
        agent.post(case.kind, case.fine, probe=probe, target=TARGET)
        agent.post(case.kind, case.breach, probe=probe, target=TARGET)
        told = stage.notice("triggered")
        (alert,) = stage.alerts()
        assert (alert["status"], alert["alert_rule_id"]) == ("active", rule["id"])
        for said in (told, alert):
            assert (said["metric"], said["severity"]) == (case.metric, "critical")
            assert said["agent_name"] == "site"
            assert (said["probe_id"] or 0, said["probe_type"]) == (probe, case.kind)
            if case.says is not None:
                assert (said["value"], said["threshold"]) == (case.says, case.threshold)
        fine = cpu(idle=161, user=60) if case.metric == "cpu_usage" else case.fine
        agent.post(case.kind, fine, probe=probe, target=TARGET)
        over = stage.notice("resolved")
    assert (over["alert_id"], over["resolved_at"] is None) == (told["alert_id"], False)
    (alert,) = stage.alerts()
    assert alert["status"] == "resolved"
    incident = stage.person.call("GET", f"{stage.base}/incidents/{alert['incident_id']}")
    assert incident["resolved_at"] is not None


def test_offline(stage: Stage) -> None:
    stage.rule(metric="offline", threshold=0.02)
    with stage.speaking() as agent:
        agent.post("SYSINFO", SYSINFO)
    told = stage.notice("triggered")
    assert (told["metric"], told["agent_id"], told["probe_id"]) == ("offline", stage.agent.id, None)
    assert 0.02 < told["value"] < 0.2
    with stage.speaking() as agent:
        agent.post("SYSINFO", SYSINFO)
        stage.notice("resolved")


def test_two_hosts_with_one_identity(stage: Stage) -> None:
    stage.rule(metric="identity_conflict", threshold=2, operator=">=")
    with stage.speaking() as agent:
        agent.post("SYSINFO", SYSINFO)
    for boot in (1, 2, 1):  # who was heard before is heard again after another
        with connect(
            stage.person.controller.ws + "/ws", additional_headers=stage.agent.headers, proxy=None
        ) as copy:
            copy.send("M")
            assert str(copy.recv(5)).startswith("A")
            copy.send("$1;forepost;;_OnNamespaceConnect;0;0;")
            assert copy.recv(5) == "$1;;;;;;"
            hello = {"version": "1", "capabilities": ["want"], "boot": boot}
            copy.send(f";forepost;;hello;0;0;{json.dumps(hello)}")
            assert str(copy.recv(5)).startswith(";forepost;;hello;")
    told = stage.notice("triggered")
    assert (told["metric"], told["value"]) == ("identity_conflict", 2)
    assert told["agent_id"] == stage.agent.id


def test_an_agent_that_was_never_seen_is_unknown_not_down(stage: Stage) -> None:
    made = stage.person.call("POST", f"{stage.base}/agents", {"name": "new"}, status=201)
    rule = stage.rule(metric="offline", threshold=0.01, agent_id=made["agent"]["id"])
    stage.quiet(1.2)
    shown = stage.person.call("GET", f"{stage.base}/alert-rules/{rule['id']}")
    assert shown["state"] == "unknown"


def test_incident_count(stage: Stage) -> None:
    probe = stage.person.probe(stage.agent, type="PING", targets=[TARGET])
    stage.rule(metric="packet_loss", threshold=5, notify_webhook=False)
    stage.rule(metric="incident_count", threshold=1, operator=">=")
    with stage.speaking() as agent:
        agent.post("PING", but(PING, packet_loss=100.0, packets_recv=0), probe=probe)
        told = stage.notice("triggered")
        assert (told["metric"], told["value"], told["incident_id"]) == ("incident_count", 1, None)
        agent.post("PING", PING, probe=probe)
        stage.notice("resolved")


def remember(agent: Speaker, probe: int) -> None:
    """What was usual some hours ago: 10 ms and no loss."""
    for minute in range(12):
        agent.post("PING", PING, probe=probe, target=TARGET, ago_sec=4 * 3_600 - 60 * minute)


@pytest.mark.parametrize(
    ("metric", "operator", "threshold", "breach", "fine"),
    [
        ("health_score", "<", 90, but(PING, avg_rtt=300_000_000), 21),
        ("latency_baseline", ">", 50, but(PING, avg_rtt=30_000_000), 3),
        ("loss_baseline", ">", 10, but(PING, packet_loss=20.0, packets_recv=24), 2),
    ],
)
def test_what_is_judged_by_the_series(
    stage: Stage, metric: str, operator: str, threshold: float, breach: Any, fine: int
) -> None:
    probe = stage.person.probe(stage.agent, type="PING", targets=[TARGET])
    with stage.speaking() as agent:
        remember(agent, probe)
        agent.post("PING", breach, probe=probe, target=TARGET)
        stage.rule(metric=metric, operator=operator, threshold=threshold, probe_id=probe)
        told = stage.notice("triggered")
        assert (told["metric"], told["probe_id"], told["probe_target"]) == (metric, probe, TARGET)
        for _ in range(fine):
            agent.post("PING", PING, probe=probe, target=TARGET)
        stage.notice("resolved")


@pytest.mark.parametrize("kind", ["dynamic_stddev", "dynamic_percentile"])
def test_a_dynamic_threshold_comes_from_what_was_usual(stage: Stage, kind: str) -> None:
    probe = stage.person.probe(stage.agent, type="PING", targets=[TARGET])
    with stage.speaking() as agent:
        remember(agent, probe)
        rule = stage.rule(
            metric="latency", threshold_type=kind, threshold=0, severity="warning", percentile=99
        )
        slow = but(PING, avg_rtt=11_000_000)

        def judged() -> bool:
            """Its limits are taken from the series within a turn."""
            agent.post("PING", PING, probe=probe, target=TARGET)
            path = f"{stage.base}/alert-rules/{rule['id']}"
            return bool(stage.person.call("GET", path)["state"] == "ok")

        until(judged, 5)
        agent.post("PING", slow, probe=probe, target=TARGET)
        told = stage.notice("triggered")
        assert told["threshold"] == pytest.approx(10, rel=0.05)
        assert told["severity"] == ("critical" if kind == "dynamic_stddev" else "warning")
        agent.post("PING", PING, probe=probe, target=TARGET)
        stage.notice("resolved")
