"""What results say, in every known spelling of it: one tolerant file for each type. Pure.

A payload is decoded once, when it arrives; whoever follows results is given what was decoded. A
field that is not there says nothing; a payload that is not as its type says has no measures and no
metrics, and is stored all the same.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from forepost.controller.payloads.dns import Dns
from forepost.controller.payloads.grade import SURE_TRIES, UNSAID, Grade, failed
from forepost.controller.payloads.http import HttpPayload
from forepost.controller.payloads.mtr import Mtr
from forepost.controller.payloads.netinfo import Netinfo
from forepost.controller.payloads.payload import (
    MOST_MOS,
    MOST_MS,
    NO_MEASURES,
    Figures,
    Measures,
    Metrics,
    Payload,
)
from forepost.controller.payloads.ping import Ping
from forepost.controller.payloads.port import Tcp, Udp
from forepost.controller.payloads.service import Ntp, Service
from forepost.controller.payloads.snmp import Snmp
from forepost.controller.payloads.speedtest import Speedtest
from forepost.controller.payloads.sysinfo import Sysinfo
from forepost.controller.payloads.tls import Tls
from forepost.controller.payloads.trafficsim import TrafficSim
from forepost.controller.series.port import Row

TYPES: Final[dict[str, type[Payload]]] = {
    "DNS": Dns,
    "HTTP": HttpPayload,
    "MQTT": Service,
    "MTR": Mtr,
    "NETINFO": Netinfo,
    "NTP": Ntp,
    "PING": Ping,
    "REDIS": Service,
    "SMTP": Service,
    "SNMP": Snmp,
    "SPEEDTEST": Speedtest,
    "SSH": Service,
    "SYSINFO": Sysinfo,
    "TCP": Tcp,
    "TLS": Tls,
    "TRAFFICSIM": TrafficSim,
    "UDP": Udp,
    "WEBSOCKET": Service,
}
"""What of a type is read here. Minutes of flows are their subject's own."""

_FIGURES: Final = ("rtt_ms", "rtt_min_ms", "rtt_max_ms", "jitter_ms", "loss_pct", "mos")
_MOST: Final = (MOST_MS, MOST_MS, MOST_MS, MOST_MS, 100.0, MOST_MOS)
"""What each of the figures can be, in their order."""
_DECODERS: Final = {
    # NetWatcher's agent writes the figures of a hop as strings.
    kind: msgspec.json.Decoder(of_type, strict=of_type is not Mtr)
    for kind, of_type in TYPES.items()
}


_OF_FIGURES: Final = {kind: of_type() for kind, of_type in TYPES.items() if of_type.IS_OF_NETWORK}
_BY_TRIES: Final = ("PING", "TCP", "UDP")
"""Of which one round may be one try."""


class Report(Row, frozen=True, kw_only=True, gc=False):
    """A result that has just come, with what its payload says."""

    said: Payload | None
    """None: of a type that nobody reads, or not as its type says."""
    grade: Grade
    """How it is."""


def read(kind: str, payload: bytes | msgspec.Raw) -> Payload | None:
    """Decode the payload of a result of type `kind`."""
    decoder = _DECODERS.get(kind)
    if decoder is None:
        return None
    try:
        return decoder.decode(payload)
    except msgspec.MsgspecError:
        return None


def said_by(row: Row) -> Payload | None:
    """Return what the payload of a row says: as it was decoded, or decoded now where the row was
    read from the series.
    """
    return row.said if isinstance(row, Report) else read(row.type, row.payload)


def measures_of(payload: Payload | None) -> Measures:
    """Return the measures of a payload, without those that cannot be: a negative RTT, one of a
    week, a loss of 300 %.
    """
    if payload is None:
        return NO_MEASURES
    found = payload.measures()
    # Written out: it is done for every result. What is no number is not between two either.
    if (
        ((ms := found.rtt_ms) is None or 0 <= ms <= MOST_MS)
        and ((ms := found.rtt_min_ms) is None or 0 <= ms <= MOST_MS)
        and ((ms := found.rtt_max_ms) is None or 0 <= ms <= MOST_MS)
        and ((ms := found.jitter_ms) is None or 0 <= ms <= MOST_MS)
        and ((loss := found.loss_pct) is None or 0 <= loss <= 100)
        and ((mos := found.mos) is None or 0 <= mos <= MOST_MOS)
    ):
        return found
    values = zip(_FIGURES, _MOST, strict=True)
    possible = {name: _possible(getattr(found, name), most) for name, most in values}
    return msgspec.structs.replace(found, **possible)


def metrics_of(row: Row) -> Metrics:
    """Return the metrics that a row says by itself."""
    payload = said_by(row)
    if payload is None:
        return {}
    found = payload.metrics(row)
    grade = grade_of(row)
    if grade.status != "unknown":
        found["failure"] = 1.0 if grade.failed else 0.0
        loss = row.loss_pct
        found["loss"] = loss if loss is not None else 100.0 * grade.failed
    return found


def grade_of(row: Row) -> Grade:
    """Return how a result is: as it was found when it came, or found now."""
    return row.grade if isinstance(row, Report) else grade_in(said_by(row), row)


def graded(kind: str, figures: Figures, sent: int | None, payload: Callable[[], bytes]) -> Grade:
    """Return how a stored result is, without its reasons. The payload is decoded only where the
    figures of its type do not say it.
    """
    of_type = _OF_FIGURES.get(kind)
    if of_type is None or figures.loss_pct is None:
        return grade_in(read(kind, payload()), figures)
    found = of_type.grade(figures)
    if found.failed:
        found = failed("", tries=sent if sent is not None and kind in _BY_TRIES else SURE_TRIES)
    return found


def grade_in(payload: Payload | None, figures: Figures) -> Grade:
    return UNSAID if payload is None else payload.grade(figures)


def _possible(value: float | None, most: float) -> float | None:
    return value if value is not None and 0 <= value <= most else None
