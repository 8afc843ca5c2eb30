"""When the loss of one probe asks for an extra run of another. Pure but for what it remembers."""

from collections.abc import Mapping
from typing import Final

from forepost.agent.probes.hostport import host_of
from forepost.wire.base import Wire
from forepost.wire.probes.mtr import MtrOptions
from forepost.wire.probes.options import Options
from forepost.wire.probes.ping import PingResult
from forepost.wire.probes.trafficsim import TrafficSimResult

COUNT: Final = 15
"""Cycles of an extra run."""

Key = tuple[int, str, str]


class Triggers:
    """Remembers when each probe last made an extra run."""

    def __init__(self) -> None:
        self._last: dict[Key, float] = {}

    def asked(
        self, by: Key, result: Wire, running: Mapping[Key, Options], now: float
    ) -> dict[Key, str]:
        """Which of `running` are to make an extra run because of a result, and why."""
        loss_pct = lost_pct(result)
        if not loss_pct:
            return {}
        towards = by[2] if by[1] != "TRAFFICSIM" else host_of(by[2])
        self._last = {key: at for key, at in self._last.items() if key in running}
        return {
            key: f"{by[1]} of probe {by[0]} lost {loss_pct:.0f} % towards {by[2]}"
            for key, options in running.items()
            if isinstance(options, MtrOptions)
            and key[2] == towards
            and loss_pct > options.trigger_loss_pct
            and now - self._last.get(key, float("-inf")) >= options.trigger_cooldown_sec
        }

    def made(self, key: Key, now: float) -> None:
        """The extra run begins."""
        self._last[key] = now


def lost_pct(result: Wire) -> float | None:
    """None where nothing was sent, and for types that do not measure loss."""
    if isinstance(result, PingResult) and result.packets_sent:
        return result.packet_loss
    if isinstance(result, TrafficSimResult) and result.total_packets:
        return result.loss_percentage
    return None
