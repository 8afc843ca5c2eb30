"""How soon the kernel gives up a TCP connection whose other end is gone.

By itself it goes on sending what is not acknowledged for 15 minutes and more, and asks an idle
connection after two hours.
"""

import socket
from typing import Final

GIVEN_UP_SEC: Final = 60.0
ASKS: Final = 3
"""Unanswered keep-alive probes; they begin after half of the time."""


def give_up_dead(socket_: socket.socket, within_sec: float = GIVEN_UP_SEC) -> None:
    """End a connection over which nothing is acknowledged for so long, whether it is idle or not.
    Those that a listening socket accepts inherit it. Sockets that are not TCP stay as they are.

    Raises OSError.
    """
    if socket_.family not in (socket.AF_INET, socket.AF_INET6):
        return
    every_sec = max(1, round(within_sec / 2 / ASKS))
    for option, value in (
        (socket.TCP_USER_TIMEOUT, round(within_sec * 1_000)),
        (socket.TCP_KEEPIDLE, max(1, round(within_sec / 2))),
        (socket.TCP_KEEPINTVL, every_sec),
        (socket.TCP_KEEPCNT, ASKS),
    ):
        socket_.setsockopt(socket.IPPROTO_TCP, option, value)
    socket_.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
