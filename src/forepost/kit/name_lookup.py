"""The addresses of a host, from the system's resolver, without waiting for what it keeps back.

Where a resolver leaves one of two families without an answer, the C library waits for it for 15 s:
longer than many who ask.
"""

import errno
import queue
import socket
import threading
from typing import Any, Final

from forepost.kit.clock import Clock
from forepost.kit.idna_name import a_labels

OTHER_FAMILY_SEC: Final = 0.05
"""How long the second family's addresses are waited for, once the first one's are known."""
WHOLE_ANSWER_SEC: Final = 1.0
"""Then each family is asked for by itself, too."""
MOST_ASKING: Final = 64
"""Look-ups of this process at once; those that nobody waits for any more are among them."""

Goal = tuple[socket.AddressFamily, tuple[Any, ...]]
"""A family, and what `connect` takes in it."""
_Answer = tuple[socket.AddressFamily, list[Goal] | Exception]

_asking = threading.BoundedSemaphore(MOST_ASKING)


class NotReached(ConnectionError):
    """Nobody answered; the text names each address with its reason."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(number, text)

    def __str__(self) -> str:
        return str(self.strerror)


def look_up(host: str, port: int, until: float, clock: Clock) -> list[Goal]:
    """The addresses of a host, in the order that the system wants them. Raises NotReached, gaierror
    where it is not known, and UnicodeError where it is no name.
    """
    heard: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
    _ask(host, port, socket.AF_UNSPEC, heard)
    waits_sec = min(WHOLE_ANSWER_SEC, until - clock.monotonic())
    known: list[Goal] = []
    families = 0
    while True:
        try:
            family, answer = heard.get(timeout=max(0.0, waits_sec))
        except queue.Empty:
            if known or families or clock.monotonic() >= until:
                break
            for one in (socket.AF_INET6, socket.AF_INET):
                _ask(host, port, one, heard)
                families += 1
            waits_sec = until - clock.monotonic()
            continue
        if family == socket.AF_UNSPEC:
            return _good(answer)
        families -= 1
        known += answer if isinstance(answer, list) else []
        if known and not families:
            break
        waits_sec = OTHER_FAMILY_SEC if known else until - clock.monotonic()
    if not known:
        raise NotReached(errno.ETIMEDOUT, f"{host}: no answer from the resolver")
    return known


def _good(answer: list[Goal] | Exception) -> list[Goal]:
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ask(
    host: str, port: int, family: socket.AddressFamily, heard: "queue.SimpleQueue[_Answer]"
) -> None:
    """In a thread of its own, which ends when the C library gives up."""
    if not _asking.acquire(blocking=False):
        raise NotReached(errno.EAGAIN, f"{host}: {MOST_ASKING} look-ups are without an answer")

    def ask() -> None:
        try:
            heard.put((family, _looked_up(host, port, family)))
        finally:
            _asking.release()

    try:
        threading.Thread(target=ask, name="look-up", daemon=True).start()
    except RuntimeError:
        _asking.release()
        raise NotReached(errno.EAGAIN, f"{host}: no room for a thread that looks it up") from None


def _looked_up(host: str, port: int, family: socket.AddressFamily) -> list[Goal] | Exception:
    try:
        found = socket.getaddrinfo(a_labels(host), port, family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return error
    return [(one, to) for one, _, _, _, to in found]
