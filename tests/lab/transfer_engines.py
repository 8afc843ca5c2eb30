"""Transfer engines as processes, for tests of what happens to them and their lines."""

import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

import msgspec

from forepost.wire.jobs.transfer import (
    MOST_MESSAGE,
    RelayAccess,
    TransferEvent,
    TransferOrder,
    TransferReport,
    TransferStatus,
    TransfersWanted,
    TransferTask,
    framed,
    unframed,
)
from tests.agent.transfer.engines import Site
from tests.lab.net import Namespace

LIMIT_SEC: Final = 120
_up: Final = msgspec.msgpack.Decoder(TransferReport | TransferEvent)


class EngineProcess(Site):
    """A site whose engine is a process; `where`: its network, of the address `host`."""

    def __init__(
        self,
        place: Path,
        name: str,
        where: Namespace | None = None,
        host: str = "",
        most_files: int = 0,
    ) -> None:
        super().__init__(place, name)
        if host:
            self.address = f"{host}:3841"
        self._where, self._most_files = where, most_files
        self.process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._told: dict[str, TransferStatus] = {}
        self.down = 0
        """Bytes that came to engines that have ended."""

    def start(self) -> None:
        order = TransferOrder(
            state_dir=str(self.state / "transfer"),
            key_file=str(self.key.key_file),
            certificate_file=str(self.key.certificate_file),
            listen=self.address,
        )
        command = [sys.executable, "-m", "forepost.agent.transfer"]
        command += [msgspec.json.encode(order).decode()]
        if self._where is not None:
            command = ["ip", "netns", "exec", self._where.name, *command]
        self._line, far = socket.socketpair()
        with far:
            self.process = subprocess.Popen(command, stdin=far.fileno())
        if self._most_files:
            bound = (self._most_files, self._most_files)
            resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, bound)
        self._told = {}
        threading.Thread(target=self._hear, args=(self._line, self._told), daemon=True).start()

    def _hear(self, line: socket.socket, told: dict[str, TransferStatus]) -> None:
        buffer = bytearray()
        with suppress(OSError):
            while data := line.recv(1 << 16):
                buffer += data
                for message in unframed(buffer, MOST_MESSAGE):
                    word = _up.decode(message)
                    if isinstance(word, TransferEvent):
                        self.events.append(word)
                    else:
                        told |= {one.key: one for one in word.tasks}

    def want(self, tasks: Sequence[TransferTask], relay: RelayAccess | None = None) -> None:
        assert self._line is not None
        self._line.sendall(framed(TransfersWanted(tasks=list(tasks), relay=relay)))

    def status(self, key: str = "job:a") -> TransferStatus:
        return self._told.get(key, TransferStatus(key=key, status="loading"))

    def kill(self) -> None:
        """At once, as `kill -9` does."""
        assert self.process is not None
        assert self._line is not None
        self.down += sum(one.transferred_down for one in self._told.values())
        self.process.kill()
        self.process.wait()
        self._line.close()
        self.process = None

    def told(self, kind: str) -> list[str]:
        return [one.text for one in self.events if one.kind == kind]


@contextmanager
def started(*sites: EngineProcess) -> Iterator[None]:
    try:
        for site in sites:
            site.start()
        yield
    finally:
        for site in sites:
            if site.process is not None:
                site.kill()


def wait_until(
    is_so: Callable[[], Any], what: Callable[[], object] = lambda: "", limit_sec: float = LIMIT_SEC
) -> None:
    end = monotonic() + limit_sec
    while not is_so():
        assert monotonic() < end, what()
        sleep(0.05)
