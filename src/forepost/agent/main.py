"""Builds the agent out of its slices and runs it. The only module that knows all of them."""

import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import msgspec
from anyio.abc import TaskGroup

import forepost
from forepost.agent import status as status_face
from forepost.agent.edges.disk import Folder
from forepost.agent.edges.system import system_edges
from forepost.agent.node import Node
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.settings import Settings, UplinkSection
from forepost.agent.uplink.enroll import base, enroll
from forepost.agent.uplink.link import Link
from forepost.agent.uplink.spool import Spool
from forepost.kit import files
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.health import Health
from forepost.kit.http import Unreachable, request
from forepost.kit.tasks import keep
from forepost.wire.probes import Probe
from forepost.wire.status import Status
from forepost.wire.uplink import ProbePost

WANTED: Final = "wanted.json"

_log = logging.getLogger(__name__)
_probe = msgspec.json.Decoder(Probe)


class Wanted:
    """The list of probes: kept on disk, so that a start without controller measures as before."""

    def __init__(self, path: Path, scheduler: Scheduler) -> None:
        self._path, self._scheduler = path, scheduler
        self.running = 0

    def restore(self) -> None:
        if self._path.exists():
            self._run(msgspec.json.decode(self._path.read_bytes(), type=list[msgspec.Raw]))

    async def set(self, _revision: str, raws: Sequence[msgspec.Raw]) -> list[str]:
        """Run this list from now on; return what cannot be run."""
        unsupported = self._run(raws)
        files.replace(self._path, msgspec.json.encode(raws))
        return unsupported

    def _run(self, raws: Sequence[msgspec.Raw]) -> list[str]:
        probes: list[Probe] = []
        unsupported: list[str] = []
        for raw in raws:  # one by one: one that is wrong never costs the others
            try:
                probes.append(_probe.decode(raw))
            except msgspec.ValidationError as error:
                unsupported.append(f"a probe that is not understood: {error}")
        unsupported += self._scheduler.want(probes)
        self.running = self._scheduler.running
        return unsupported


async def run(settings: Settings) -> None:
    """Run until SIGINT or SIGTERM, or until the controller removes this agent and ever after."""
    clock: Clock = SystemClock()
    node = Node(
        name=settings.node.name or socket.gethostname(),
        version=forepost.__version__,
        state_dir=files.private_folder(Path(settings.node.state_dir)),
        started_at=clock.now(),
    )
    health = Health(logging.getLogger("forepost.agent"))
    spool = Spool(
        Folder(node.state_dir / "spool"),
        clock,
        health,
        max_bytes=settings.spool.max_bytes,
        max_age_sec=settings.spool.max_age_sec,
    )

    async def deliver(post: ProbePost) -> None:
        spool.put(msgspec.json.encode(post))

    with system_edges(clock, partial(_whoami, node)) as edges:
        async with anyio.create_task_group() as tasks:
            scheduler = Scheduler(
                tasks, clock, edges, deliver, health=health, salt=str(settings.uplink.agent_id)
            )
            wanted = Wanted(node.state_dir / WANTED, scheduler)
            wanted.restore()
            link = Link(node, spool, wanted.set, clock, health)
            services: dict[str, Callable[[], Awaitable[None]]] = {
                "spool": spool.run,
                "status": partial(
                    status_face.serve,
                    node.state_dir,
                    partial(_status, node, settings.uplink, link, spool, wanted, health),
                ),
            }
            if settings.uplink.url:
                services["uplink"] = partial(_uplink, settings.uplink, node, link, wanted)
            for name, service in services.items():
                tasks.start_soon(keep, name, service, clock, health)
            await _stopped(tasks)
    spool.close()


async def _uplink(settings: UplinkSection, node: Node, link: Link, wanted: Wanted) -> None:
    """Enrol where it has not been done, then talk for as long as the controller wants us."""
    identity = node.identity()
    here = base(settings.url), settings.workspace_id, settings.agent_id
    if identity is None or here != (identity.url, identity.workspace_id, identity.agent_id):
        identity = await enroll(node, *here, settings.pin)
        _log.info("enrolled at %s as agent %d", identity.url, identity.agent_id)
    await link.run(identity)
    await wanted.set("", [])  # the controller has removed this agent: it measures no more


async def _whoami(node: Node) -> str | None:
    """The address that the controller sees; None while it cannot be asked."""
    identity = node.identity()
    if identity is None:
        return None
    try:
        answer = await request(
            "GET", f"{identity.url}/agent/api/whoami?quick=true", headers=identity.headers
        )
    except Unreachable:
        return None
    found = answer.json()
    return str(found["ip"]) if answer.status == 200 and "ip" in found else None


def _status(
    node: Node, uplink: UplinkSection, link: Link, spool: Spool, wanted: Wanted, health: Health
) -> Status:
    return Status(
        version=node.version,
        name=node.name,
        pid=os.getpid(),
        started_at=node.started_at,
        controller=uplink.url,
        connected=link.connected,
        workspace_id=uplink.workspace_id,
        agent_id=uplink.agent_id,
        probes=wanted.running,
        spool=spool.status,
        problems=dict(health.problems),
    )


async def _stopped(tasks: TaskGroup) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for received in signals:
            _log.info("%s: stopping", received.name)
            tasks.cancel_scope.cancel()
            return
