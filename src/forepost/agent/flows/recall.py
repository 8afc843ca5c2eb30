"""What flows were called, for the case that one of the same 5-tuple begins again. Pure.

A connection that was silent for longer than its TTL goes on in the middle: it names itself no more.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from forepost.agent.flows.flow import Flow
from forepost.wire.flows.meter import Facts, Reason

MOST_RECALLED: Final = 10_000
WORTH: Final[frozenset[Reason]] = frozenset(
    {"tls_sni", "tls", "quic_sni", "quic", "http_host", "http", "ssh_banner", "ndpi"}
)
"""Reasons that hold for the whole flow: what it said itself, and not DNS or DHCP."""


class _Known(msgspec.Struct, frozen=True, gc=False):
    detected: str
    server_name: str
    reason: Reason
    confidence: int
    facts: Facts | None


class Recall:
    """The least recently used go first."""

    def __init__(self, most: int = MOST_RECALLED) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, bytes], _Known] = OrderedDict()

    def learn(self, flow: Flow) -> None:
        """Of a flow that ends."""
        if flow.label_reason not in WORTH:
            return
        place = flow.interface, flow.key
        self._known[place] = _Known(
            flow.detected, flow.server_name, flow.label_reason, flow.label_confidence, flow.facts
        )
        self._known.move_to_end(place)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def apply(self, flow: Flow) -> bool:
        """Name a flow that begins; whether it was known."""
        known = self._known.get((flow.interface, flow.key))
        if known is None:
            return False
        flow.detected, flow.server_name, flow.facts = known.detected, known.server_name, known.facts
        flow.reason = flow.label_reason = known.reason
        flow.confidence = flow.label_confidence = known.confidence
        flow.recalled = flow.complete = True
        return True
