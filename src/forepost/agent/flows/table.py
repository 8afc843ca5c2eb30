"""All flows of this agent, as its meters report them: live, named, tagged. Pure.

A flow that its meter ended stays for one more sweep, so that what was found out last still reaches
it; then it is gone.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import chain
from typing import Final, Protocol

import msgspec

from forepost.agent.flows import names
from forepost.agent.flows.flow import Counts, Flow, fresh
from forepost.agent.flows.hints import Hints
from forepost.agent.flows.names import Rules
from forepost.agent.flows.recall import Recall
from forepost.agent.flows.sides import Sides
from forepost.wire.flows.meter import CLOSED, REST, ROW_BYTES, FlowLabel, Hint

MOST_WAITING: Final = 16_384
"""Labels of flows that no row has shown yet."""
A_LOOK: Final = 20_000
"""Flows that are only looked at, as A_STEP."""
A_STEP: Final = 500
"""Flows that are gone through before somebody else has a turn."""
_KEY_BYTES: Final = 40


class GroupIndex(Protocol):
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

    def began(self, flow: Flow) -> None:
        """A flow began; what it is called may not be known yet."""
        ...

    def named(self, flow: Flow) -> None:
        """Something more is known of it."""
        ...

    def moved(self, flow: Flow, new: Counts) -> None:
        """Told at the end of an update interval, and before a flow ends."""
        ...

    def ended(self, flow: Flow, *, closed: bool) -> None:
        """A flow ended. `closed`: its hosts said so; else nothing was heard of it for long."""
        ...


class TableCounts(msgspec.Struct, kw_only=True):
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
        groups: GroupIndex,
        hints: Hints,
        rules: Rules,
        listener: Listener,
        most: int,
    ) -> None:
        self.sides, self._groups, self._hints, self._rules = sides, groups, hints, rules
        self._listener, self._most = listener, most
        self.recall = Recall()
        self._flows: dict[str, dict[bytes, Flow]] = {}
        self._waiting: OrderedDict[tuple[str, bytes, bool], FlowLabel] = OrderedDict()
        """Interface, key, and whether it is nDPI's."""
        self._ending: list[tuple[Flow, bool]] = []
        self._leaving: deque[tuple[Flow, bool]] = deque()
        self._moving: list[Flow] = []
        self._moved: list[Flow] = []
        self._expiring = self._purged = 0
        self.refused = 0
        self.standing = TableCounts()

    def __len__(self) -> int:
        return sum(map(len, self._flows.values()))

    def __iter__(self) -> Iterator[Flow]:
        """Those that there are now."""
        return iter(list(chain.from_iterable(flows.values() for flows in self._flows.values())))

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

    def label(self, interface: str, label: FlowLabel) -> None:
        flow = self._of(interface).get(label.key)
        if flow is not None and not flow.expired:  # what comes after the end is the next flow's
            self._name(flow, label)
            return
        self._waiting[interface, label.key, label.reason == "ndpi"] = label
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popitem(last=False)

    def hint(self, hint: Hint) -> None:
        self._hints.learn(hint.name, hint.addresses)

    def update(self, passed_sec: float) -> Iterator[None]:
        """An update interval is over: `standing`, and the rates of flows, are what it shows. Step
        by step, as `sweep`.
        """
        self.standing = TableCounts(
            flow_count=len(self),
            flow_count_prev=self.standing.flow_count,
            flows_active=len(self._moving),
            flows_expired=len(self._ending),
            flows_expiring=self._expiring,
            flows_in_use=self.standing.flows_in_use,
            flows_purged=self._purged,
        )
        in_use = 0
        for number, flow in enumerate(self, 1):
            in_use += not flow.complete
            if number % A_LOOK == 0:
                yield
        self.standing.flows_in_use = in_use
        self._expiring = self._purged = 0
        for flow in self._moved:
            if not flow.moving:
                flow.rates = (0, 0)
        self._moved, self._moving = self._moving, []
        for number, flow in enumerate(self._moved, 1):
            new = self._tell_moved(flow)
            flow.rates = int(new[2] * 8 / passed_sec), int(new[3] * 8 / passed_sec)
            if number % A_STEP == 0:
                yield

    def sweep(self) -> Iterator[None]:
        """Forget what ended before the last sweep, step by step, so that whoever drives it can do
        something else in between; once a second. One that is given up goes on with the next.
        """
        self._leaving += self._ending
        self._ending = []
        while self._leaving:
            flow, closed = self._leaving[0]
            self._tell_moved(flow)
            self._listener.ended(flow, closed=closed)
            flows = self._flows[flow.interface]
            if flows.get(flow.key) is flow:
                del flows[flow.key]
            self._purged += 1
            self._leaving.popleft()
            if len(self._leaving) % A_STEP == 0:
                yield

    def lose(self, interface: str) -> None:
        """The meter died, and its counters with it: end what it had, with what is known."""
        for flow in self._of(interface).values():
            if not flow.expired:
                self._expire(flow, closed=False)

    def lose_rest(self, interface: str) -> None:
        """The meter died; the kernel counts on, but the sum of what was not told apart is gone."""
        rest = self._of(interface).pop(REST, None)
        if rest is not None and not rest.expired:
            self._expire(rest, closed=False)

    def retag(self, flow: Flow) -> tuple[str, ...]:
        """Return the flow's groups, read again where the groups have changed."""
        version = self._groups.version
        if flow.tags_of != version:
            here = self._groups.of(flow.local_address, flow.local_mac)
            there = self._groups.of(flow.other_address, flow.other_mac)
            flow.tags = tuple(dict.fromkeys(here + there))
            flow.tags_of = version
        return flow.tags

    def _of(self, interface: str) -> dict[bytes, Flow]:
        return self._flows.setdefault(interface, {})

    def _row(self, interface: str, key: bytes, row: bytes) -> Flow | None:
        flow = self._of(interface).get(key)
        if flow is None or flow.expired:
            if flow is None and len(self) >= self._most:
                self.refused += 1
                return None
            flow = self._begin(interface, key, row)
        flow.row = row
        if not flow.moving and flow.counters != flow.updated:
            flow.moving = True
            self._moving.append(flow)
        return flow

    def _tell_moved(self, flow: Flow) -> Counts:
        """What it had since this was last asked."""
        new = flow.since(flow.updated)
        flow.updated, flow.moving = flow.counters, False
        if any(new):
            self.retag(flow)
            self._listener.moved(flow, new)
        return new

    def _begin(self, interface: str, key: bytes, row: bytes) -> Flow:
        waiting = (self._waiting.pop((interface, key, is_ndpi), None) for is_ndpi in (False, True))
        labels = [label for label in waiting if label is not None]
        client = next((label.client for label in labels if label.client is not None), None)
        if client is None:
            client = self.recall.client(interface, key)
        flow = self._of(interface)[key] = fresh(interface, key, row, self.sides, client)
        hinted = self._hints.name_of(flow.other_address)
        if hinted:
            names.by_hint(flow, hinted)
        for label in labels:
            names.by_label(flow, label)
        if not labels:
            self.recall.apply(flow)
        names.by_rules(flow, self._rules)
        self.retag(flow)
        self._listener.began(flow)
        return flow

    def _name(self, flow: Flow, label: FlowLabel) -> None:
        names.by_label(flow, label)
        names.by_rules(flow, self._rules)
        self._listener.named(flow)

    def _expire(self, flow: Flow, *, closed: bool) -> None:
        if not flow.complete:
            self._expiring += 1
            names.by_port(flow)
            names.by_rules(flow, self._rules)
            self._listener.named(flow)
        self.recall.learn(flow, closed=closed)
        flow.expired = True
        self._ending.append((flow, closed))
