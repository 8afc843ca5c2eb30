"""What this agent says of itself to whoever opens its status socket."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import SocketStream

from forepost.agent.edges.local.reception import Reception
from forepost.agent.edges.local.unix_socket import listen_privately
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.local.status import Status

SOCKET: Final = "status.sock"
MOST_CLIENTS: Final = 32
MOST_EACH: Final = 8
ANSWER_SEC: Final = 5.0
"""Whoever does not read has no answer after this."""


async def serve(
    state_dir: Path, status: Callable[[], Status], clock: Clock, health: Health
) -> None:
    """One JSON object to each connection, then the end. The folder is private: so is the socket."""
    listener = listen_privately(state_dir / SOCKET, MOST_CLIENTS)

    async def answer(connection: SocketStream) -> None:
        with anyio.move_on_after(ANSWER_SEC):
            await connection.send(msgspec.json.encode(status()) + b"\n")

    reception = Reception("status socket", clock, health, most=MOST_CLIENTS, most_each=MOST_EACH)
    await reception.serve(listener, answer)
