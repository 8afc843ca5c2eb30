"""From two readings of counters to rates. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from forepost.wire.probes.sysinfo import Busy, CpuShares, CpuTimes, DiskIo, NicTraffic

CPU: Final = CpuShares.__struct_fields__
NIC: Final = (
    "rx_bytes", "tx_bytes", "rx_packets", "tx_packets",
    "rx_errors", "tx_errors", "rx_drops", "tx_drops",
)  # fmt: skip
DISK: Final = ("read_bytes", "written_bytes", "reads", "writes", "busy_ms")


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Since boot; `at` is monotonic. By name, in the order of `NIC` and of `DISK`."""

    at: float
    cpu: CpuTimes
    nics: Mapping[str, Sequence[int]]
    disks: Mapping[str, Sequence[int]]


def between(before: Counters, after: Counters) -> Busy:
    sec = max(0.0, after.at - before.at)
    return Busy(
        interval_sec=sec,
        cpu=_shares(before.cpu, after.cpu),
        disk_io=[
            _disk(name, _grown(before.disks.get(name), now), sec)
            for name, now in after.disks.items()
        ],
        nics=[
            _nic(name, _grown(before.nics.get(name), now), sec) for name, now in after.nics.items()
        ],
    )


def _shares(before: CpuTimes, after: CpuTimes) -> CpuShares | None:
    """A processor that was switched off takes its times with it: what shrinks counts as nothing."""
    spent = {name: max(0, getattr(after, name) - getattr(before, name)) for name in CPU}
    total = sum(spent.values())
    if not total:
        return None
    return CpuShares(**{name: 100 * ns / total for name, ns in spent.items()})


def _grown(before: Sequence[int] | None, after: Sequence[int]) -> list[int] | None:
    """None where they did not exist before, or began anew."""
    if before is None:
        return None
    grown = [now - then for then, now in zip(before, after, strict=True)]
    return grown if min(grown, default=0) >= 0 else None


def _nic(name: str, grown: list[int] | None, sec: float) -> NicTraffic:
    if grown is None or not sec:
        return NicTraffic(name=name)
    rates: dict[str, Any] = {
        f"{field}_per_sec": grown[at] / sec for at, field in enumerate(NIC[:4])
    }
    counts: dict[str, Any] = dict(zip(NIC[4:], grown[4:], strict=True))
    return NicTraffic(name=name, **rates, **counts)


def _disk(name: str, grown: list[int] | None, sec: float) -> DiskIo:
    if grown is None or not sec:
        return DiskIo(name=name)
    rates = {f"{field}_per_sec": grown[at] / sec for at, field in enumerate(DISK[:4])}
    return DiskIo(name=name, **rates, busy_pct=min(100.0, grown[4] / sec / 10))
