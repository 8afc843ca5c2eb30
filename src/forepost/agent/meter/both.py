"""Our own parsers, and nDPI beside them where it is wanted."""

from collections.abc import Iterable, Iterator

from forepost.agent.meter.inspection import Inspection
from forepost.agent.meter.names.ndpi import Ndpi
from forepost.agent.meter.packet import Packet
from forepost.wire.flows.meter import FlowLabel, Hint


class Both:
    """An Inspector: has our parsers look at a packet, and nDPI after them."""

    def __init__(self, own: Inspection, ndpi: Ndpi) -> None:
        self._own, self._ndpi = own, ndpi

    def look(
        self, key: bytes, direction: int, packet: Packet, data: bytes
    ) -> Iterable[FlowLabel | Hint]:
        return self._each(key, direction, packet, data)

    def forget(self, key: bytes) -> Iterable[FlowLabel]:
        self._own.forget(key)
        label = self._ndpi.forget(key)
        return (label,) if label else ()

    def __len__(self) -> int:
        return len(self._own) + len(self._ndpi)

    def _each(
        self, key: bytes, direction: int, packet: Packet, data: bytes
    ) -> Iterator[FlowLabel | Hint]:
        yield from self._own.look(key, direction, packet, data)
        label = self._ndpi.look(key, direction, packet)
        if label is not None:
            yield label
