"""What is known of flows that ended, for the case that the same 5-tuple goes on. Pure.

A connection that was silent for longer than its TTL, or that the agent began anew under, goes on
in the middle: it names itself no more, and who began it does not show.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from forepost.agent.flows.flow import Flow
from forepost.wire.flows.meter import REST, Facts, Reason

MOST_RECALLED: Final = 10_000
WORTH: Final[frozenset[Reason]] = frozenset(
    {"tls_sni", "tls", "quic_sni", "quic", "http_host", "http", "ssh_banner", "ndpi"}
)
"""Reasons that hold for the whole flow: what it said itself, and not DNS or DHCP."""


class _Known(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    interface: str
    key: bytes
    a_began: bool
    detected: str = ""
    server_name: str = ""
    reason: Reason | None = None
    """None: nothing but who began it is known."""
    confidence: int = 0
    facts: Facts | None = None


class Recall:
    """The least recently used go first."""

    def __init__(self, most: int = MOST_RECALLED) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, bytes], _Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, flow: Flow, *, closed: bool) -> None:
        """Of a flow that ends. One that nobody answered is no connection: a scan makes many."""
        named = flow.label_reason in WORTH
        goes_on = not closed and flow.local_packets and flow.other_packets
        if flow.key == REST or not (named or goes_on):
            return
        known = _Known(flow.interface, flow.key, flow.a_began)
        if named:
            known = msgspec.structs.replace(
                known,
                detected=flow.detected,
                server_name=flow.server_name,
                reason=flow.label_reason,
                confidence=flow.label_confidence,
                facts=flow.facts,
            )
        self._put(known)

    def client(self, interface: str, key: bytes) -> int | None:
        """Who began what ended: 0 for the first address; None: it is not known."""
        known = self._known.get((interface, key))
        return None if known is None else int(not known.a_began)

    def apply(self, flow: Flow) -> bool:
        """Name a flow that begins; whether its name was known."""
        known = self._known.get((flow.interface, flow.key))
        if known is None or known.reason is None:
            return False
        flow.detected, flow.server_name, flow.facts = known.detected, known.server_name, known.facts
        flow.reason = flow.label_reason = known.reason
        flow.confidence = flow.label_confidence = known.confidence
        flow.recalled = flow.complete = True
        return True

    def document(self) -> bytes:
        """All of it, for the next start."""
        return msgspec.json.encode(list(self._known.values()))

    def read(self, known: list[_Known]) -> None:
        for one in known:
            self._put(one)

    def _put(self, known: _Known) -> None:
        place = known.interface, known.key
        self._known[place] = known
        self._known.move_to_end(place)
        if len(self._known) > self._most:
            self._known.popitem(last=False)


recalled: Final = msgspec.json.Decoder(list[_Known]).decode
"""What `Recall.document` wrote; raises ValueError."""
