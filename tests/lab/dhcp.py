"""A DHCP server that gives one address to whoever asks (RFC 2131, 2132)."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.lab.net import Namespace

DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
COOKIE: Final = bytes.fromhex("63825363")
_HEAD: Final = struct.Struct("!4B I HH 4s4s4s4s 16s 192x 4s")


@contextmanager
def serving(place: Namespace, device: str, server: str, given: str) -> Iterator[None]:
    """In a thread of this process; its answers are broadcast."""
    with place.inside():
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        listening.bind(("", 67))
    listening.settimeout(0.1)
    over = threading.Event()

    def answer() -> None:
        while not over.is_set():
            try:
                asked = listening.recv(2_000)
            except TimeoutError:
                continue
            kind = {DISCOVER: OFFER, REQUEST: ACK}.get(_type(asked))
            if kind:
                listening.sendto(_answer(asked, kind, server, given), ("255.255.255.255", 68))

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        listening.close()


def _type(asked: bytes) -> int:
    """Option 53, which clients put first."""
    return asked[242] if asked[236:240] == COOKIE and asked[240] == 53 else 0


def _answer(asked: bytes, kind: int, server: str, given: str) -> bytes:
    own, theirs = socket.inet_aton(server), socket.inet_aton(given)
    head = _HEAD.pack(
        2, 1, 6, 0, int.from_bytes(asked[4:8]), 0, 0x8000, bytes(4), theirs, own, bytes(4),
        asked[28:44], COOKIE,
    )  # fmt: skip
    options = bytes((53, 1, kind, 54, 4)) + own + bytes((51, 4)) + struct.pack("!I", 3_600)
    return head + options + bytes((1, 4, 255, 255, 255, 0, 255))
