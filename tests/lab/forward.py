"""Hands connections on as they come: a port of one network to a port of another."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def forwarding(listening: socket.socket, connect: Callable[[], socket.socket]) -> Iterator[None]:
    """Until the end of the `with`, which closes what is open. Those who are connected belong to the
    network of whoever calls this.
    """
    over = threading.Event()
    listening.settimeout(0.1)
    thread = threading.Thread(target=_accept, args=(listening, connect, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        listening.close()


def _accept(
    listening: socket.socket, connect: Callable[[], socket.socket], over: threading.Event
) -> None:
    pairs: list[threading.Thread] = []
    while not over.is_set():
        with suppress(TimeoutError):
            near, _ = listening.accept()
            pairs.append(threading.Thread(target=_join, args=(near, connect, over)))
            pairs[-1].start()
    for one in pairs:
        one.join()


def _join(near: socket.socket, connect: Callable[[], socket.socket], over: threading.Event) -> None:
    with near, suppress(OSError), connect() as far:
        ends = threading.Event()
        back = threading.Thread(target=_pump, args=(far, near, ends, over))
        back.start()
        _pump(near, far, ends, over)
        back.join()


def _pump(
    source: socket.socket, sink: socket.socket, ends: threading.Event, over: threading.Event
) -> None:
    source.settimeout(0.1)
    while not (ends.is_set() or over.is_set()):
        try:
            data = source.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            break
        if not data:
            break
        with suppress(OSError):
            sink.sendall(data)
    ends.set()
