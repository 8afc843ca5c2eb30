"""Lines of a log, put together as they come: as many as are there at once, and none waits."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

import anyio
import msgspec

from forepost.wire.workloads.delivery import LONGEST_LOG_LINE, MOST_LOG_LINES, LogLine

MOST_CHARACTERS: Final = 64 << 10
"""Of one piece, so that others pass between them on a slow line."""


async def in_pieces(
    lines: AsyncGenerator[LogLine, None], take: Callable[[list[LogLine]], Awaitable[None]]
) -> None:
    """Hand all lines to `take`, in lists of what came while it had the one before.

    Whoever takes them slowly has the source wait: nothing is left out. Raises what either raises.
    """
    send, receive = anyio.create_memory_object_stream[LogLine](MOST_LOG_LINES)
    failed: list[Exception] = []

    async def fill() -> None:
        async with send:
            try:
                async with aclosing(lines):
                    async for line in lines:
                        await send.send(_bounded(line))
            except Exception as error:  # noqa: BLE001 - raised again when what came is taken
                failed.append(error)

    async with anyio.create_task_group() as tasks, receive:
        tasks.start_soon(fill)
        async for first in receive:
            piece, size = [first], len(first.text)
            while size < MOST_CHARACTERS and len(piece) < MOST_LOG_LINES:
                try:
                    piece.append(receive.receive_nowait())
                except (anyio.WouldBlock, anyio.EndOfStream):
                    break
                size += len(piece[-1].text)
            await take(piece)
    if failed:
        raise failed[0]


def _bounded(line: LogLine) -> LogLine:
    more = len(line.text) - LONGEST_LOG_LINE
    if more <= 0:
        return line
    text = f"{line.text[:LONGEST_LOG_LINE]} ({more} characters are cut off)"
    return msgspec.structs.replace(line, text=text)
