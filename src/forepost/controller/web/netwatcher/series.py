"""Rows of results as NetWatcher's public code stores and sums them up. Pure."""

from typing import Any, Final

NS_A_MS: Final = 1e6
_STORED_AS: Final = {
    "MOS": "mos",
    "RFactor": "rFactor",
    "outOfOrder": "outOfSequence",
    "duplicates": "duplicatePackets",
    "timestamp": "reportTime",
}
"""What an agent writes of TRAFFICSIM, and how the public controller stores it."""


def summed_up(row: dict[str, Any]) -> dict[str, Any]:
    """A row of an aggregated series: PING in milliseconds, TRAFFICSIM with its counts."""
    match row["type"]:
        case "PING":
            payload = summed_ping(row["payload"])
        case "TRAFFICSIM":
            payload = summed_trafficsim(row["payload"], row["created_at"])
        case _:
            return row
    return {**row, "payload": payload}


def summed_ping(payload: dict[str, Any]) -> dict[str, Any]:
    mean = payload["avg_rtt"] / NS_A_MS
    return {
        "latency": mean,
        "avgLatency": mean,
        "minLatency": payload["min_rtt"] / NS_A_MS,
        "maxLatency": payload["max_rtt"] / NS_A_MS,
        "packetLoss": payload["packet_loss"] or 0.0,
        "packetsSent": payload["packets_sent"],
        "packetsRecv": payload["packets_recv"],
    }


def summed_trafficsim(payload: dict[str, Any], created_at: str) -> dict[str, Any]:
    """What roll-ups do not know is in `payload` where single results were looked at, and left out
    where they were not: a 0 would be a lie.
    """
    sent, received = payload["totalPackets"], payload["receivedPackets"]
    said = {name: value for name, value in payload.items() if value is not None}
    for name in ("averageRTT", "medianRTT", "minRTT", "maxRTT", "p95RTT", "stdDevRTT", "jitterAvg"):
        said.setdefault(name, 0.0)
    said |= {"lostPackets": max(0, sent - received), "lossPercentage": _loss(sent, received)}
    for name, other in (("MOS", "mos"), ("RFactor", "rFactor"), ("outOfOrder", "outOfSequence")):
        if name in said:
            said[other] = said.pop(name)
    return {**said, "reportTime": created_at}


def as_stored(row: dict[str, Any]) -> dict[str, Any]:
    """A single row, with the names of the public controller's store beside the agent's."""
    payload = row.get("payload")
    if row.get("type") != "TRAFFICSIM" or not isinstance(payload, dict):
        return row
    more = {
        theirs: payload[ours]
        for ours, theirs in _STORED_AS.items()
        if ours in payload and theirs not in payload
    }
    return {**row, "payload": {**payload, **more}}


def _loss(sent: int, received: int) -> float:
    return 100.0 * max(0, sent - received) / sent if sent else 0.0
