"""Engines for tests, in the process of the test: real disks, real sockets on loopback."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio

from forepost.agent.edges.device_key import device_key
from forepost.agent.transfer.engine import Engine
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.jobs.job import JobPeer, Permission
from forepost.wire.jobs.transfer import (
    RelayAccess,
    TransferEvent,
    TransferOrder,
    TransferStatus,
    TransferTask,
)
from tests.free_ports import free_port

LIMIT_SEC = 45


class Site:
    """One engine, and what it was told."""

    def __init__(self, place: Path, name: str, *, listens: bool = True) -> None:
        self.name = name
        self.state = place / f"{name}-state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.root = place / name
        self.key = device_key(self.state, Health(logging.getLogger()))
        self.address = f"127.0.0.1:{free_port()}" if listens else ""
        self.events: list[TransferEvent] = []
        self.engine: Engine | None = None

    def peer(self, permission: Permission = "rw") -> JobPeer:
        return JobPeer(deviceid=self.key.device_id, address=self.address, permission=permission)

    def status(self, key: str = "job:a") -> TransferStatus:
        assert self.engine is not None
        found = (one for one in self.engine.report().tasks if one.key == key)
        return next(found, TransferStatus(key=key, status="loading"))

    def want(self, tasks: list[TransferTask], relay: RelayAccess | None = None) -> None:
        assert self.engine is not None
        self.engine.want(tasks, relay)

    def task(self, *peers: JobPeer, **more: Any) -> TransferTask:
        said: dict[str, Any] = {"key": "job:a", "type": "folder", "permission": "rw"}
        return TransferTask(path=str(self.root), peers=list(peers), **(said | more))

    def files(self) -> dict[str, bytes]:
        """What grows among them, too."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root)
            if path.is_file() and ".sync" not in name.parts:
                with suppress(FileNotFoundError):  # it got its name meanwhile
                    found[str(name)] = path.read_bytes()
        return found


@asynccontextmanager
async def running(*sites: Site) -> AsyncIterator[None]:
    async with anyio.create_task_group() as tasks:
        for site in sites:
            order = TransferOrder(
                state_dir=str(site.state / "transfer"),
                key_file=str(site.key.key_file),
                certificate_file=str(site.key.certificate_file),
                listen=site.address,
            )
            site.engine = Engine(order, SystemClock(), site.events.append)
            await tasks.start(site.engine.run)
        yield
        tasks.cancel_scope.cancel()


async def until(is_so: Callable[[], bool], what: Callable[[], object] = lambda: "") -> None:
    try:
        with anyio.fail_after(LIMIT_SEC):
            while not is_so():  # noqa: ASYNC110 - of several engines, and of disks
                await anyio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(what()) from None
