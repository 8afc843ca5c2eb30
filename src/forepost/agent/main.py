"""Builds the agent out of its slices and runs it. The only module that knows all of them."""

import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import anyio
import msgspec
from anyio.abc import TaskGroup

import forepost
from forepost.agent import status as status_face
from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.edges.host import descriptors
from forepost.agent.edges.speed.process import SpeedProcess
from forepost.agent.edges.system import system_edges
from forepost.agent.line import controller_address, is_plain, why_not
from forepost.agent.node import Identity, Node
from forepost.agent.probes.moves import watch
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.probes.wanted import WantedProbes
from forepost.agent.settings import Settings, UplinkSection
from forepost.agent.speedtests.queue import SpeedtestQueue
from forepost.agent.speedtests.responder import answer, host_and_port
from forepost.agent.speedtests.talk import SpeedtestTalk
from forepost.agent.uplink.address import Moves
from forepost.agent.uplink.admission import admitted
from forepost.agent.uplink.documents import Documents
from forepost.agent.uplink.link import Uplink
from forepost.agent.uplink.needs import UplinkNeeds
from forepost.agent.uplink.networks import networks_of
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.agent.uplink.whoami import whoami
from forepost.kit import files
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.folder_lock import FolderLock
from forepost.kit.health import Health
from forepost.kit.settings import WrongSettings
from forepost.kit.tasks import keep
from forepost.kit.watchdog import STUCK_SEC, Watchdog
from forepost.wire.flows.rollup import FLOWS, FlowMinute
from forepost.wire.local.status import Status
from forepost.wire.probes.budget import BUDGET
from forepost.wire.probes.cost import Cost
from forepost.wire.uplink.messages import ProbePost

if TYPE_CHECKING:
    from forepost.agent.flows.build import Flows

Deliver = Callable[[ProbePost], Awaitable[None]]

_log = logging.getLogger(__name__)


async def run(settings: Settings, stuck_sec: float = STUCK_SEC) -> bool:
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
        return await _run(settings, node, clock, dog)


async def _run(settings: Settings, node: Node, clock: Clock, dog: Watchdog) -> bool:
    health = Health(logging.getLogger("forepost.agent"), clock)
    spool = Spool(
        SpoolFolder(node.state_dir / "spool"),
        clock,
        health,
        max_bytes=settings.spool.max_bytes,
        max_age_sec=settings.spool.max_age_sec,
        sync_sec=settings.spool.sync_sec,
        backlog=settings.spool.backlog,
    )

    keeper = Timekeeper(clock, health)

    async def deliver(post: ProbePost) -> None:
        spool.put(msgspec.json.encode(keeper.measured(post)))

    flows = _flows(settings, node, clock, health, deliver)
    with system_edges(clock, partial(whoami, node), networks_of(node, clock)) as edges:
        async with anyio.create_task_group() as tasks:
            scheduler = Scheduler(
                tasks,
                clock,
                edges,
                deliver,
                health=health,
                salt=str(settings.uplink.agent_id),
                budget=_budget(settings),
                permission=settings.probes.permission(),
            )
            wanted = WantedProbes(scheduler)
            theirs = [flows.wanted] if flows is not None else []
            documents = Documents(node.state_dir, [wanted, *theirs], health)
            await documents.restore()
            desk = SpeedtestQueue(
                settings.speedtest,
                SpeedProcess(),
                edges.host.moved,
                lambda: urlsplit(moves.url or settings.uplink.url).hostname or "",
                clock,
                keeper.known_time,
                settings.probes,
            )
            listen = settings.speedtest.listen
            moves = Moves(
                node,
                clock,
                health,
                allowed=settings.uplink.may_move,
                allow_plain=settings.uplink.allow_plain,
            )
            link = Uplink(
                UplinkNeeds(
                    node=node,
                    spool=spool,
                    documents=documents,
                    keeper=keeper,
                    moves=moves,
                    clock=clock,
                    health=health,
                    talks=[SpeedtestTalk(desk, clock)],
                    speedtest_port=host_and_port(listen)[1] if listen else 0,
                    ping_sec=settings.uplink.ping_sec,
                )
            )
            services: dict[str, Callable[[], Awaitable[None]]] = {
                "health": health.run,
                "watchdog": dog.run,
                "clock": keeper.run,
                "spool": spool.run,
                "kept documents": partial(documents.settle, clock),
                "route changes": partial(watch, edges, clock, scheduler.now),
                "status": partial(
                    status_face.serve,
                    node.state_dir,
                    partial(
                        _status, node, settings.uplink, moves, link, spool, wanted, health, keeper
                    ),
                    clock,
                    health,
                ),
            }
            if listen:
                services["speedtest.listen"] = partial(
                    answer, settings.speedtest, node.identity, clock
                )
            if settings.uplink.url:
                services["speedtests"] = desk.run
                services["uplink"] = partial(
                    _uplink, settings.uplink, node, link, documents, health
                )
            if flows is not None:
                services |= flows.services
            for name, service in services.items():
                tasks.start_soon(keep, name, service, clock, health)
            dog.ready()
            await _stopped(tasks, flows)
            dog.stopping()
    if flows is not None:
        await flows.keep()
    spool.close()
    return flows is not None and flows.restart_wanted.is_set()


