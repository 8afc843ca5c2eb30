"""Where telemetry goes: a log file, whoever connects to a socket, a web server.

Each has a bounded queue of its own: one that is slow or away loses its own records, which are
counted, and never holds up the others or the meters.
"""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec
from anyio.abc import ByteStream

from forepost.agent.edges.files.line_log import LineLog
from forepost.agent.edges.local import unix_socket
from forepost.agent.edges.local.reception import Reception
from forepost.agent.flows.sink import END_SEC, Queue, Sink
from forepost.agent.settings import SinkSection
from forepost.kit.clock import Clock
from forepost.kit.dead_peers import give_up_dead
from forepost.kit.health import Health
from forepost.kit.http import Unreachable, request

MOST_CLIENTS: Final = 16
MOST_EACH: Final = 8
"""Of one address; of one process, and twice as many of one user."""
STALLED_SEC: Final = 60.0
"""A client that takes nothing for so long has gone."""
FLUSH_SEC: Final = 1.0
POST_AT_ONCE: Final = 1_000
PAUSE_SEC: Final = 10.0
"""After an address that could not be reached."""


class LogSink(Queue):
    """Writes once a second. What cannot be written (a full disk) waits, and then is lost."""

    def __init__(self, settings: SinkSection, clock: Clock, health: Health) -> None:
        super().__init__(settings.records)
        self._log = LineLog(Path(settings.path), max_bytes=settings.max_bytes, keep=settings.keep)
        self._clock, self._health = clock, health
        self._subject = f"telemetry {settings.path}"

    async def run(self) -> None:
        while True:
            await self.wait()
            await self.flush()
            await self._clock.sleep(FLUSH_SEC)

    async def flush(self) -> None:
        lines = self.all()
        if not lines:
            return
        try:
            await anyio.to_thread.run_sync(self._log.write, lines)
        except OSError as error:
            self._health.ill(self._subject, str(error), minor=True)
            self.back(lines)
        else:
            self._health.well(self._subject)


class _Client(Queue):
    def __init__(self, kinds: Sequence[str], connection: ByteStream) -> None:
        super().__init__(kinds)
        self.connection = connection
        self._sending = False

    async def tell(self) -> None:
        """All that waits. Raises BrokenResourceError, ClosedResourceError, TimeoutError."""
        while self.waiting and not self._sending:  # else half a line is out: it can hear no more
            lines = self.all(POST_AT_ONCE)
            self._sending = True
            with anyio.fail_after(STALLED_SEC):
                await self.connection.send(b"".join(line + b"\n" for line in lines))
            self._sending = False


class SocketSink:
    """Gives every client the records from then on, a line each."""

    def __init__(self, settings: SinkSection, clock: Clock, health: Health) -> None:
        self._settings, self._clock, self._health = settings, clock, health
        self._clients: set[_Client] = set()
        self._lost_before = 0

    @property
    def lost(self) -> int:
        """By all clients together, those that are gone included."""
        return self._lost_before + sum(client.lost for client in self._clients)

    def take(self, kind: str, line: bytes) -> None:
        for client in self._clients:
            client.take(kind, line)

    async def run(self) -> None:
        name = f"telemetry {self._settings.path or self._settings.listen}"
        reception = Reception(
            name,
            self._clock,
            self._health,
            most=MOST_CLIENTS,
            most_each=MOST_EACH,
            outlived=True,
        )
        try:
            await reception.serve(self._listener(), self._serve)
        except Exception:
            for client in list(self._clients):  # nobody would tell them any more
                await self._forget(client)
            raise

    async def flush(self) -> None:
        async with anyio.create_task_group() as tasks:
            for client in list(self._clients):
                tasks.start_soon(self._end, client)

    def _listener(self) -> socket.socket:
        """Raises OSError."""
        if self._settings.path:
            return unix_socket.listen(Path(self._settings.path), group=self._settings.group)
        host, _, port = self._settings.listen.rpartition(":")
        host = host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server(
            (host, int(port)), family=family, backlog=MOST_CLIENTS, dualstack_ipv6=host == "::"
        )
        give_up_dead(listener, STALLED_SEC)
        return listener

    async def _serve(self, connection: ByteStream) -> None:
        client = _Client(self._settings.records, connection)
        self._clients.add(client)
        try:
            while True:
                await client.wait()
                await client.tell()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, TimeoutError):
            await self._forget(client)  # it went away

    async def _end(self, client: _Client) -> None:
        with (
            anyio.move_on_after(END_SEC),
            suppress(anyio.BrokenResourceError, anyio.ClosedResourceError),
        ):
            await client.tell()
        await self._forget(client)

    async def _forget(self, client: _Client) -> None:
        self._clients.discard(client)
        self._lost_before += client.lost + len(client.waiting)
        await anyio.aclose_forcefully(client.connection)


class HttpSink(Queue):
    """POSTs JSON arrays of records. What was not taken is sent again; 4xx is not."""

    def __init__(self, settings: SinkSection, clock: Clock, health: Health) -> None:
        super().__init__(settings.records)
        self._settings, self._clock, self._health = settings, clock, health
        self._subject = f"telemetry {settings.place}"
        token = settings.token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def run(self) -> None:
        while True:
            await self.wait()
            done = await self._post()
            await self._clock.sleep(FLUSH_SEC if done else PAUSE_SEC)

    async def flush(self) -> None:
        while self.waiting and await self._post():
            pass

    async def _post(self) -> bool:
        lines = self.all(POST_AT_ONCE)
        body = [msgspec.Raw(line) for line in lines]
        try:
            answer = await request(
                "POST",
                self._settings.url,
                body=body,
                headers=self._headers,
                tls=self._settings.tls() if self._settings.ca_file else None,
                proxy=self._settings.through(),
            )
        except (Unreachable, ValueError) as error:
            return self._failed(lines, str(error))
        if answer.status >= 500 or answer.status == 429:
            return self._failed(lines, f"it answered {answer.status}")
        if answer.status >= 400:
            self.lost += len(lines)
            self._health.ill(self._subject, f"it answered {answer.status}", minor=True)
            return False
        self._health.well(self._subject)
        return True

    def _failed(self, lines: list[bytes], reason: str) -> bool:
        self._health.ill(self._subject, reason, minor=True)
        self.back(lines)
        return False


def _mqtt(settings: SinkSection, clock: Clock, health: Health) -> Sink:
    """Raises ValueError where the extra is not installed."""
    try:
        from forepost.agent.flows.sink_mqtt import MqttSink  # noqa: PLC0415 - an extra
    except ImportError:
        raise ValueError("sinks: mqtt needs the extra: pip install 'forepost[mqtt]'") from None
    return MqttSink(settings, clock, health)


SINKS: Final[dict[str, Callable[[SinkSection, Clock, Health], Sink]]] = {
    "log": LogSink,
    "socket": SocketSink,
    "http": HttpSink,
    "mqtt": _mqtt,
}
