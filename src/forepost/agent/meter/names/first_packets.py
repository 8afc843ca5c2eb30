"""What is known of one flow while its first packets are looked at. Pure."""

from typing import Final

from forepost.agent.meter.names.quic import ClientInitials
from forepost.agent.meter.names.tls import ClientHello, ServerHello
from forepost.wire.flows.meter import Facts, FlowLabel

SAID, SHAPED = 95, 80
"""Confidence in per cent: it named itself; it has the shape of its protocol."""
MOST_BYTES: Final = 16_384
MOST_SEGMENTS: Final = 16
_HALF: Final = 1 << 31
_ALL: Final = 1 << 32


class Side:
    """One direction of a TCP connection: its first segments, in their order."""

    __slots__ = ("_base", "_segments", "banner", "packets")

    def __init__(self) -> None:
        self._segments: dict[int, bytes] = {}
        self._base = 0
        self.packets = 0
        self.banner = ""

    def take(self, seq: int, data: bytes) -> None:
        if not self._segments:
            self._base = seq
        if len(self._segments) >= MOST_SEGMENTS:
            return
        offset = (seq - self._base) % _ALL
        offset = offset - _ALL if offset >= _HALF else offset
        if abs(offset) <= MOST_BYTES:
            self._segments[offset] = max(self._segments.get(offset, b""), data, key=len)

    def joined(self) -> bytes:
        """What there is from the first byte on, without a gap."""
        joined = b""
        start = min(self._segments, default=0)
        for offset in sorted(self._segments):
            at = offset - start
            if at > len(joined):
                break
            joined += self._segments[offset][len(joined) - at :]
        return joined[:MOST_BYTES]


class FirstPackets:
    """`sides`: a->b, b->a."""

    __slots__ = ("_over", "answer", "client", "hello", "initials", "shaped", "sides")

    def __init__(self) -> None:
        self.sides = (Side(), Side())
        self.client = 0
        self.initials: ClientInitials | None = None
        self.hello: ClientHello | None = None
        self.answer: ServerHello | None = None
        self.shaped = False
        """It was told what it seems to be."""
        self._over = False

    def give_up(self) -> None:
        """Nothing more will be found."""
        self._over = True

    def tired(self, patience: int) -> bool:
        return self._over or all(side.packets >= patience for side in self.sides)

    def tls_label(self, key: bytes, confidence: int) -> FlowLabel:
        """Of the hellos that were seen, complete with both."""
        hello, answer = self.hello, self.answer
        name = hello.server_name if hello else ""
        alpn = (answer.alpn,) if answer and answer.alpn else hello.alpn if hello else ()
        version = answer.version if answer else hello.version if hello else ""
        return FlowLabel(
            key=key,
            protocol="TLS",
            server_name=name,
            reason="tls_sni" if name else "tls",
            confidence=confidence,
            facts=Facts(
                tls_version=version,
                tls_alpn=alpn,
                tls_cipher=answer.cipher if answer else "",
                tls_ech=bool(hello and hello.ech),
            ),
            final=bool(hello and answer),
            client=self.client,
        )
