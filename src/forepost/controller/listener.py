"""uvicorn's WebSocket protocol, reading a few messages ahead.

uvicorn stops reading the socket after every message until the application has taken it: two system
calls for each result. Here it goes on until `AHEAD` messages wait; then uvicorn's own way holds.
"""

from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

AHEAD: Final = 4


class Listener(WebSocketsSansIOProtocol):
    def handle_text(self, event: Frame) -> None:
        if not event.fin or self.close_sent or self.queue.qsize() >= AHEAD:
            super().handle_text(event)
            return
        try:
            text = bytes(event.data).decode()
        except UnicodeDecodeError:
            super().handle_text(event)
            return
        self.queue.put_nowait({"type": "websocket.receive", "text": text})
