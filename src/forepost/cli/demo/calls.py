"""What a call from a site of the demo would be like: TRAFFICSIM towards the datacentre."""

from datetime import datetime
from itertools import pairwise
from statistics import fmean, pstdev
from typing import Any, Final

from forepost.cli.demo.lines import Line

PACKETS: Final = 500
CYCLE_MS: Final = 10_000
CALL_PORT: Final = 5_000


def trafficsim(line: Line, target: str, ended: datetime) -> dict[str, Any]:
    """The result of one cycle of packets as those of G.711."""
    rtts = [one for one in (line.rtt_ms() for _ in range(PACKETS)) if one is not None]
    lost = PACKETS - len(rtts)
    steps = sorted(abs(one - other) for one, other in pairwise(rtts))
    loss_pct = 100 * lost / PACKETS
    found: dict[str, Any] = {
        "totalPackets": PACKETS,
        "receivedPackets": len(rtts),
        "lostPackets": lost,
        "lossPercentage": loss_pct,
        "cycleDurationMs": CYCLE_MS,
        "packetsPerSecond": 1_000 * PACKETS / CYCLE_MS,
        "networkEfficiency": 100 - loss_pct,
        "timestamp": ended,
        "remoteAddr": target,
        "dscpValue": 46,
        "payloadSize": 160,
        "intervalMs": CYCLE_MS // PACKETS,
    }
    if len(rtts) < 2:
        return found
    by_size = sorted(rtts)
    r_factor = _r_factor(fmean(rtts) / 2 + 2 * fmean(steps), loss_pct)
    return {
        **found,
        "averageRTT": fmean(rtts),
        "medianRTT": by_size[len(by_size) // 2],
        "p95RTT": by_size[int(0.95 * len(by_size))],
        "p99RTT": by_size[int(0.99 * len(by_size))],
        "minRTT": by_size[0],
        "maxRTT": by_size[-1],
        "stdDevRTT": pstdev(rtts),
        "jitterAvg": fmean(steps),
        "jitterMedian": steps[len(steps) // 2],
        "jitterP95": steps[int(0.95 * len(steps))],
        "RFactor": r_factor,
        "MOS": 1 + 0.035 * r_factor + r_factor * (r_factor - 60) * (100 - r_factor) * 7e-6,
    }


def _r_factor(delay_ms: float, loss_pct: float) -> float:
    """ITU-T G.107 in short, for G.711: what a delay and lost packets take away."""
    late = 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - 177.3)
    return max(0.0, 93.2 - late - 95 * loss_pct / (loss_pct + 4.3))
