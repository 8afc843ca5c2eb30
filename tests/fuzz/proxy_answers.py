"""What a proxy answers, whoever stands there in its place."""

import contextlib
import socket

from forepost.kit.clock import SystemClock
from forepost.kit.name_lookup import NotReached
from forepost.kit.proxies import Proxy
from forepost.kit.tunnel import ask

EXAMPLES = [
    b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n",
    b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
    b"\x05\x02\x01\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00",
    b"\x05\x00\x05\x00\x00\x03\x01a\x00\x00",
]


def proxy_answer(data: bytes) -> None:
    clock = SystemClock()
    for proxy in (
        Proxy("http", "p.example", 1),
        Proxy("http", "p.example", 1, "u", "p"),
        Proxy("socks5h", "p.example", 1, "u", "p"),
    ):
        ours, theirs = socket.socketpair()
        with ours, theirs, contextlib.suppress(NotReached):
            theirs.sendall(data)
            theirs.shutdown(socket.SHUT_WR)
            ask(ours, proxy, "c.example", 443, clock.monotonic() + 5, clock)
