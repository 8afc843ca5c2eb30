"""Runs of MTR as NetWatcher's public code sums them up: of each span the way that most runs went,
and by itself each run that is worth a look. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from statistics import fmean
from typing import Any, Final

MOST_RUNS: Final = 5_000
"""That are summed up, the newest."""
MUCH_LOSS_PCT, LATE_MS = 10.0, 150.0
SILENT: Final = "*"
Row = dict[str, Any]


def by_route(rows: Sequence[Row], bucket_sec: int, limit: int) -> list[Row]:
    """`rows`: single runs, in any order; newest first is what comes out."""
    buckets: dict[tuple[int, int, str], list[Row]] = {}
    found: list[Row] = []
    before: dict[tuple[int, str], str] = {}
    for row in sorted(filter(_hops, rows), key=_time):
        line = (row["agent_id"], row["target"])
        signature = signature_of(row)
        if reason := _reason(row, signature, before.get(line, "")):
            found.append(_single(row, signature, before.get(line, ""), reason))
        before[line] = signature
        start = int(_time(row).timestamp()) // bucket_sec * bucket_sec
        buckets.setdefault((start, *line), []).append(row)
    found += [_summed(start, bucket_sec, runs) for (start, *_), runs in buckets.items()]
    return sorted(found, key=_time, reverse=True)[:limit]


def signature_of(row: Row) -> str:
    return "->".join(_address(hop) for hop in _hops(row))


def _summed(start: int, bucket_sec: int, runs: Sequence[Row]) -> Row:
    routes = Counter(map(signature_of, runs))
    signature = max(routes, key=routes.__getitem__)
    same = [run for run in runs if signature_of(run) == signature]
    newest = same[-1]
    report = newest["payload"]["report"]
    hops = [_hop([_hops(run)[place] for run in same]) for place in range(len(_hops(newest)))]
    payload = {
        "report": {**report, "hops": hops},
        "start_timestamp": _text(start),
        "stop_timestamp": _text(start + bucket_sec),
        "route_signature": signature,
        "previous_route_signature": "",
        "trace_count": len(same),
        "is_aggregated": True,
        "notable_reason": "",
    }
    return {**newest, "created_at": _text(start), "payload": payload}


def _single(row: Row, signature: str, before: str, reason: str) -> Row:
    more = {
        "route_signature": signature,
        "previous_route_signature": before,
        "trace_count": 1,
        "is_aggregated": False,
        "notable_reason": reason,
    }
    return {**row, "payload": {**row["payload"], **more}}


def _hop(same: Sequence[Row]) -> Row:
    """One hop of several runs: counts are sums, times means, the best and the worst."""
    sent, received = (sum(int(_figure(hop, name)) for hop in same) for name in ("sent", "recv"))
    heard = [hop for hop in same if _figure(hop, "recv")]
    return {
        **same[-1],
        "hosts": next((hop["hosts"] for hop in reversed(same) if hop.get("hosts")), []),
        "sent": sent,
        "recv": received,
        "loss_pct": f"{100 * (sent - received) / sent if sent else 0:.2f}",
        "avg": f"{fmean(_figure(hop, 'avg') for hop in heard) if heard else 0:.2f}",
        "best": f"{min((_figure(hop, 'best') for hop in heard), default=0):.2f}",
        "worst": f"{max((_figure(hop, 'worst') for hop in heard), default=0):.2f}",
    }


def _reason(row: Row, signature: str, before: str) -> str:
    """Why a run is worth a look; "": it is not."""
    if row.get("triggered"):
        return "triggered"
    if before and signature != before:
        return "route-change"
    end = _hops(row)[-1]
    if _figure(end, "loss_pct") > MUCH_LOSS_PCT:
        return "high-loss"
    return "high-latency" if _figure(end, "avg") > LATE_MS else ""


def _hops(row: Row) -> list[Row]:
    payload = row.get("payload")
    report = payload.get("report") if isinstance(payload, dict) else None
    hops = report.get("hops") if isinstance(report, dict) else None
    return hops if isinstance(hops, list) and all(isinstance(one, dict) for one in hops) else []


def _address(hop: Row) -> str:
    hosts: Iterable[Any] = hop.get("hosts") or ()
    return next((str(host.get("ip") or SILENT) for host in hosts), SILENT)


def _figure(hop: Row, name: str) -> float:
    """NetWatcher's agent writes figures as strings."""
    with suppress(TypeError, ValueError):
        return float(str(hop.get(name)).removesuffix("%"))
    return 0.0


def _time(row: Row) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
