"""`python -m forepost.kit.speed.responder`: answers speed tests, in a process of its own.

The interpreter is free while a stream is in the kernel, so a thread for each connection is as fast
as it gets; a process of its own keeps all of it away from whoever measures or serves. Settings come
as one line on standard input; the port, or why there is none, goes out as one line. It ends when
standard input does.
"""

import contextlib
import errno
import os
import socket
import struct
import sys
import threading
from typing import Any, Final

import msgspec

from forepost.kit.clock import Clock, SystemClock
from forepost.kit.confinement import STREAMS, confine
from forepost.kit.dead_peers import give_up_dead
from forepost.kit.speed.places import Places
from forepost.kit.speed.room import Room
from forepost.kit.speed.terms import new_nonce, refusal
from forepost.wire.base import complaint
from forepost.wire.speedtests.responder import ECHO, ECHOED, MOST_LINE, Greeting, Request, Verdict

BACKLOG: Final = 48
PAUSE_SEC: Final = 0.2
"""Where this host has no room for one more connection."""
NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
HELLO_SEC: Final = 5.0
BLOCK: Final = 128 * 1024
"""Several of them fit into a second-level cache: with twice as much it is half as fast."""
SWITCH_SEC: Final = 0.000_5
"""How long a thread may keep the interpreter while the one that echoes waits for it."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """First line on standard input."""

    host: str
    port: int
    key: str = ""
    token: str = ""
    most_sec: float = 30.0
    most_bytes: int = 50_000_000_000


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """First line on standard output."""

    port: int = 0
    error: str = ""


class Responder:
    """Answers speed tests: a thread for each connection, within the room that there is."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config, self._clock = config, clock
        self._room = Room(config.most_sec, config.most_bytes)
        self._block = memoryview(os.urandom(BLOCK))
        self._places: Places[socket.socket] = Places()
        self._closed = threading.Event()

    def serve(self, listener: socket.socket) -> None:
        """Until the listener is closed."""
        while True:
            try:
                connection, address = listener.accept()
            except ConnectionError:
                continue  # it was gone before we looked
            except OSError as error:
                if error.errno not in NO_ROOM:
                    return
                self._closed.wait(PAUSE_SEC)
                continue
            older = self._places.enter(connection, str(address[0]))
            if older is not None:
                with contextlib.suppress(OSError):  # its own thread closes it
                    older.shutdown(socket.SHUT_RDWR)
            try:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()
            except RuntimeError:  # no room for a thread
                self._places.leave(connection)
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, contextlib.suppress(OSError):  # who goes away in between needs no word
                self._talk(connection)
        finally:
            self._places.leave(connection)

    def _talk(self, connection: socket.socket) -> None:
        nonce = new_nonce()
        connection.settimeout(HELLO_SEC)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(_line(Greeting(nonce=nonce)))
        try:
            request = msgspec.json.decode(
                read_line(connection, self._clock, HELLO_SEC), type=Request
            )
        except msgspec.ValidationError as error:
            connection.sendall(_line(Verdict(error=complaint(error, Request))))
            return
        except msgspec.DecodeError:
            connection.sendall(_line(Verdict(error="not understood")))
            return
        config, now = self._config, self._clock.now().timestamp()
        why_not = refusal(request, nonce, config.key, config.token, now)
        why_not = why_not or self._room.enter(request.test, self._clock.monotonic(), request.ticket)
        if why_not:
            connection.sendall(_line(Verdict(error=why_not)))
            return
        try:
            self._places.leave(connection)
            connection.sendall(_line(Verdict()))
            blocking(connection, HELLO_SEC)
            self._play(connection, request)
        finally:
            self._room.leave()

    def _play(self, connection: socket.socket, request: Request) -> None:
        end = self._room.end(self._clock.monotonic(), request.sec)
        match request.role:
            case "control":
                self._echo(connection)
            case "download":
                self._send(connection, end)
            case "upload":
                self._receive(connection, end)

    def _echo(self, connection: socket.socket) -> None:
        waiting = b""
        while self._clock.monotonic() < self._room.until and (data := connection.recv(1_024)):
            waiting += data
            whole = len(waiting) // ECHO.size * ECHO.size
            for (number,) in ECHO.iter_unpack(waiting[:whole]):
                ns = int(self._clock.monotonic() * 1e9)
                connection.sendall(ECHOED.pack(number, ns, self._room.received))
            waiting = waiting[whole:]

    def _send(self, connection: socket.socket, end: float) -> None:
        while self._clock.monotonic() < end and self._room.sent(connection.send(self._block)):
            pass

    def _receive(self, connection: socket.socket, end: float) -> None:
        into = bytearray(BLOCK)
        while self._clock.monotonic() < end:
            count = connection.recv_into(into, 0, socket.MSG_TRUNC)  # thrown away, tcp(7)
            if not count or not self._room.took(count):
                return


def blocking(connection: socket.socket, timeout_sec: float) -> None:
    """Timeouts of the kernel: one call for each block, where Python's own would take two."""
    wait = struct.pack("ll", int(timeout_sec), int(timeout_sec % 1 * 1e6))
    connection.settimeout(None)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)


def read_line(connection: socket.socket, clock: Clock, within_sec: float) -> bytes:
    """One line of `MOST_LINE` bytes at most, without what follows it. Raises OSError."""
    line = b""
    end = clock.monotonic() + within_sec
    while not line.endswith(b"\n"):
        connection.settimeout(max(0.001, end - clock.monotonic()))
        data = connection.recv(1)
        if not data or len(line) > MOST_LINE:
            raise ConnectionError("the line has no end")
        line += data
    return line


def listening(host: str, port: int) -> socket.socket:
    """Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server(
        (host, port), family=family, backlog=BACKLOG, dualstack_ipv6=host == "::"
    )
    give_up_dead(listener)
    return listener


def _line(what: Any) -> bytes:
    return msgspec.json.encode(what) + b"\n"


def main() -> int:
    config = msgspec.json.decode(sys.stdin.buffer.readline(), type=Config)
    try:
        listener = listening(config.host, config.port)
    except OSError as error:
        _say(Ready(error=f"{config.host}:{config.port}: {(error.strerror or str(error)).lower()}"))
        return 1
    sys.setswitchinterval(SWITCH_SEC)
    _say(Ready(port=listener.getsockname()[1]))
    confine(STREAMS)
    responder = Responder(config, SystemClock())
    threading.Thread(target=responder.serve, args=(listener,), daemon=True).start()
    sys.stdin.buffer.read()
    return 0


def _say(what: Any) -> None:
    sys.stdout.buffer.write(_line(what))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
