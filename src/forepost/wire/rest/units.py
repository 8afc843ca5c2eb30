"""What metrics are measured in, and how values and times are written for people. Pure.

One table for whatever writes a value: notices, their JSON, documents.
"""

import math
from typing import Final, Literal

from forepost.wire.rest.alerts import Metric

Unit = Literal["ms", "%", "points", "min", "s", "days", "flag", "count", "score", "code"]
"""points: percentage points. flag: 0 or 1. code: a number that is a name."""

UNITS: Final[dict[Metric, Unit]] = {
    "failure": "flag",
    "loss": "%",
    "packet_loss": "%",
    "latency": "ms",
    "jitter": "ms",
    "mos": "score",
    "offline": "min",
    "identity_conflict": "count",
    "end_hop_loss": "%",
    "end_hop_latency": "ms",
    "worst_hop_loss": "%",
    "worst_hop_combined": "score",
    "route_change": "flag",
    "cpu_usage": "%",
    "memory_usage": "%",
    "disk_usage": "%",
    "dns_query_time": "ms",
    "dns_query_failure": "flag",
    "dns_nxdomain": "flag",
    "http_ttfb": "ms",
    "http_total_ms": "ms",
    "http_status": "code",
    "tls_expiry_days": "days",
    "tls_version_mismatch": "flag",
    "tls_weak_cipher": "flag",
    "tls_chain_issue": "flag",
    "clock_offset": "ms",
    "snmp_response_ms": "ms",
    "snmp_trap_received": "count",
    "health_score": "score",
    "latency_baseline": "%",
    "loss_baseline": "points",
    "ip_change": "flag",
    "isp_change": "flag",
    "incident_count": "count",
    "workload_down": "count",
    "workload_stuck": "count",
    "rollout_failed": "count",
    "job_failed": "count",
    "job_waiting": "min",
}
_BY_NAME: Final[dict[str, Unit]] = {str(name): unit for name, unit in UNITS.items()} | {
    "no_data": "s"
}
_WRITTEN: Final[dict[Unit, str]] = {
    "ms": " ms",
    "%": " %",
    "points": " percentage points",
    "min": " min",
    "s": " s",
    "days": " days",
}


def unit_of(metric: str) -> Unit | Literal[""]:
    """Also of what is no metric of a rule; "": not known."""
    return _BY_NAME.get(metric, "")


def with_unit(metric: str, value: float | None) -> str:
    """`123 ms`, `12.5 %`, `yes`; empty where there is no value."""
    if value is None:
        return ""
    unit = unit_of(metric)
    if unit == "flag" and value in (0, 1):
        return "yes" if value else "no"
    if unit == "code" and value == 0:
        return "no answer"
    if unit in ("min", "s") and math.isfinite(value) and value >= 0:
        return duration(round(value * 60 if unit == "min" else value))
    written = _number(value)
    if unit == "days" and written == "1":
        return "1 day"
    return written + (_WRITTEN.get(unit, "") if unit else "")


def duration(sec: int) -> str:
    """The two largest parts: 1 d 3 h, 5 min 10 s."""
    parts = [
        (sec // 86_400, "d"),
        (sec // 3_600 % 24, "h"),
        (sec // 60 % 60, "min"),
        (sec % 60, "s"),
    ]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    told = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(told) or "0 s"


def _number(value: float) -> str:
    """Four digits, at least one where it is not nothing; all of those before the point."""
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    digits = 4 - (math.floor(math.log10(abs(value))) + 1)
    text = f"{value:.{min(max(digits, 0), 12)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
