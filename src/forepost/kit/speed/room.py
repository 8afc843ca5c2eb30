"""One test at a time, so many connections, so many bytes: what a responder gives away."""

import threading
from typing import Final

MOST_STREAMS: Final = 33
"""Of one test: 32, and the control."""
PHASES: Final = 4
"""A test may take so many times as long as one stream."""
MOST_TICKETS: Final = 10_000
"""That are remembered, the oldest forgotten: at a test a minute, for a week."""


class Room:
    """Used by a thread for each connection."""

    def __init__(self, most_sec: float, most_bytes: int) -> None:
        self.most_sec, self._most_bytes = most_sec, most_bytes
        self._lock = threading.Lock()
        self._test = self._ticket = ""
        self._tickets: dict[str, None] = {}
        self.until = 0.0
        """When the test that is running is over at the latest."""
        self._open = 0
        self._left = 0
        self.received = 0
        """Of the uploads of the test that is running."""

    def enter(self, test: str, now: float, ticket: str = "") -> str:
        """Why there is no room; "": there is, and `leave` is to be called. A ticket is good for one
        test, which is over when another begins, or after its time.
        """
        with self._lock:
            if ticket in self._tickets and (test, ticket) != (self._test, self._ticket):
                return "the ticket was used for another test"
            if self._open and test != self._test:
                return "busy: another test is running here"
            if self._open >= MOST_STREAMS:
                return f"{MOST_STREAMS} connections of a test are the most"
            if test != self._test:
                self._test, self._left, self.received = test, self._most_bytes, 0
                self._remember(ticket)
                self.until = now + PHASES * self.most_sec
            if now > self.until:
                return "the test takes too long"
            self._open += 1
            return ""

    def _remember(self, ticket: str) -> None:
        self._ticket = ticket
        if ticket:
            self._tickets[ticket] = None
            while len(self._tickets) > MOST_TICKETS:
                del self._tickets[next(iter(self._tickets))]

    def leave(self) -> None:
        with self._lock:
            self._open -= 1

    def end(self, now: float, sec: float) -> float:
        """When a stream of data that is wanted for so long is over."""
        return min(now + min(sec, self.most_sec), self.until)

    def sent(self, count: int) -> bool:
        """Whether more may be sent."""
        with self._lock:
            self._left -= count
            return self._left > 0

    def took(self, count: int) -> bool:
        """Whether more may be received."""
        with self._lock:
            self._left -= count
            self.received += count
            return self._left > 0
