"""A pair's end that never blocks: whole frames in, whole frames out, and a bound on what waits."""

import socket
from collections import deque
from collections.abc import Sequence
from typing import Final

from forepost.agent.edges.closable import Closable

MOST_WAITING_BYTES: Final = 4 << 20
LARGEST_FRAME: Final = 1 << 16


class Ended(Exception):
    """The other side is gone."""


class FramePipe(Closable):
    """Takes over one end of a SOCK_SEQPACKET pair."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._waiting: deque[tuple[bytes, Sequence[int]]] = deque()
        self._waiting_bytes = 0

    def fileno(self) -> int:
        return self._end.fileno()

    @property
    def waiting(self) -> bool:
        """Whether the other side reads too slowly."""
        return bool(self._waiting)

    def send(self, frame: bytes, descriptors: Sequence[int] = ()) -> bool:
        """Send it, now or when there is room; False where too much waits already. Raises Ended."""
        if self._waiting_bytes + len(frame) > MOST_WAITING_BYTES:
            return False
        self._waiting.append((frame, descriptors))
        self._waiting_bytes += len(frame)
        self.flush()
        return True

    def flush(self) -> None:
        """Send what waits, as far as there is room. Raises Ended."""
        while self._waiting:
            frame, descriptors = self._waiting[0]
            try:
                socket.send_fds(self._end, [frame], descriptors)
            except BlockingIOError:
                return
            except OSError as error:
                raise Ended(str(error)) from None
            self._waiting.popleft()
            self._waiting_bytes -= len(frame)

    def receive(self) -> tuple[bytes, list[int]] | None:
        """Return a frame and the descriptors that came with it; None: nothing now. Raises Ended."""
        try:
            frame, descriptors, _, _ = socket.recv_fds(self._end, LARGEST_FRAME, 16)
        except BlockingIOError:
            return None
        except OSError as error:
            raise Ended(str(error)) from None
        if not frame:
            raise Ended("it closed its end")
        return frame, descriptors

    def close(self) -> None:
        self._end.close()
