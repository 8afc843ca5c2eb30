"""Whether a round of a probe ends before the next one begins. Pure."""

from typing import Any

import msgspec

from forepost.kit.errors import Invalid
from forepost.wire.probes import KINDS, TARGETLESS
from forepost.wire.probes.options import LEAST_GAP_SEC, usual_timeout
from forepost.wire.probes.probe import Probe, ProbePatch


def check_round(type_: str, interval_sec: int, timeout_sec: int, count: int, metadata: Any) -> None:
    """Raises Invalid, with the field that is to be changed."""
    if type_ in TARGETLESS:
        return
    own = metadata.get("timeout_sec") if isinstance(metadata, dict) else None
    for field, value in (("timeout_sec", timeout_sec), ("metadata.timeout_sec", own)):
        if _number(value) > interval_sec:
            raise Invalid(
                f"{field}: {value} s, so that a round does not end before the next begins:"
                f" interval_sec ({interval_sec}) at most"
            )
    if type_ in KINDS and KINDS[type_].is_spaced and count * LEAST_GAP_SEC > interval_sec:
        most = int(interval_sec / LEAST_GAP_SEC)
        raise Invalid(
            f"count: {count} do not fit into interval_sec ({interval_sec}): {most} at most"
        )


def timed(old: Probe, patch: ProbePatch) -> ProbePatch:
    """The same, with a timeout that nobody spoke of brought within a new interval. Raises Invalid
    for a round that would not end before the next begins.
    """
    asked = {"interval_sec", "timeout_sec", "count", "metadata"}
    told = {name: getattr(patch, name) for name in asked}
    if all(value is msgspec.UNSET for value in told.values()):
        return patch
    interval_sec = old.interval_sec if patch.interval_sec is msgspec.UNSET else patch.interval_sec
    if patch.timeout_sec is msgspec.UNSET and old.timeout_sec > interval_sec:
        patch = msgspec.structs.replace(patch, timeout_sec=usual_timeout(interval_sec))
    timeout_sec = old.timeout_sec if patch.timeout_sec is msgspec.UNSET else patch.timeout_sec
    count = old.count if patch.count is msgspec.UNSET else patch.count
    metadata = old.metadata if patch.metadata is msgspec.UNSET else patch.metadata
    check_round(old.type, interval_sec, timeout_sec, count, metadata)
    return patch


def _number(value: Any) -> float:
    """As the agent reads it; what is no number is refused elsewhere."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0
