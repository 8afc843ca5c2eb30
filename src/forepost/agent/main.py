"""Builds the agent out of its slices, runs it, and closes it in order."""

import logging
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from itertools import chain
from pathlib import Path

import anyio
from anyio.abc import TaskGroup

import forepost
from forepost.agent import status as status_face
from forepost.agent.edges.local import control_socket
from forepost.agent.edges.system import system_edges
from forepost.agent.node import Node
from forepost.agent.settings import Settings
from forepost.agent.slices import SLICES, AgentSlice, Built, Service, Site
from forepost.agent.uplink.build import UplinkBase
from forepost.agent.uplink.networks import networks_of
from forepost.agent.uplink.provisioned import with_provisioned
from forepost.agent.uplink.whoami import whoami
from forepost.kit import files
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.folder_lock import FolderLock
from forepost.kit.health import Health
from forepost.kit.tasks import keep
from forepost.kit.watchdog import STUCK_SEC, Watchdog
from forepost.wire.local.status import Status

_log = logging.getLogger(__name__)


async def run(
    settings: Settings, stuck_sec: float = STUCK_SEC, slices: Sequence[AgentSlice] = SLICES
) -> bool:
    """Run until SIGINT or SIGTERM, or until the controller removes this agent and ever after.

    Returns whether somebody wants it to begin anew (`restart` on the Unix socket). Raises
    WrongSettings, and Taken where another process has the state folder.
    """
    clock: Clock = SystemClock()
    dog = Watchdog(clock, stuck_sec=stuck_sec)
    node = Node(
        name=settings.node.name or socket.gethostname(),
        version=forepost.__version__,
        state_dir=files.private_folder(Path(settings.node.state_dir)),
        started_at=clock.now(),
        way=settings.uplink.way,
    )
    with FolderLock.take(node.state_dir):
        health = Health(logging.getLogger("forepost.agent"), clock)
        async with AsyncExitStack() as closing:
            settings = with_provisioned(settings, node, health)
            built = await _run(settings, node, clock, health, dog, slices, closing)
    return any(one.restart_wanted is not None and one.restart_wanted.is_set() for one in built)


async def _run(
    settings: Settings,
    node: Node,
    clock: Clock,
    health: Health,
    dog: Watchdog,
    slices: Sequence[AgentSlice],
    closing: AsyncExitStack,
) -> list[Built]:
    """Run until it is to stop; return what was built, with nothing of it running any more.

    `closing` flushes all of it, in order, whatever the end was and whichever of them fails.
    """
    uplink = UplinkBase(settings, node, clock, health)
    with system_edges(clock, partial(whoami, node), networks_of(node, clock)) as edges:
        async with anyio.create_task_group() as tasks:
            site = Site(
                settings=settings,
                node=node,
                clock=clock,
                health=health,
                edges=edges,
                tasks=tasks,
                deliver=uplink.deliver,
                controller_url=uplink.controller_url,
                is_connected=uplink.is_connected,
                enrolment=uplink.enrolment,
                known_time=uplink.known_time,
            )
            built = [await one.build(site) for one in slices if one.is_on(settings)]
            built.append(await uplink.build(built))
            for one in reversed(built):
                if one.flush is not None:
                    closing.push_async_callback(one.flush)
            status = partial(_status, node, health, built)
            own: dict[str, Service] = {
                "health": health.run,
                "watchdog": dog.run,
                "status": partial(status_face.serve, node.state_dir, status, clock, health),
            }
            if verbs := dict(chain.from_iterable(one.verbs.items() for one in built)):
                own["control socket"] = partial(
                    control_socket.serve, node.state_dir, verbs, clock, health
                )
            for one in built:
                own |= one.services
            for name, service in own.items():
                tasks.start_soon(keep, name, service, clock, health)
            dog.ready()
            await _stopped(tasks, built)
            dog.stopping()
    return built


def _status(node: Node, health: Health, built: Sequence[Built]) -> Status:
    filled = [one.status().items() for one in built if one.status is not None]
    return Status(
        version=node.version,
        name=node.name,
        pid=os.getpid(),
        started_at=node.started_at,
        problems=dict(health.problems),
        **dict(chain.from_iterable(filled)),
    )


async def _stopped(tasks: TaskGroup, built: Sequence[Built]) -> None:
    for one in built:
        if one.restart_wanted is not None:
            tasks.start_soon(_restart, tasks, one.restart_wanted)
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async for received in signals:
            if received == signal.SIGHUP:
                for reload in (one.reload for one in built if one.reload is not None):
                    await reload()
                continue
            _log.info("%s: stopping", received.name)
            tasks.cancel_scope.cancel()
            return


async def _restart(tasks: TaskGroup, wanted: anyio.Event) -> None:
    await wanted.wait()
    tasks.cancel_scope.cancel()
