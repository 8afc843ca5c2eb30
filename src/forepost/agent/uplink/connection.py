"""A WebSocket to the host that was named, and how a conversation over it ends."""

from types import TracebackType
from typing import Final

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

_NOT_THEIR_RIGHT: Final = frozenset({1002, 1007, 1009})
"""Close codes with which we leave: no WebSocket, no UTF-8, too large."""


class Broken(Exception):
    """The conversation ended; the text says why."""


class Wrong(Broken):
    """It ended because of what was said, so that the next one is put off for longer each time."""


class Connection(connect):
    """Our key goes to nobody else, whatever the host says."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whoever reads nothing more would keep what is left to be sent, and our socket with it."""
        transport = self.connection.transport
        try:
            await super().__aexit__(kind, error, trace)
        finally:
            transport.abort()


def is_their_fault(error: BaseException) -> bool:
    if isinstance(error, ConnectionClosed):
        return error.sent is not None and error.sent.code in _NOT_THEIR_RIGHT
    return isinstance(error, Wrong)
