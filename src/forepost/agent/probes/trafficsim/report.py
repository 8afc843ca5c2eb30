"""A finished cycle as a result. Pure."""

from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import UNSET

from forepost.agent.probes.trafficsim import emodel, figures
from forepost.agent.probes.trafficsim.flight import Flight
from forepost.wire.probes.trafficsim import TrafficSimResult

UDP_BYTES: Final = 8
IP_BYTES: Final = {4: 20, 6: 40}


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How the packets of a cycle were sent."""

    voip: bool
    gap_ms: float
    dscp: int
    size: int
    """Bytes of UDP data that they really had."""
    authenticated: bool
    remote: str
    """Address and port."""


def report(
    flight: Flight,
    manner: Manner,
    now: datetime,
    took_sec: float,
    *,
    own_error_ns: int | None = None,
    error: str = "",
) -> TrafficSimResult:
    rtts = [None if one.rtt is None else figures.ms(one.rtt) for one in flight.packets]
    return msgspec.structs.replace(
        _both_ways(flight, rtts, now, took_sec),
        remote_addr=manner.remote,
        authenticated=manner.authenticated,
        late=flight.late,
        dscp_received=UNSET if flight.tos is None else flight.tos >> 2,
        error=error,
        **(_voip(flight, rtts, manner, own_error_ns) if manner.voip and rtts else {}),
        **(_each_way(flight, own_error_ns) if manner.authenticated else {}),
    )


def _both_ways(
    flight: Flight, rtts: list[float | None], now: datetime, took_sec: float
) -> TrafficSimResult:
    total, received = len(rtts), len(flight.arrivals)
    duplicates = flight.duplicates + flight.far_duplicates
    disorder = figures.reordered(flight.arrivals)
    loss = 100 * (1 - received / total) if total else 100.0
    answered = sorted(rtt for rtt in rtts if rtt is not None)
    steps = sorted(figures.steps(rtts))
    first = flight.next_seq - total
    in_order = [rtt for seq in flight.arrivals if (rtt := rtts[seq - first]) is not None]
    jitter = figures.rfc3550(in_order)
    found = TrafficSimResult(
        total_packets=total,
        received_packets=received,
        lost_packets=total - received,
        loss_percentage=loss,
        duplicates=duplicates,
        duplicate_percent=100 * duplicates / total if total else 0.0,
        out_of_order=disorder,
        out_of_order_percent=100 * disorder / received if received else 0.0,
        network_efficiency=100 - loss,
        cycle_duration_ms=round(took_sec * 1e3),
        packets_per_second=total / took_sec if took_sec > 0 else 0.0,
        rfc3550_jitter=UNSET if jitter is None else jitter,
        timestamp=now,
    )
    if not answered:
        return found
    mean = figures.mean_of(answered)
    shaky = figures.mean_of(steps)
    scores = {
        "latency_quality_score": figures.score(mean, 50, 500),
        "jitter_quality_score": figures.score(shaky, 5, 100),
        "loss_quality_score": figures.score(loss, 0, 10),
    }
    return msgspec.structs.replace(
        found,
        average_rtt=mean,
        median_rtt=figures.percentile(answered, 50),
        p95_rtt=figures.percentile(answered, 95),
        p99_rtt=figures.percentile(answered, 99),
        min_rtt=answered[0],
        max_rtt=answered[-1],
        std_dev_rtt=figures.deviation(answered, mean),
        jitter_avg=shaky,
        jitter_median=figures.percentile(steps, 50),
        jitter_p95=figures.percentile(steps, 95),
        latency_quality=figures.latency_word(mean),
        network_health_score=figures.mean_of(scores.values()),
        **scores,
    )


def _voip(
    flight: Flight, rtts: list[float | None], manner: Manner, own_error_ns: int | None
) -> dict[str, Any]:
    lengths = figures.bursts(rtts)
    version = 6 if manner.remote.startswith("[") else 4
    packet_bytes = manner.size + UDP_BYTES + IP_BYTES[version]
    found: dict[str, Any] = {
        "max_consecutive_loss": max(lengths, default=0),
        "total_bursts": sum(length > 1 for length in lengths),
        "dscp_value": manner.dscp,
        "payload_size": manner.size,
        "interval_ms": round(manner.gap_ms),
        "estimated_bandwidth_kbps": packet_bytes * 8 / manner.gap_ms,
    }
    answered = [rtt for rtt in rtts if rtt is not None]
    if not answered:
        return found
    known = figures.one_way(flight, own_error_ns)
    network_ms = known.forward if known else figures.mean_of(answered) / 2
    wobble = figures.percentile(sorted(figures.steps(rtts)), 95)
    # From mouth to ear: filling a packet, the network, one interval in the playout buffer.
    rating = emodel.rate(
        max(0.0, network_ms) + 2 * manner.gap_ms,
        100 * (1 - len(answered) / len(rtts)),
        burst_ratio=figures.burst_ratio(rtts),
    )
    return found | {
        "one_way_latency": known.forward if known else UNSET,
        "playout_buffer_min": manner.gap_ms,
        "playout_buffer_max": max(2 * manner.gap_ms, wobble),
        "mos": rating.mos,
        "r_factor": rating.r,
        "mos_quality": rating.quality,
        "delay_imp": rating.delay_impairment,
        "loss_imp": rating.loss_impairment,
    }


def _each_way(flight: Flight, own_error_ns: int | None) -> dict[str, Any]:
    lost = flight.split()
    there, back = (figures.rfc3550(figures.transits(flight, way)) for way in _WAYS)
    known = figures.one_way(flight, own_error_ns)
    return {
        "dscp_at_target": UNSET if flight.far_tos is None else flight.far_tos >> 2,
        "lost_forward": lost[0] if lost else UNSET,
        "lost_backward": lost[1] if lost else UNSET,
        "jitter_forward": UNSET if there is None else there,
        "jitter_backward": UNSET if back is None else back,
        "one_way_forward": known.forward if known else UNSET,
        "one_way_backward": known.backward if known else UNSET,
        "one_way_error": known.error if known else UNSET,
    }


_WAYS: Final = ("forward", "backward")
