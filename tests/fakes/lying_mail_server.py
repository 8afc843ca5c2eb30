"""A mail server that answers what a test says, in a thread for each connection."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

Says = bytes | Callable[[socket.socket], None]
"""A reply, or what is done instead."""
GREETING: Final = b"220 ready\r\n"
REPLIES: Final[Mapping[str, Says]] = {
    "EHLO": b"250 hello\r\n",
    "MAIL": b"250 ok\r\n",
    "RCPT": b"250 ok\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 taken\r\n",
    "QUIT": b"221 bye\r\n",
    "RSET": b"250 ok\r\n",
}


class Liar:
    def __init__(self, greeting: Says, replies: Mapping[str, Says]) -> None:
        self.port = 0
        self.taken = 0
        """Mails whose last line came."""
        self.hung_up = threading.Event()
        """The client ended a connection, or left it."""
        self._greeting, self._replies = greeting, {**REPLIES, **replies}

    def talk(self, opened: socket.socket) -> None:
        try:
            with opened, opened.makefile("rb") as heard, contextlib.suppress(OSError):
                _say(opened, self._greeting)
                self._answer(opened, iter(heard))
        finally:
            self.hung_up.set()

    def _answer(self, opened: socket.socket, lines: Iterator[bytes]) -> None:
        for line in lines:
            verb = line[:4].strip().decode().upper()
            if verb == "DATA" and self._replies["DATA"] == REPLIES["DATA"]:
                _say(opened, self._replies[verb])
                for part in lines:
                    if part == b".\r\n":
                        break
                else:
                    return
                self.taken += 1
                verb = "."
            _say(opened, self._replies[verb])
            if verb == "QUIT":
                return


def _say(opened: socket.socket, says: Says) -> None:
    if isinstance(says, bytes):
        opened.sendall(says)
    else:
        says(opened)


def dropped(opened: socket.socket) -> None:
    opened.shutdown(socket.SHUT_RDWR)


def silence(opened: socket.socket) -> None:
    """Until the other side is gone."""
    while opened.recv(1_024):
        pass


def dribble(opened: socket.socket) -> None:
    """One line, a letter at a time, without end."""
    while True:
        opened.sendall(b"2")
        time.sleep(0.02)


def flood(opened: socket.socket) -> None:
    """Lines of one reply, without end."""
    block = b"220-hello\r\n" * 5_000
    while True:
        opened.sendall(block)


@contextmanager
def lying(greeting: Says = GREETING, **replies: Says) -> Iterator[Liar]:
    """`replies`: by verb; `end`: to the line after which a mail is theirs."""
    if "end" in replies:
        replies["."] = replies.pop("end")
    liar = Liar(greeting, replies)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        liar.port = listener.getsockname()[1]

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    opened = listener.accept()[0]
                    threading.Thread(target=liar.talk, args=(opened,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        yield liar
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join(5)
