"""A host that answers echo requests oddly: with ICMP errors before, or instead of, its answer, and
from another of its addresses.
"""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.lab.net import Namespace

ECHO_REPLY = (0, 0)
REDIRECT_FOR_HOST = (5, 1)
SOURCE_QUENCH = (4, 0)
HOST_UNREACHABLE = (3, 1)
PORT_UNREACHABLE = (3, 3)


@dataclass(frozen=True)
class Said:
    """One ICMP message (type, code) so long after the request, from an address of the host."""

    message: tuple[int, int]
    after_sec: float = 0.0
    source: str = ""


@contextmanager
def answering(host: Namespace, says: Sequence[Said]) -> Iterator[None]:
    """For IPv4: to each request, all of `says`. The host's kernel answers nothing meanwhile."""
    host.sysctl("net.ipv4.icmp_echo_ignore_all", "1")
    with host.inside():
        heard = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    heard.settimeout(0.05)
    is_over = threading.Event()
    later: list[threading.Timer] = []

    def answer() -> None:
        while not is_over.is_set():
            try:
                packet = heard.recv(2048)
            except TimeoutError:
                continue
            header = (packet[0] & 15) * 4
            if packet[header] != 8:
                continue
            for one in says:
                timer = threading.Timer(one.after_sec, _say, (out, packet, header, one))
                later.append(timer)
                timer.start()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        for timer in later:
            timer.join()
        heard.close()
        out.close()
        host.sysctl("net.ipv4.icmp_echo_ignore_all", "0")


def _say(out: socket.socket, request: bytes, header: int, one: Said) -> None:
    asker, asked = request[12:16], request[16:20]
    kind, code = one.message
    if one.message == ECHO_REPLY:
        body = struct.pack("!BBH", kind, code, 0) + request[header + 4 :]
    else:
        gateway = asked if kind == 5 else bytes(4)
        body = struct.pack("!BBH", kind, code, 0) + gateway + request[: header + 16]
    body = body[:2] + struct.pack("!H", _checksum(body)) + body[4:]
    source = socket.inet_aton(one.source) if one.source else asked
    size = 20 + len(body)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, 0, 0, 64, 1, 0, source, asker)
    out.sendto(ip + body, (socket.inet_ntoa(asker), 0))


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data)) if len(data) % 2 == 0 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
