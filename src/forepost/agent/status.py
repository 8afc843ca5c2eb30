"""What this agent says of itself to whoever opens its status socket."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import SocketStream

from forepost.wire.status import Status

SOCKET: Final = "status.sock"


async def serve(state_dir: Path, status: Callable[[], Status]) -> None:
    """One JSON object to each connection, then the end. The folder is private: so is the socket."""
    path = state_dir / SOCKET
    path.unlink(missing_ok=True)
    listener = await anyio.create_unix_listener(path, mode=0o600)

    async def answer(connection: SocketStream) -> None:
        async with connection:
            await connection.send(msgspec.json.encode(status()) + b"\n")

    async with listener:
        await listener.serve(answer)
