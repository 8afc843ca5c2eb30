"""The numbers in a payload, in one spelling, whatever the type and whoever sent it. Pure."""

from operator import sub
from typing import Final

import msgspec

NS_PER_MS: Final = 1e6


class Measures(msgspec.Struct, frozen=True, gc=False):
    """What charts and rules look at. None: this payload does not say."""

    rtt_ms: float | None = None
    rtt_min_ms: float | None = None
    rtt_max_ms: float | None = None
    jitter_ms: float | None = None
    loss_pct: float | None = None
    mos: float | None = None


class _Ping(msgspec.Struct):
    packets_recv: int = 0
    packets_sent: int = 0
    packet_loss: float | None = None
    min_rtt: float = 0
    max_rtt: float = 0
    avg_rtt: float = 0
    rtts_ns: list[int | None] | None = None


class _TrafficSim(msgspec.Struct, rename="camel"):
    received_packets: int = 0
    loss_percentage: float | None = None
    average_rtt: float = msgspec.field(name="averageRTT", default=0)
    median_rtt: float | None = msgspec.field(name="medianRTT", default=None)
    min_rtt: float | None = msgspec.field(name="minRTT", default=None)
    max_rtt: float | None = msgspec.field(name="maxRTT", default=None)
    jitter_avg: float | None = None
    mos: float | None = msgspec.field(name="MOS", default=None)


class _Hop(msgspec.Struct):
    loss_pct: float = 100.0
    recv: int = 0
    avg: float = 0
    best: float = 0
    worst: float = 0


class _MtrReport(msgspec.Struct):
    hops: list[_Hop] = []


class _Mtr(msgspec.Struct):
    report: _MtrReport


_ping = msgspec.json.Decoder(_Ping)
_trafficsim = msgspec.json.Decoder(_TrafficSim)
# NetWatcher's agent writes the figures of a hop as strings.
_mtr = msgspec.json.Decoder(_Mtr, strict=False)


def of(kind: str, payload: bytes | msgspec.Raw) -> Measures:
    """A payload that is not as its type says has no measures; it is stored all the same."""
    try:
        match kind:
            case "PING":
                return _of_ping(_ping.decode(payload))
            case "TRAFFICSIM":
                return _of_trafficsim(_trafficsim.decode(payload))
            case "MTR":
                return _of_mtr(_mtr.decode(payload))
            case _:
                return Measures()
    except msgspec.MsgspecError:
        return Measures()


def _of_ping(ping: _Ping) -> Measures:
    loss = ping.packet_loss if ping.packets_sent or ping.packet_loss else None
    if not ping.packets_recv:
        return Measures(loss_pct=loss)
    rtts = [rtt for rtt in ping.rtts_ns or () if rtt is not None]
    return Measures(
        rtt_ms=(_median(rtts) if rtts else ping.avg_rtt) / NS_PER_MS,
        rtt_min_ms=ping.min_rtt / NS_PER_MS,
        rtt_max_ms=ping.max_rtt / NS_PER_MS,
        jitter_ms=_jitter(rtts),
        loss_pct=loss,
    )


def _median(values: list[int]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _jitter(rtts_ns: list[int]) -> float | None:
    """Mean difference of consecutive RTTs, in ms."""
    if len(rtts_ns) < 2:
        return None
    total_ns: int = sum(map(abs, map(sub, rtts_ns[1:], rtts_ns)))
    return total_ns / (len(rtts_ns) - 1) / NS_PER_MS


def _of_trafficsim(sim: _TrafficSim) -> Measures:
    if not sim.received_packets:
        return Measures(loss_pct=sim.loss_percentage)
    return Measures(
        rtt_ms=sim.average_rtt if sim.median_rtt is None else sim.median_rtt,
        rtt_min_ms=sim.min_rtt,
        rtt_max_ms=sim.max_rtt,
        jitter_ms=sim.jitter_avg,
        loss_pct=sim.loss_percentage,
        mos=sim.mos,
    )


def _of_mtr(mtr: _Mtr) -> Measures:
    if not mtr.report.hops:
        return Measures()
    end = mtr.report.hops[-1]
    if not end.recv:
        return Measures(loss_pct=end.loss_pct)
    return Measures(
        rtt_ms=end.avg, rtt_min_ms=end.best, rtt_max_ms=end.worst, loss_pct=end.loss_pct
    )
