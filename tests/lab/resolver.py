"""A resolver that answers what a test says, and keeps back what it does not; and who asks it."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.lab.net import Namespace

A, AAAA = 1, 28


@contextlib.contextmanager
def asking(near: Namespace, server: str) -> Iterator[None]:
    """Programs in this namespace ask that server: /etc/resolv.conf is their own."""
    folder = Path("/etc/netns", near.name)
    folder.mkdir(parents=True)
    (folder / "resolv.conf").write_text(f"nameserver {server}\n")
    try:
        yield
    finally:
        (folder / "resolv.conf").unlink()
        folder.rmdir()


@contextlib.contextmanager
def resolver(near: Namespace, far: Namespace, answers: dict[int, str]) -> Iterator[None]:
    """Answers these types of question and no other; an empty answer: there is none of that type."""
    with far.inside():
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("198.18.0.2", 53))
    opened.settimeout(0.1)
    over = threading.Event()
    thread = threading.Thread(target=_answer, args=(opened, answers, over))
    thread.start()
    try:
        with asking(near, "198.18.0.2"):
            yield
    finally:
        over.set()
        thread.join()
        opened.close()


def _answer(opened: socket.socket, answers: dict[int, str], over: threading.Event) -> None:
    while not over.is_set():
        try:
            data, who = opened.recvfrom(512)
        except TimeoutError:
            continue
        end = data.index(b"\0", 12) + 5
        (kind,) = struct.unpack("!H", data[end - 4 : end - 2])
        if kind not in answers:
            continue
        text = answers[kind]
        family = socket.AF_INET6 if kind == AAAA else socket.AF_INET
        packed = socket.inet_pton(family, text) if text else b""
        record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(packed)) + packed
        head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, bool(text), 0, 0)
        opened.sendto(head + data[12:end] + (record if text else b""), who)
