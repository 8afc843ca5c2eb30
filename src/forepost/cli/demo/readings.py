"""What the agents of the demo measure: a payload of each type, for a site and a moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import msgspec

from forepost.cli.demo.calls import CALL_PORT, trafficsim
from forepost.cli.demo.hosts import netinfo, snmp, sysinfo
from forepost.cli.demo.lines import Line, mtr, ping
from forepost.cli.demo.services import dns, http, tcp, tls
from forepost.cli.demo.sites import ROUTER, DemoSite
from forepost.cli.demo.traffic import flows
from forepost.cli.demo.troubles import is_silent

FLOWS_SEC: Final = 60
PACKETS: Final = 5
"""Of a PING."""
TRIED: Final = frozenset({"PING", "MTR", "HTTP", "TLS", "DNS", "TCP", "SNMP", "SYSINFO", "NETINFO"})
"""Types that may be asked for once, now."""


class DemoProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A probe of the demo as the controller knows it."""

    id: int
    type: str
    interval_sec: int
    targets: list[str]


class Readings:
    """All that one site measures, in order of time."""

    def __init__(self, site: DemoSite, probes: list[DemoProbe], start: float) -> None:
        """`start`: when the demo began, Unix seconds; all troubles are counted from it."""
        self._site, self._start = site, start
        self._probes = [*probes, DemoProbe(id=0, type="FLOWS", interval_sec=FLOWS_SEC, targets=[])]

    def between(self, after: float, until: float) -> Iterator[dict[str, Any]]:
        """Posts of the rounds that began after one moment and not after the other."""
        due = [
            (at, place)
            for place, probe in enumerate(self._probes)
            for at in _rounds(probe, place, after, until)
        ]
        for at, place in sorted(due):
            if not is_silent(self._site, self._start - at):
                yield from self._round(self._probes[place], at)

    def trial(self, type_: str, target: str, count: int, at: float) -> dict[str, Any] | None:
        """What a measurement at this moment would give; None: no agent of the demo measures it."""
        if type_ not in TRIED:
            return None
        chance = Random(f"{self._site.number} {type_} {target} {at}")  # noqa: S311
        return self._payload(type_, target, at, chance, count or PACKETS)

    def _round(self, probe: DemoProbe, at: float) -> Iterator[dict[str, Any]]:
        for target in probe.targets or [""]:
            chance = Random(f"{self._site.number} {probe.type} {target} {at:.0f}")  # noqa: S311
            yield {
                "probe_id": probe.id,
                "created_at": datetime.fromtimestamp(at, UTC),
                "type": probe.type,
                "target": target,
                "payload": self._payload(probe.type, target, at, chance),
            }

    def _payload(
        self, type_: str, target: str, at: float, chance: Random, count: int = PACKETS
    ) -> dict[str, Any]:
        site, before_sec = self._site, self._start - at
        began = datetime.fromtimestamp(at, UTC)
        ended = began + timedelta(seconds=2)
        line = Line(site, target.removesuffix(f":{CALL_PORT}"), before_sec, chance)
        match type_:
            case "PING":
                return ping(line, target, began, ended, count)
            case "MTR":
                return mtr(line, site, before_sec, began, ended)
            case "HTTP":
                return http(line, target, before_sec, began, ended)
            case "TLS":
                return tls(line, site, began, ended, self._start)
            case "DNS":
                return dns(line, site, target, before_sec, began, ended)
            case "TRAFFICSIM":
                return trafficsim(line, target, ended)
            case "TCP":
                return tcp(line, target, began, ended)
            case "SNMP" | "SYSINFO" | "NETINFO":
                return self._of_host(type_, at, chance)
            case _:
                return flows(site, at, before_sec, chance)

    def _of_host(self, type_: str, at: float, chance: Random) -> dict[str, Any]:
        site, began = self._site, datetime.fromtimestamp(at, UTC)
        match type_:
            case "SNMP":
                return snmp(ROUTER, began, began + timedelta(seconds=2), at, chance)
            case "SYSINFO":
                return sysinfo(site, began, at, chance)
            case _:
                return netinfo(site, began)


def _rounds(probe: DemoProbe, place: int, after: float, until: float) -> Iterator[float]:
    """Probes of one site do not all begin at once, but flows begin with the minute."""
    shift = 0 if probe.type == "FLOWS" else 3 * place + 1
    at = (after - shift) // probe.interval_sec * probe.interval_sec + shift
    while at <= until:
        if at > after:
            yield at
        at += probe.interval_sec
