"""What looking at a result costs, with 1,000 alert rules in the controller."""

import gc
import json
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from forepost.controller.alerts.move_queue import WAITING
from forepost.controller.alerts.watch import Watch
from forepost.controller.pipeline import report_of
from forepost.controller.series.port import Row
from forepost.kit.clock import SystemClock
from forepost.wire.rest.alerts import NewRule, Rule
from forepost.wire.uplink.messages import ProbePost

WORKSPACES, RULES, PROBES = 20, 1_000, 2_000
RESULTS, RUNS = 100_000, 5
OWN_PROBE = 0.6
"""Share of the rules that are about one probe; the others are about a whole workspace."""
MIX = {"PING": 70, "MTR": 8, "HTTP": 8, "DNS": 8, "SYSINFO": 4, "TLS": 2}
BREACHES = 0.02
NOW = datetime(2026, 1, 1, tzinfo=UTC)
METRICS: dict[str, list[tuple[str, str, float]]] = {
    "PING": [("packet_loss", ">", 5), ("latency", ">", 150), ("jitter", "gt", 30)],
    "MTR": [("worst_hop_loss", ">", 10), ("route_change", ">", 0), ("end_hop_latency", ">", 200)],
    "HTTP": [("http_status", ">=", 500), ("http_total_ms", ">", 3_000)],
    "DNS": [("dns_query_failure", "=", 1), ("dns_query_time", ">", 500)],
    "SYSINFO": [("cpu_usage", ">", 90), ("memory_usage", ">", 90)],
    "TLS": [("tls_expiry_days", "<", 14)],
}
HOP = {"sent": 5, "recv": 5, "last": "5.0", "avg": "5.0", "best": "4.0", "worst": "6.0"}


def payload(kind: str, *, bad: bool) -> dict[str, Any]:
    match kind:
        case "PING":
            return {
                "packets_recv": 10,
                "packets_sent": 10,
                "packet_loss": 50.0 if bad else 0.0,
                "avg_rtt": 10_000_000,
                "min_rtt": 9_000_000,
                "max_rtt": 12_000_000,
                "rtts_ns": [9_000_000 + 7_919 * n for n in range(10)],
            }
        case "MTR":
            hops = [
                {"ttl": n, "hosts": [{"ip": f"192.0.2.{n}"}], "loss_pct": "0.00", **HOP}
                for n in range(1, 11)
            ]
            hops[-1]["loss_pct"] = "40.00" if bad else "0.00"
            return {"report": {"info": {}, "hops": hops}}
        case "HTTP":
            return {"status_code": 503 if bad else 200, "first_byte_ms": 40.0, "total_ms": 60.0}
        case "DNS":
            return {"response_code": "SERVFAIL" if bad else "NOERROR", "query_time_ms": 12.0}
        case "SYSINFO":
            left = 1 if bad else 60
            return {
                "memoryInfo": {"total_bytes": 100, "available_bytes": left},
                "CPUTimes": {"user": 1, "system": 1, "idle": 9},
            }
        case _:
            return {"days_until_expiry": 3 if bad else 80, "cert_fingerprint": "00"}


def rule(number: int, workspace: int, kind: str, probe: int | None, chance: random.Random) -> Rule:
    metric, operator, threshold = chance.choice(METRICS[kind])
    new = NewRule(
        name="r",
        probe_id=probe,
        metric=metric,  # type: ignore[arg-type]
        operator=operator,  # type: ignore[arg-type]
        threshold=threshold,
        cooldown_minutes=0,
        for_count=chance.choice((1, 1, 2)),
        of_count=chance.choice((2, 3)),
    )
    shown = {f: getattr(new, f) for f in Rule.__struct_fields__ if hasattr(new, f)}
    return Rule(
        id=number,
        workspace_id=workspace,
        created_at=NOW,
        updated_at=NOW,
        has_webhook_secret=False,
        **shown,
    )


def stage(chance: random.Random, rules: int) -> tuple[Watch, list[tuple[int, str]]]:
    """A watch with its rules, and the workspace and type of each probe, from id 1 on."""
    kinds = chance.choices(list(MIX), list(MIX.values()), k=PROBES)
    probes = [(1 + place % WORKSPACES, kind) for place, kind in enumerate(kinds)]
    watch = Watch(SystemClock())
    made: dict[int, list[Rule]] = {workspace: [] for workspace in range(1, WORKSPACES + 1)}
    for number in range(1, rules + 1):
        place = chance.randrange(PROBES)
        workspace, kind = probes[place]
        probe = place + 1 if chance.random() < OWN_PROBE else None
        made[workspace].append(rule(number, workspace, kind, probe, chance))
    for workspace, own in made.items():
        watch.replace(workspace, own, [])
    return watch, probes


def results(chance: random.Random, probes: list[tuple[int, str]]) -> Iterator[tuple[int, Row]]:
    texts = {
        (kind, bad): json.dumps(payload(kind, bad=bad)).encode()
        for kind in MIX
        for bad in (False, True)
    }
    for number in range(RESULTS):
        place = number % PROBES
        workspace, kind = probes[place]
        at = datetime.fromtimestamp(NOW.timestamp() + number // PROBES * 5, UTC)
        post = ProbePost(
            probe_id=place + 1,
            created_at=at,
            type=kind,
            payload=texts[kind, chance.random() < BREACHES],  # type: ignore[arg-type]
            target="198.18.0.1",
        )
        yield (
            workspace,
            report_of(
                post,
                identity=number,
                agent_id=1 + place // 10,
                probe_agent_id=1 + place // 10,
                target_agent=0,
                received=at,
            ),
        )


def once(rules: int) -> tuple[float, int, int]:
    """us per result; alerts that opened; results that a rule was asked about."""
    chance = random.Random(1)
    watch, probes = stage(chance, rules)
    rows = list(results(chance, probes))
    opened = 0
    gc.collect()
    spent = 0.0
    for start in range(0, RESULTS, PROBES):
        part = rows[start : start + PROBES]
        before = time.process_time()
        for workspace, row in part:
            watch.consider(workspace, (row,))
        spent += time.process_time() - before
        opened += sum(move.kind == "open" for move in watch.moves.first(WAITING))
    return spent / RESULTS * 1e6, opened, watch.considered


def main() -> str:
    lines = []
    for rules in (0, 100, RULES):
        runs = [once(rules) for _ in range(RUNS)]
        cost = statistics.median(run[0] for run in runs)
        _, opened, considered = runs[0]
        lines.append(f"| {rules:,} | {cost:.2f} | {considered / RESULTS:.0%} | {opened:,} |")
    return "\n".join(
        [
            "## Alert rules",
            "",
            "`make bench ARGS=alerts`",
            "",
            f"{RESULTS:,} results of {PROBES:,} probes in {WORKSPACES} workspaces, one at a time;",
            f"{MIX['PING']} % PING, the rest MTR, HTTP, DNS, SYSINFO and TLS; {BREACHES:.0%}",
            f"breach; {OWN_PROBE:.0%} of the rules are for one probe, the others for a workspace.",
            f"Median of {RUNS} runs; target: < 15 us.",
            "",
            "| rules | us/result | results that a rule was asked about | alerts opened |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )
