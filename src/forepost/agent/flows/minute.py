"""The traffic of the minute that is running, as it will be reported. Pure."""

from collections.abc import Sequence
from typing import Final

from forepost.agent.flows.flow import NO_MAC, Counts, Flow
from forepost.agent.flows.ranking import Sum, Top
from forepost.agent.flows.sides import prefix, spelled, spelled_mac
from forepost.wire.flows.rollup import FlowMinute, Honesty, Ranking, Talks

MINUTE_SEC: Final = 60
NAMED: Final = 50
TALKS: Final = 100
NAMES, ADDRESSES, COUNTERS = 1, 2, 3
"""Levels of privacy: from here on no names, no addresses, nothing but counters."""


class Minute:
    """`privacy` is applied as traffic is added: nothing that is not reported is kept."""

    def __init__(self, privacy: int = 0) -> None:
        self._privacy = privacy
        self._total = Sum()
        self._devices: Top[tuple[str, str]] = Top()
        self._applications: Top[str] = Top()
        self._remotes: Top[str] = Top()
        self._groups: Top[str] = Top()
        self._talks: Top[tuple[str, str, str, tuple[str, ...]]] = Top()

    def add(self, flow: Flow, application: str, groups: tuple[str, ...], new: Counts) -> None:
        """What a flow had in this minute: once."""
        self._total.add(new)
        if self._privacy >= COUNTERS:
            return
        device, mac = self._device(flow)
        remote = self._remote(flow)
        self._devices.add((device, mac), new)
        self._applications.add(application, new)
        self._remotes.add(remote, new)
        self._talks.add((device, application, remote, groups), new)
        for group in groups:
            self._groups.add(group, new)

    def report(self, minute: int, interfaces: Sequence[str], honesty: Honesty) -> FlowMinute:
        """`minute`: Unix seconds, a multiple of 60."""
        devices, devices_rest = self._devices.largest(NAMED)
        applications, applications_rest = self._applications.largest(NAMED)
        remotes, remotes_rest = self._remotes.largest(NAMED)
        talks, talks_rest = self._talks.largest(TALKS)
        return FlowMinute(
            minute=minute,
            interfaces=list(interfaces),
            total=self._total.traffic(),
            devices=Ranking(
                top=[found.named(name, mac) for (name, mac), found in devices],
                rest=devices_rest.traffic(),
            ),
            applications=Ranking(
                top=[found.named(name) for name, found in applications],
                rest=applications_rest.traffic(),
            ),
            remotes=Ranking(
                top=[found.named(name) for name, found in remotes], rest=remotes_rest.traffic()
            ),
            groups=[found.named(name) for name, found in self._groups.largest(NAMED)[0]],
            talks=Talks(top=[found.talk(*who) for who, found in talks], rest=talks_rest.traffic()),
            honesty=honesty,
            privacy=self._privacy,
        )

    def _device(self, flow: Flow) -> tuple[str, str]:
        if self._privacy >= ADDRESSES:
            return prefix(flow.local_address), ""
        mac = "" if flow.local_mac == NO_MAC else spelled_mac(flow.local_mac)
        return spelled(flow.local_address), mac

    def _remote(self, flow: Flow) -> str:
        if flow.name and self._privacy < NAMES:
            return flow.name
        if flow.other_type != "remote" and self._privacy < ADDRESSES:
            return spelled(flow.other_address)
        return prefix(flow.other_address)
