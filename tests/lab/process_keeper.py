"""An agent's keeper of processes, as a process that can be killed: FOLDER and manifests as JSON."""

import logging
import sys
from pathlib import Path

import anyio
import msgspec

from forepost.agent.edges.containers.process import ProcessEngine
from forepost.agent.workloads.keeper import WorkloadKeeper
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.workloads.manifest import Microservice


async def main(folder: Path, manifests: list[Microservice]) -> None:
    clock = SystemClock()
    engine = ProcessEngine(folder / "processes", clock, lambda: "Etc/UTC")
    health = Health(logging.getLogger("test"))
    keeper = WorkloadKeeper(engine, folder / "workloads.json", clock, health)
    wanted = [WantedMicroservice(microservice=one, wanted_by="folder") for one in manifests]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keeper.run)
        await keeper.want(wanted, [])
        while True:
            states = {one.uuid: one.state for one in keeper.statuses()}
            print(msgspec.json.encode(states).decode(), flush=True)
            await keeper.changed()


if __name__ == "__main__":
    anyio.run(main, Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=list[Microservice]))
