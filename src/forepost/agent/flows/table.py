"""All flows of this agent, as its meters report them: live, named, tagged. Pure.

A flow that its meter ended stays for one more sweep, so that what was found out last still reaches
it; then it is gone.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

from forepost.agent.flows import naming
from forepost.agent.flows.flow import Flow, count, fresh
from forepost.agent.flows.hints import Hints
from forepost.agent.flows.naming import Rules
from forepost.agent.flows.recall import Recall
from forepost.agent.flows.sides import Sides
from forepost.wire.meter import CLOSED, ROW_BYTES, Hint, Label

MOST_WAITING: Final = 16_384
"""Labels of flows that no row has shown yet."""
_KEY_BYTES: Final = 40

New = tuple[int, int, int, int]
"""Local and other packets, local and other bytes."""


class Groups(Protocol):
    """The address groups, as tags are made of them."""

    @property
    def version(self) -> int:
        """Grows with every change."""
        ...

    def of(self, address: bytes, mac: bytes) -> tuple[str, ...]:
        """Names of the groups that an address or its MAC address is in, in order."""
        ...


class Listener(Protocol):
    """What hears of flows as they change."""

    def began(self, flow: Flow) -> None: ...

    def named(self, flow: Flow) -> None:
        """Something more is known of it."""
        ...

    def moved(self, flow: Flow, new: New) -> None: ...

    def ended(self, flow: Flow, *, closed: bool) -> None: ...


class Standing(msgspec.Struct, kw_only=True):
    """The counts of `status`, as contracts of the Netify document name them."""

    flow_count: int = 0
    flow_count_prev: int = 0
    flows_active: int = 0
    flows_expired: int = 0
    flows_expiring: int = 0
    flows_in_use: int = 0
    flows_purged: int = 0


class FlowTable:
    """`most`: flows of all interfaces; what the meters count beyond is in no flow, and told."""

    def __init__(
        self,
        sides: Sides,
        groups: Groups,
        hints: Hints,
        rules: Rules,
        listener: Listener,
        most: int,
    ) -> None:
        self.sides, self._groups, self._hints, self._rules = sides, groups, hints, rules
        self._listener, self._most = listener, most
        self._recall = Recall()
        self._flows: dict[tuple[str, bytes], Flow] = {}
        self._waiting: OrderedDict[tuple[str, bytes], Label] = OrderedDict()
        self._ending: list[tuple[Flow, bool]] = []
        self._active: set[tuple[str, bytes]] = set()
        self._expiring = self._purged = 0
        self.refused = 0
        self.standing = Standing()

    def __len__(self) -> int:
        return len(self._flows)

    def __iter__(self) -> Iterator[Flow]:
        return iter(list(self._flows.values()))

    def rows(self, interface: str, rows: bytes) -> None:
        """KEY FLOW, KEY FLOW, ... of a meter."""
        for at in range(0, len(rows) - ROW_BYTES + 1, ROW_BYTES):
            key = rows[at : at + _KEY_BYTES]
            self._row(interface, key, rows[at + _KEY_BYTES : at + ROW_BYTES])

    def ended(self, interface: str, rows: bytes) -> None:
        """Final ones of a meter: reason KEY FLOW, reason KEY FLOW, ..."""
        for at in range(0, len(rows) - ROW_BYTES, ROW_BYTES + 1):
            key = rows[at + 1 : at + 1 + _KEY_BYTES]
            flow = self._row(interface, key, rows[at + 1 + _KEY_BYTES : at + 1 + ROW_BYTES])
            if flow is not None:
                self._expire(flow, closed=rows[at] == CLOSED)

    def label(self, interface: str, label: Label) -> None:
        flow = self._flows.get((interface, label.key))
        if flow is not None and not flow.expired:  # what comes after the end is the next flow's
            self._name(flow, label)
            return
        self._waiting[interface, label.key] = label
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)

    def hint(self, hint: Hint) -> None:
        self._hints.learn(hint.name, hint.addresses)

    def tick(self, passed_sec: float) -> None:
        """An update interval is over: `standing`, and the rates of flows, are what it shows."""
        for flow in self._flows.values():
            now = flow.local_bytes, flow.other_bytes
            if now != flow.before or flow.rates != (0, 0):
                flow.rates = (
                    int((now[0] - flow.before[0]) * 8 / passed_sec),
                    int((now[1] - flow.before[1]) * 8 / passed_sec),
                )
                flow.before = now
        self.standing = Standing(
            flow_count=len(self._flows),
            flow_count_prev=self.standing.flow_count,
            flows_active=len(self._active),
            flows_expired=len(self._ending),
            flows_expiring=self._expiring,
            flows_in_use=sum(not flow.complete for flow in self._flows.values()),
            flows_purged=self._purged,
        )
        self._active.clear()
        self._expiring = self._purged = 0

    def sweep(self) -> None:
        """Forget what ended before the last sweep. Once a second."""
        leaving, self._ending = self._ending, []
        for flow, closed in leaving:
            self._listener.ended(flow, closed=closed)
            place = flow.interface, flow.key
            if self._flows.get(place) is flow:
                del self._flows[place]
            self._purged += 1

    def lose(self, interface: str) -> None:
        """The meter died, and its counters with it: end what it had, with what is known."""
        for flow in list(self._flows.values()):
            if flow.interface == interface and not flow.expired:
                self._expire(flow, closed=False)

    def retag(self, flow: Flow) -> tuple[str, ...]:
        """Return the flow's groups, read again where the groups have changed."""
        version = self._groups.version
        if flow.tags_of != version:
            here = self._groups.of(flow.local_address, flow.local_mac)
            there = self._groups.of(flow.other_address, flow.other_mac)
            flow.tags = tuple(dict.fromkeys(here + there))
            flow.tags_of = version
        return flow.tags

    def _row(self, interface: str, key: bytes, row: bytes) -> Flow | None:
        place = interface, key
        flow = self._flows.get(place)
        if flow is None or flow.expired:
            if flow is None and len(self._flows) >= self._most:
                self.refused += 1
                return None
            flow = self._begin(place, row)
        new = count(flow, row)
        if new != (0, 0, 0, 0):
            self._active.add(place)
            self._listener.moved(flow, new)
        return flow

    def _begin(self, place: tuple[str, bytes], row: bytes) -> Flow:
        flow = self._flows[place] = fresh(*place, row, self.sides)
        hinted = self._hints.name_of(flow.other_address)
        if hinted:
            naming.by_hint(flow, hinted)
        label = self._waiting.pop(place, None)
        if label is not None:
            naming.by_label(flow, label)
        else:
            self._recall.apply(flow)
        naming.by_rules(flow, self._rules)
        self.retag(flow)
        self._listener.began(flow)
        return flow

    def _name(self, flow: Flow, label: Label) -> None:
        naming.by_label(flow, label)
        naming.by_rules(flow, self._rules)
        self._listener.named(flow)

    def _expire(self, flow: Flow, *, closed: bool) -> None:
        if not flow.complete:
            self._expiring += 1
            naming.by_port(flow)
            naming.by_rules(flow, self._rules)
            self._listener.named(flow)
        self._recall.learn(flow)
        flow.expired = True
        self._ending.append((flow, closed))
