"""One step in the life of an agent's key, as a process that ends itself at its Nth operation on a
file: FOLDER VERB N, and what the verb needs. N = 0: it does not.
"""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

import anyio

from forepost.agent.node import Identity, Node
from forepost.agent.settings import Settings, UplinkSection
from forepost.agent.uplink.admission import admitted
from forepost.agent.uplink.documents import Documents
from forepost.agent.uplink.foreign_spool import put_aside
from forepost.agent.uplink.provisioned import Provisioning, with_provisioned
from forepost.agent.way import Way
from forepost.agent.workloads.iofog.client import IofogClient
from forepost.agent.workloads.iofog.exchange import IofogAgent, IofogExchange
from forepost.agent.workloads.iofog.kept import IofogKept
from forepost.agent.workloads.iofog.volume_mounts import VolumeMountFolder
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.uplink.neffos import Frame
from forepost.wire.workloads.delivery import WORKLOADS


class Fuse:
    """Kills this process before the operation on a file below `folder` that is the `last`."""

    def __init__(self, folder: Path, last: int) -> None:
        self._folder, self._left = str(folder), last

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._left or not (event == "open" or event.startswith(("os.", "shutil."))):
            return
        if any(self._folder in os.fsdecode(one) for one in arguments if _is_path(one)):
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


def _is_path(one: object) -> bool:
    return isinstance(one, str | bytes | os.PathLike)


async def start(node: Node, settings: Settings, health: Health) -> None:
    """As an agent begins."""
    settings = with_provisioned(settings, node, health)
    put_aside(node)
    said = settings.uplink
    if said.url:
        wanted = Identity(
            url=said.url, workspace_id=said.workspace_id, agent_id=said.agent_id, psk=""
        )
        await admitted(node, wanted, said.pin, may_move=False)
        put_aside(node)


async def leave(provisioning: Provisioning, told: Path) -> None:
    """With a controller that takes note of it at once."""
    conversation = anyio.CancelScope()

    async def say(frame: Frame) -> None:
        told.touch()  # noqa: ASYNC240 - a test waits for it
        conversation.cancel()

    async def converse() -> None:
        with conversation:
            await provisioning.begin(say, {WORKLOADS}).run()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(converse)
        await provisioning.deprovision()


async def nothing(_: object = None) -> None:
    return None


async def at_iofog(node: Node, health: Health, verb: str, url: str, key: str) -> None:
    """Come to an ioFog Controller and hear what it wants; or leave it."""
    client = IofogClient(Way(proxy="none"), SystemClock())
    agent = IofogAgent(
        status=lambda _: {},
        configured=nothing,
        settings=dict,
        edge_resources=lambda _: None,
        restart=nothing,
        prune=nothing,
        status_sec=lambda: 60.0,
        changes_sec=lambda: 60.0,
        news=lambda: None,
    )
    state = node.state_dir
    exchange = IofogExchange(
        client, IofogKept(state, health), VolumeMountFolder(state), agent, SystemClock(), health
    )
    if verb == "iofog-leave":
        await exchange.leave()
        return
    exchange.come(await client.provision(await client.base_of(url), key))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange.run)
        with anyio.fail_after(30):
            while not exchange.list.microservices:  # noqa: ASYNC110 - there is no event of it
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()


async def main(folder: Path, verb: str, last: int) -> None:
    clock, health = SystemClock(), Health(logging.getLogger("test"))
    settings = Settings(uplink=UplinkSection(allow_plain=True))
    node = Node(name="n", version="1", state_dir=folder, started_at=clock.now())
    sys.addaudithook(Fuse(folder, last))
    match verb:
        case "start":
            await start(node, settings, health)
        case "provision":
            await Provisioning(settings, node, clock, health).provision(sys.argv[4], sys.argv[5])
        case "iofog-come" | "iofog-leave":
            await at_iofog(node, health, verb, sys.argv[4], sys.argv[5])
        case "leave":
            provisioning = Provisioning(settings, node, clock, health)
            provisioning.documents = Documents(folder, [], health)
            await leave(provisioning, Path(sys.argv[4]))


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
