"""Peers that never stop, in threads of their own, and how long a loop stood still meanwhile."""

import asyncio
import contextlib
import gc
import itertools
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

BLOCK = 65_536


@contextmanager
def saying(first: bytes, for_ever: bytes, *, after: bytes = b"\r\n\r\n") -> Iterator[int]:
    """Wait for `after` on each connection, then say `first`, and `for_ever` again and again."""
    block = for_ever * max(1, BLOCK // len(for_ever))

    def talk(opened: socket.socket) -> None:
        with opened, contextlib.suppress(OSError):
            heard = b""
            while after not in heard:
                data = opened.recv(BLOCK)
                if not data:
                    return
                heard += data
            opened.sendall(first)
            while True:
                opened.sendall(block)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = _accepting(listener, talk)
        yield listener.getsockname()[1]
        stop()


def _accepting(
    listener: socket.socket, talk: Callable[[socket.socket], None]
) -> Callable[[], None]:
    threads: list[threading.Thread] = []
    opened: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            opened.append(one)
            threads.append(threading.Thread(target=talk, args=(one,), daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()

    def stop() -> None:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for one in opened:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)

    return stop


@contextmanager
def flooding(answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """Answer the first datagram with what `answer` makes of it, again and again."""
    over = threading.Event()

    def flood(opened: socket.socket) -> None:
        opened.settimeout(5)
        with contextlib.suppress(OSError):
            data, source = opened.recvfrom(BLOCK)
            said = answer(data)
            while not over.is_set():
                with contextlib.suppress(ConnectionRefusedError):
                    opened.sendto(said, source)

    with socket.socket(type=socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=flood, args=(opened,), daemon=True)
        thread.start()
        yield opened.getsockname()[1]
        over.set()
        thread.join(5)


class Pauses:
    """How long others on the loop waited for their turn: the loop's own time of the processor, as
    a busy machine makes everybody wait.
    """

    longest_sec = 0.0
    turns = 0


@asynccontextmanager
async def watched() -> AsyncIterator[Pauses]:
    """A second task that only wants a turn now and then."""
    pauses = Pauses()
    # What thousands of other tests of this process have left is no part of what a loop waits for.
    gc.collect()
    gc.freeze()

    async def watch() -> None:
        for pauses.turns in itertools.count(1):
            before = time.thread_time()
            await asyncio.sleep(0.01)
            pauses.longest_sec = max(pauses.longest_sec, time.thread_time() - before)

    task = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        yield pauses
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        gc.unfreeze()