def _flows(
    settings: Settings, node: Node, clock: Clock, health: Health, deliver: Deliver
) -> "Flows | None":
    """What meters traffic and answers on the Unix socket; imported only where it is wanted."""
    if not (settings.flows.interfaces or settings.socket.path):
        return None
    from forepost.agent.flows.build import Flows  # noqa: PLC0415 - memory

    async def report(minute: FlowMinute) -> None:
        await deliver(
            ProbePost(
                created_at=datetime.fromtimestamp(minute.minute, UTC),
                type=FLOWS,
                payload=msgspec.Raw(msgspec.json.encode(minute)),
            )
        )

    try:
        return Flows(settings.flows, settings.socket, node, clock, health, report)
    except ValueError as error:
        raise WrongSettings(f"flows: {error}") from None


async def _uplink(
    settings: UplinkSection,
    node: Node,
    link: Uplink,
    documents: Documents,
    health: Health,
) -> None:
    """Enrol where it has not been done, then talk for as long as the controller wants us.

    Over a line that may not be used nothing is said: what is measured waits in the spool.
    """
    wanted_identity = Identity(
        url=controller_address(settings.url),
        workspace_id=settings.workspace_id,
        agent_id=settings.agent_id,
        psk="",
        pin_sha256=settings.pin_sha256,
    )
    found = node.identity()
    is_away = found is not None and found.home == wanted_identity.url and settings.may_move
    line = found.url if found is not None and is_away else wanted_identity.url
    reason = why_not(line, allow_plain=settings.allow_plain, pin_sha256=settings.pin_sha256)
    if reason:
        health.ill("uplink", reason)
        await anyio.sleep_forever()
    identity = await admitted(node, wanted_identity, settings.pin, may_move=settings.may_move)
    health.well("uplink")
    await link.run(identity)
    await documents.clear()  # the controller has removed this agent: it measures no more


def _status(
    node: Node,
    uplink: UplinkSection,
    moves: Moves,
    link: Uplink,
    spool: Spool,
    wanted: WantedProbes,
    health: Health,
    keeper: Timekeeper,
) -> Status:
    return Status(
        version=node.version,
        name=node.name,
        pid=os.getpid(),
        started_at=node.started_at,
        controller=moves.url or uplink.url,
        connected=link.connected,
        plain=is_plain(moves.url or uplink.url),
        workspace_id=uplink.workspace_id,
        agent_id=uplink.agent_id,
        probes=wanted.running,
        unsupported=wanted.unsupported,
        spool=spool.status,
        clock=keeper.reading(),
        problems=dict(health.problems),
    )


def _budget(settings: Settings) -> Cost:
    """What this host has room for: as any, with as many sockets as it lets us have, and as many
    packets as its site wants.
    """
    return msgspec.structs.replace(
        BUDGET,
        sockets=min(BUDGET.sockets, descriptors.raised()),
        packets=min(BUDGET.packets, settings.probes.max_packets_per_sec),
    )


async def _stopped(tasks: TaskGroup, flows: "Flows | None") -> None:
    if flows is not None:
        tasks.start_soon(_restart, tasks, flows.restart_wanted)
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async for received in signals:
            if received == signal.SIGHUP:
                if flows is not None:
                    await flows.reload()
                continue
            _log.info("%s: stopping", received.name)
            tasks.cancel_scope.cancel()
            return


async def _restart(tasks: TaskGroup, wanted: anyio.Event) -> None:
    await wanted.wait()
    tasks.cancel_scope.cancel()
