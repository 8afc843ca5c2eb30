"""The client of LibreSpeed servers: three paths over HTTP/1.1.

`garbage.php?ckSize=N` answers with N MiB of noise, `empty.php` with nothing, to GET and to POST
(https://github.com/librespeed/speedtest/blob/master/doc.md).
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin, urlsplit

from forepost.agent.edges.speed.peer import BLOCK, PAYLOAD, Counter, Echo, NoSpeed, dial, shown
from forepost.agent.edges.speed.process import CONNECT_SEC, SpeedPlan, SpeedServer, Way
from forepost.kit.clock import Clock

CHUNKS_MIB: Final = 100
"""Of one download; then the next one, on the same connection."""
MOST_ANSWER: Final = 65_536
"""Of what answers with nothing (`empty.php`)."""
BLOCKS: Final = 160
"""Of one upload: 20 MiB, what LibreSpeed's servers are set up for."""


class LibreSpeed:
    """Measures against one LibreSpeed server; used by one thread for each stream."""

    counts = False

    def __init__(self, place: SpeedServer, plan: SpeedPlan, clock: Clock) -> None:
        self._place, self._plan, self._clock = place, plan, clock
        parts = urlsplit(place.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoSpeed(f"{place.url!r} is no http or https URL")
        self._host, self._tls = parts.hostname, parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._control: http.client.HTTPConnection | None = None
        self.remote = f"{self._host}:{self._port}"

    def connect(self) -> None:
        self._control = self._opened()
        self.remote = shown(self._control.sock)
        self._asked(self._control, self._path(self._place.ping))

    def ping(self, gap_sec: float, stop: threading.Event, echo: Callable[[Echo], None]) -> None:
        assert self._control is not None
        path = self._path(self._place.ping)
        while not stop.is_set():
            began = self._clock.monotonic()
            self._asked(self._control, path)
            took = self._clock.monotonic() - began
            echo(Echo(round(took * 1e9)))
            stop.wait(max(0.0, gap_sec - took))

    def stream(self, way: Way, sec: float, counter: Counter, stop: threading.Event) -> None:
        while not stop.is_set():
            connection = self._opened()
            with counter.using(connection.sock):
                # None: a server that closes after each answer
                while not stop.is_set() and connection.sock is not None:
                    if way == "upload":
                        self._upload(connection, counter, stop)
                    else:
                        self._download(connection, counter, stop)

    def close(self) -> None:
        if self._control is not None:
            self._control.close()

    def _download(
        self, connection: http.client.HTTPConnection, counter: Counter, stop: threading.Event
    ) -> None:
        path = self._path(self._place.download)
        connection.request("GET", f"{path}{'&' if '?' in path else '?'}ckSize={CHUNKS_MIB}")
        answer = connection.getresponse()
        _right(answer)
        into = memoryview(bytearray(BLOCK))
        while not stop.is_set() and (count := answer.readinto(into)):
            counter.moved += count

    def _upload(
        self, connection: http.client.HTTPConnection, counter: Counter, stop: threading.Event
    ) -> None:
        connection.putrequest("POST", self._path(self._place.upload))
        connection.putheader("Content-Type", "application/octet-stream")
        connection.putheader("Content-Length", str(BLOCKS * BLOCK))
        connection.endheaders()
        for _ in range(BLOCKS):
            if stop.is_set():
                return
            left = PAYLOAD
            while left:
                count = connection.sock.send(left)
                counter.moved += count
                left = left[count:]
        _take(connection, connection.getresponse())

    def _asked(self, connection: http.client.HTTPConnection, path: str) -> None:
        if connection.sock is None:
            connection.sock = self._opened().sock
        connection.request("GET", path)
        _take(connection, connection.getresponse())

    def _path(self, below: str) -> str:
        base = self._place.url if self._place.url.endswith("/") else self._place.url + "/"
        parts = urlsplit(urljoin(base, below))
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _opened(self) -> http.client.HTTPConnection:
        opened = dial(self._host, self._port, self._plan)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            try:
                opened = ssl.create_default_context().wrap_socket(
                    opened, server_hostname=self._host
                )
            except OSError as error:
                opened.close()
                raise NoSpeed(f"tls: {error.args[-1] if error.args else error!r}") from None
        opened.settimeout(CONNECT_SEC)
        connection = http.client.HTTPConnection(self._host, self._port)
        connection.sock = opened
        return connection


def _take(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
    """Read what should be nothing; the connection ends where it is a lot."""
    answer.read(MOST_ANSWER)
    if not answer.isclosed():
        connection.close()
    _right(answer)


def _right(answer: http.client.HTTPResponse) -> None:
    if answer.status != http.HTTPStatus.OK:
        raise NoSpeed(f"the server answers {answer.status} {answer.reason}")
