"""Names by nDPI 5, through the engine that nfstream is built on (private, so pinned; LGPL-3.0).

It knows hundreds of applications where our own parsers know six protocols. Optional:
`pip install --no-deps nfstream==6.6.0 cffi`; the engine alone is loaded, neither pandas nor numpy.
"""

import contextlib
import ssl
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from forepost.agent.meter import packet as packets
from forepost.agent.meter.names.reader import host_name_of
from forepost.agent.meter.packet import IPV4, Packet, flow_key, parse
from forepost.wire.flows.meter import FlowLabel

ENGINE: Final = "6.6.0"
PACKETS: Final = 12
"""Of a flow: 99.9 % of what it finds in any number of them."""
MOST_FLOWS: Final = 8_192
MOST_DONE: Final = 1 << 20
UNKNOWN: Final = frozenset({"", "Unknown"})
_DPI, _GUESSED = 90, 40
"""Confidence in per cent."""
_PAD: Final = bytes(12)


class Unavailable(Exception):
    """There is no engine, or not the one that is known; the text says so."""


class Ndpi:
    """An inspector. One for a process: the engine has state of its own."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        """Raises Unavailable."""
        try:
            from _lib_engine import ffi, lib  # noqa: PLC0415 - optional, 6 MB
        except ImportError as error:
            raise Unavailable(f"nDPI labels need nfstream=={ENGINE} and cffi: {error}") from None
        found = ffi.string(lib.engine_lib_version()).decode()
        if found != ENGINE:
            raise Unavailable(f"nDPI labels need nfstream=={ENGINE}, not {found}")
        self._ffi: Any = ffi
        self._lib: Any = lib
        self._now_ms = now_ms
        checker = ffi.new("struct dissector_checker *")
        checker.flow_size = ffi.sizeof("struct ndpi_flow_struct")
        checker.flow_tcp_size = ffi.sizeof("struct ndpi_flow_tcp_struct")
        checker.flow_udp_size = ffi.sizeof("struct ndpi_flow_udp_struct")
        self._dissector = lib.dissector_init(checker)
        if self._dissector == ffi.NULL:
            raise Unavailable("nDPI labels: the engine and its headers do not fit together")
        lib.dissector_configure(self._dissector)
        self._flows: OrderedDict[bytes, Any] = OrderedDict()
        self._seen: dict[bytes, int] = {}
        self._done: set[bytes] = set()
        self._packet: Any = ffi.new("struct nf_packet *")
        self._check()

    def __len__(self) -> int:
        return len(self._flows)

    def look(self, key: bytes, direction: int, packet: Packet) -> FlowLabel | None:
        """What it finds with this packet, once for a flow."""
        if key in self._done or packet.later:
            return None
        flow = self._flows.get(key)
        content = self._take(packet, direction)
        if flow is None:
            flow = self._begin(key)
        else:
            self._lib.meter_update_flow(
                flow, self._packet, 1 << 40, 1 << 40, 0, 0, 0, PACKETS, self._dissector, 1
            )
        del content  # the engine has read it
        self._seen[key] = self._seen.get(key, 0) + 1
        if not flow.detection_completed and self._seen[key] < PACKETS:
            return None
        label = self._label(key, flow)
        self._end(key)
        return label

    def forget(self, key: bytes) -> FlowLabel | None:
        """The flow has ended: what it finds in the few packets that there were."""
        flow = self._flows.get(key)
        label = None if flow is None else self._label(key, flow)
        self._end(key)
        self._done.discard(key)
        return label

    def _begin(self, key: bytes) -> Any:
        flow = self._lib.meter_initialize_flow(self._packet, 0, 0, 0, PACKETS, self._dissector, 1)
        if flow == self._ffi.NULL:
            raise MemoryError("nDPI")
        self._flows[key] = flow
        if len(self._flows) > MOST_FLOWS:
            self._end(next(iter(self._flows)))
        return flow

    def _end(self, key: bytes) -> None:
        flow = self._flows.pop(key, None)
        self._seen.pop(key, None)
        if flow is not None:
            self._lib.meter_free_flow(flow, PACKETS, 0, 1)
            if len(self._done) < MOST_DONE:
                self._done.add(key)

    def _take(self, packet: Packet, direction: int) -> Any:
        """Fill in the packet; keep what is returned for as long as it is used."""
        made, whole = self._packet, packet.whole[packet.start : packet.end]
        content = self._ffi.from_buffer(whole)
        made.direction, made.time, made.delta_time = direction, self._now_ms(), 0
        for field, address in (("src_ip", packet.source), ("dst_ip", packet.target)):
            padded = address + _PAD if packet.version == 4 else address
            self._ffi.memmove(getattr(made, field), padded, 16)
        made.src_port = int.from_bytes(packet.source_port)
        made.dst_port = int.from_bytes(packet.target_port)
        made.ip_version, made.protocol, made.vlan_id = packet.version, packet.protocol, packet.vlan
        size = min(len(whole), 0xFFFF)
        made.raw_size = made.ip_size = made.ip_content_len = size
        made.payload_size = min(max(0, packet.end - packet.headers), 0xFFFF)
        made.transport_size = size
        made.ip_content = self._ffi.cast("uint8_t *", content)
        return content

    def _label(self, key: bytes, flow: Any) -> FlowLabel | None:
        self._lib.meter_expire_flow(flow, PACKETS, self._dissector)
        name = self._ffi.string(flow.application_name).decode("utf-8", "replace")
        protocol, _, application = name.partition(".")
        if protocol in UNKNOWN:
            return None
        server = self._ffi.string(flow.requested_server_name)
        return FlowLabel(
            key=key,
            protocol=protocol,
            application=application,
            server_name=host_name_of(server),
            reason="ndpi",
            confidence=_GUESSED if flow.guessed else _DPI,
        )

    def _check(self) -> None:
        """A packet with a known name must give that name. Raises Unavailable."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        came, left = ssl.MemoryBIO(), ssl.MemoryBIO()
        asking = context.wrap_bio(came, left, server_hostname="www.youtube.com")
        with contextlib.suppress(ssl.SSLWantReadError):
            asking.do_handshake()
        head = bytes.fromhex("c000 01bb 0000 0001 0000 0001 5018 ffff 0000 0000".replace(" ", ""))
        inner = head + left.read()
        total = (20 + len(inner)).to_bytes(2)
        start = (
            b"\x45\0" + total + bytes(4) + b"\x40\x06\0\0" + bytes((10, 0, 0, 1, 142, 250, 0, 1))
        )
        packet = parse(IPV4, 0, start + inner)
        label = None
        if packet is not None and packet.protocol == packets.TCP:
            key, direction = flow_key(packet)
            for _ in range(PACKETS):
                label = label or self.look(key, direction, packet)
            self.forget(key)
        if label is None or (label.protocol, label.application) != ("TLS", "YouTube"):
            raise Unavailable(f"nDPI labels: the engine does not name what it should: {label}")
