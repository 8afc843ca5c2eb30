"""A measured server that knows what was measured: it numbers its answers."""

import contextlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.running import NewAgent, Person

MOMENT_SEC = 2.0
"""How long before a kill an answer may have been on its way to the spool."""


class Ledger:
    """Who asked when: the number that stands in the answer, by the time at which it was sent."""

    def __init__(self) -> None:
        self.answered: dict[str, float] = {}
        self._lock = threading.Lock()

    def answer(self) -> bytes:
        with self._lock:
            number = f"N{len(self.answered):06}"
            self.answered[number] = time.monotonic()
        return f"HTTP/1.1 200 {number}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


@contextmanager
def numbering() -> Iterator[tuple[Ledger, int]]:
    """A web server whose every answer has a number in its status line."""
    ledger = Ledger()

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(2)
                    heard = b""
                    while b"\r\n\r\n" not in heard and (data := connection.recv(65_536)):
                        heard += data
                    if heard.startswith(b"GET "):
                        connection.sendall(ledger.answer())

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield ledger, listener.getsockname()[1]


def measured(person: Person, agent: NewAgent, probes: list[int]) -> Counter[str]:
    """How often each number of the ledger is among the results."""
    rows: list[Any] = [row for probe in probes for row in person.results(agent, probe)]
    numbers = [row["payload"]["status_text"].partition(" ")[2] for row in rows]
    return Counter(number for number in numbers if number.startswith("N"))
