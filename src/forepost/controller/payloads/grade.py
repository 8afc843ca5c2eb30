"""How one result is, in a grade and in words: the one set of thresholds. Pure."""

from typing import Final

import msgspec

from forepost.wire.rest.topology import Status

CRITICAL_LOSS, DEGRADED_LOSS = 50.0, 10.0
DEGRADED_RTT_MS: Final = 100.0
CRITICAL_MOS, DEGRADED_MOS = 2.6, 3.6
"""ITU-T G.107, annex B: below 2.6 nearly all users are dissatisfied, below 3.6 many of them."""
LONGEST_REASON: Final = 300
SURE_TRIES: Final = 3


class Grade(msgspec.Struct, frozen=True, gc=False):
    status: Status
    reason: str = ""
    """Why it is not healthy: "3 of 5 lost"."""
    failed: bool = False
    """Whether nothing that was tried came back, or what came back is not what was asked for."""
    is_sure: bool = True
    """Whether it was tried more than once, so that it is no single case."""


UNSAID: Final = Grade("unknown")
"""Of a payload that does not say."""
FINE: Final = Grade("healthy")


def failed(reason: str, *, tries: int = 1) -> Grade:
    return Grade("critical", reason[:LONGEST_REASON], failed=True, is_sure=tries >= SURE_TRIES)


def critical(reason: str) -> Grade:
    """Return the grade of what is nearly as bad as a failure."""
    return Grade("critical", reason[:LONGEST_REASON])


def degraded(reason: str) -> Grade:
    return Grade("degraded", reason[:LONGEST_REASON])


def of_network(
    loss_pct: float | None,
    rtt_ms: float | None,
    lost: str,
    error: str = "",
    tries: int = SURE_TRIES,
) -> Grade:
    """Return the grade of a way through the network. `lost`: "3 of 5 lost"; `error`: what a
    router or this host said of it.
    """
    if loss_pct is None:
        if error:
            return failed(error)
        return UNSAID if rtt_ms is None else _of_rtt(rtt_ms)
    if loss_pct >= 100:
        return failed(error or "no answer", tries=tries)
    reason = f"{lost}: {error}" if error else lost
    if loss_pct >= CRITICAL_LOSS:
        return critical(reason)
    if loss_pct >= DEGRADED_LOSS:
        return degraded(reason)
    return FINE if rtt_ms is None else _of_rtt(rtt_ms)


def percent_lost(loss_pct: float | None) -> str:
    return "" if loss_pct is None else f"{loss_pct:.4g} % lost"


def _of_rtt(rtt_ms: float) -> Grade:
    return degraded(f"RTT {rtt_ms:.4g} ms") if rtt_ms > DEGRADED_RTT_MS else FINE
