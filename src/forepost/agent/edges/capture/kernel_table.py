"""The flow table that the kernel keeps: an eBPF socket filter, its maps, and the ring beside it."""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Self

import msgspec

from forepost.agent.edges.capture import bpf
from forepost.agent.edges.capture.link import CaptureLink, open_packets
from forepost.agent.edges.capture.ring import Ring
from forepost.wire.flows.meter import FLOW, KEY, LAST_SEEN_AT, TOTALS, TOTALS_NAMES, Totals

SNAP: Final = 4_096
"""Of a packet that goes to inspection: a ClientHello with post-quantum keys has 1.8 KB."""
BLOCKS: Final = 8
"""2 MiB for the first packets of flows: some 3,000 of them may wait for inspection."""
_ATTACH: Final = 50
"""SO_ATTACH_BPF."""
_WISHES: Final = struct.Struct("=4I")
_ZERO: Final = bytes(4)
_LAST_SEEN_WORD: Final = LAST_SEEN_AT // 8
_CPUS: Final = Path("/sys/devices/system/cpu/possible")
_PROGRAM: Final = Path(__file__).with_name("flow.bpf.json")
_NAMES: Final = ("flows", "totals", "wishes", "fragments")


def program() -> bpf.Program:
    return msgspec.json.decode(_PROGRAM.read_bytes(), type=bpf.Program)


def try_out() -> None:
    """Have the kernel take the program and its maps, and let go of them. Raises OSError."""
    made = program()
    with contextlib.ExitStack() as undo:
        maps: dict[str, int] = {}
        for name, shape in made.maps.items():
            maps[name] = bpf.create(shape)
            undo.callback(os.close, maps[name])
        os.close(bpf.load(made, maps))


class KernelTable:
    """Counts from the moment that it is made, for as long as anybody holds its descriptors."""

    def __init__(
        self, link: CaptureLink, packets: socket.socket, maps: Mapping[str, int], pass_: int
    ) -> None:
        shapes = program().maps
        cpus = bpf.possible_cpus(_CPUS.read_text())
        self._packets, self._maps = packets, maps
        self._flows = bpf.Map(maps["flows"], shapes["flows"])
        self._totals = bpf.Map(maps["totals"], shapes["totals"], values=cpus)
        self._cpus = cpus
        wishes = bpf.Map(maps["wishes"], shapes["wishes"])
        wishes.put(_ZERO, _WISHES.pack(pass_, SNAP, link.ethernet, link.loopback))
        self.ring = Ring(packets, blocks=BLOCKS)

    @classmethod
    def open(cls, link: CaptureLink, *, max_flows: int, pass_: int) -> Self:
        """Raises OSError: PermissionError without CAP_BPF or CAP_NET_RAW."""
        made = program()
        with contextlib.ExitStack() as undo:
            maps: dict[str, int] = {}
            for name, shape in made.maps.items():
                entries = max_flows if name == "flows" else shape.max_entries
                maps[name] = bpf.create(msgspec.structs.replace(shape, max_entries=entries))
                undo.callback(os.close, maps[name])
            filter_ = bpf.load(made, maps)
            try:
                packets = undo.enter_context(open_packets())
                packets.setsockopt(socket.SOL_SOCKET, _ATTACH, filter_)
            finally:
                os.close(filter_)
            table = cls(link, packets, maps, pass_)
            undo.callback(table.ring.close)
            packets.bind(link.address)  # the first packet comes when the ring is there
            undo.pop_all()
            return table

    @classmethod
    def resume(cls, link: CaptureLink, descriptors: Mapping[str, int], *, pass_: int) -> Self:
        """Go on with what `descriptors` of another process are."""
        packets = socket.socket(fileno=descriptors["packets"])
        return cls(link, packets, {name: descriptors[name] for name in _NAMES}, pass_)

    @property
    def descriptors(self) -> dict[str, int]:
        return {"packets": self._packets.fileno(), **{name: self._maps[name] for name in _NAMES}}

    def rows(self, since_ns: int) -> Iterator[tuple[bytes, bytes]]:
        """KEY and FLOW of those that had traffic after `since_ns`."""
        for count, keys, values in self._flows.batches():
            last_seen = values.cast("Q")[_LAST_SEEN_WORD :: FLOW.size // 8]
            for number, last_ns in enumerate(last_seen[:count]):
                if last_ns > since_ns:
                    key, value = number * KEY.size, number * FLOW.size
                    yield (
                        bytes(keys[key : key + KEY.size]),
                        bytes(values[value : value + FLOW.size]),
                    )

    def get(self, key: bytes) -> bytes | None:
        return self._flows.get(key)

    def take(self, key: bytes) -> bytes | None:
        """Return the flow's final counters and forget it."""
        return self._flows.take(key)

    def totals(self) -> Totals:
        raw = self._totals.get(_ZERO) or b""
        sums = (sum(column) for column in zip(*TOTALS.iter_unpack(raw), strict=True))
        return Totals(**dict(zip(TOTALS_NAMES, sums, strict=True)))

    def close(self) -> None:
        self.ring.close()
        self._packets.close()
        for descriptor in self._maps.values():
            os.close(descriptor)
