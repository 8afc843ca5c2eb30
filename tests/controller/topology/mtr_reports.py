"""MTR payloads as NetWatcher's agent writes them."""

from collections.abc import Sequence
from typing import Any


def report(
    hops: Sequence[tuple[str, float, float]], target: str = "203.0.113.9", name: str = ""
) -> dict[str, Any]:
    """`hops`: address ("" for none), mean RTT in ms, loss in percent."""
    return {
        "start_timestamp": "2026-11-21T09:14:17Z",
        "stop_timestamp": "2026-11-21T09:14:46Z",
        "report": {
            "info": {"target": {"ip": target, "hostname": name or target}},
            "hops": [
                {
                    "ttl": ttl,
                    "hosts": [{"ip": ip, "hostname": ""}] if ip else [],
                    "extensions": [],
                    "loss_pct": f"{loss:.2f}",
                    "sent": 5,
                    "last": f"{rtt:.2f}",
                    "recv": 5 if loss < 100 else 0,
                    "avg": f"{rtt:.2f}",
                    "best": f"{rtt:.2f}",
                    "worst": f"{rtt:.2f}",
                    "stddev": "0.00",
                }
                for ttl, (ip, rtt, loss) in enumerate(hops, 1)
            ],
        },
    }


def ping(rtt_ms: float, loss: float = 0.0) -> dict[str, Any]:
    ns = round(rtt_ms * 1e6)
    return {
        "packets_sent": 10,
        "packets_recv": round(10 * (1 - loss / 100)),
        "packet_loss": loss,
        "min_rtt": ns,
        "avg_rtt": ns,
        "max_rtt": ns,
    }
