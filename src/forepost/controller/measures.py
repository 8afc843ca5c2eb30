"""The numbers in a payload, in one spelling, whatever the type and whoever sent it. Pure."""

from collections.abc import Sequence
from operator import sub
from typing import Annotated, Final

import msgspec
from msgspec import Meta

NS_PER_MS: Final = 1e6
MOST_MS: Final = 86_400_000.0
"""A day: no round lasts as long."""
MOST_MOS: Final = 5.0
MOST_RTTS: Final = 10_000
MOST_HOPS: Final = 256


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
    rtts_ns: Annotated[list[int | None], Meta(max_length=MOST_RTTS)] | None = None


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
    hops: Annotated[list[_Hop], Meta(max_length=MOST_HOPS)] = []


class _Mtr(msgspec.Struct):
    report: _MtrReport


class _Dns(msgspec.Struct):
    query_time_ms: float = 0
    response_code: str = ""
    error: str | None = None


class _Http(msgspec.Struct):
    total_ms: float = 0
    status_code: int = 0
    error: str | None = None


class _Tls(msgspec.Struct):
    tcp_connect_ms: float = 0
    tls_handshake_ms: float = 0
    tls_version: str = ""
    error: str | None = None


class _Snmp(msgspec.Struct):
    query_time_ms: float = 0
    version: str = ""
    error: str | None = None


class _Tcp(msgspec.Struct):
    loss_pct: float | None = None
    min_ms: float = 0
    max_ms: float = 0
    connects_ms: Annotated[list[float | None], Meta(max_length=MOST_RTTS)] = []


_ping = msgspec.json.Decoder(_Ping)
_dns = msgspec.json.Decoder(_Dns)
_http = msgspec.json.Decoder(_Http)
_tls = msgspec.json.Decoder(_Tls)
_snmp = msgspec.json.Decoder(_Snmp)
_tcp = msgspec.json.Decoder(_Tcp)
_trafficsim = msgspec.json.Decoder(_TrafficSim)
# NetWatcher's agent writes the figures of a hop as strings.
_mtr = msgspec.json.Decoder(_Mtr, strict=False)


def of(kind: str, payload: bytes | msgspec.Raw) -> Measures:
    """A payload that is not as its type says has no measures; it is stored all the same. Nor has
    it one that cannot be: a negative RTT, one of a week, a loss of 300 %.
    """
    found = _said(kind, payload)
    if (
        _within(found.rtt_ms, MOST_MS)
        and _within(found.rtt_min_ms, MOST_MS)
        and _within(found.rtt_max_ms, MOST_MS)
        and _within(found.jitter_ms, MOST_MS)
        and _within(found.loss_pct, 100.0)
        and _within(found.mos, MOST_MOS)
    ):
        return found
    most = {"loss_pct": 100.0, "mos": MOST_MOS}
    return Measures(
        **{
            name: value
            for name, value in msgspec.structs.asdict(found).items()
            if value is not None and _within(value, most.get(name, MOST_MS))
        }
    )


def _within(value: float | None, most: float) -> bool:
    """Not of what is no number, either."""
    return value is None or 0 <= value <= most


def _said(kind: str, payload: bytes | msgspec.Raw) -> Measures:
    try:
        match kind:
            case "PING":
                return _of_ping(_ping.decode(payload))
            case "TRAFFICSIM":
                return _of_trafficsim(_trafficsim.decode(payload))
            case "MTR":
                return _of_mtr(_mtr.decode(payload))
            case "DNS":
                return _of_dns(_dns.decode(payload))
            case "HTTP":
                return _of_http(_http.decode(payload))
            case "TLS":
                return _of_tls(_tls.decode(payload))
            case "SNMP":
                return _of_snmp(_snmp.decode(payload))
            case "TCP":
                return _of_tcp(_tcp.decode(payload))
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


def _median(values: Sequence[float]) -> float:
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


def _once(ms: float, *, came: bool, well: bool) -> Measures:
    """A single measurement: its time, if there is one, and whether it is as it should be."""
    return Measures(rtt_ms=ms if came and ms > 0 else None, loss_pct=0.0 if well else 100.0)


def _of_dns(dns: _Dns) -> Measures:
    """An answer of any code is an answer."""
    if not dns.response_code and not dns.error:
        return Measures()
    came = dns.response_code not in ("", "ERROR")
    return _once(dns.query_time_ms, came=came, well=came)


def _of_http(http: _Http) -> Measures:
    """A status or a content that was not expected is a loss that has a time."""
    if not http.status_code and not http.error:
        return Measures()
    came = http.status_code > 0
    return _once(http.total_ms, came=came, well=came and not http.error)


def _of_tls(tls: _Tls) -> Measures:
    """What is wrong with a certificate is no loss: the server answers."""
    if not tls.tls_version and not tls.error:
        return Measures()
    came = bool(tls.tls_version)
    return _once(tls.tcp_connect_ms + tls.tls_handshake_ms, came=came, well=came)


def _of_snmp(snmp: _Snmp) -> Measures:
    if not snmp.version and not snmp.error:
        return Measures()
    return _once(snmp.query_time_ms, came=not snmp.error, well=not snmp.error)


def _of_tcp(tcp: _Tcp) -> Measures:
    times = [ms for ms in tcp.connects_ms if ms is not None]
    if not times:
        return Measures(loss_pct=tcp.loss_pct)
    return Measures(
        rtt_ms=_median(times),
        rtt_min_ms=tcp.min_ms,
        rtt_max_ms=tcp.max_ms,
        loss_pct=tcp.loss_pct,
    )
