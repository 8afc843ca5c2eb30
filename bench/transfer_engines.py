"""Our engines as the transfer benchmarks run them: a process at each site, one job of them all."""

import logging
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import anyio
import psutil

from bench.transfer_lab import PORT, BenchSite
from forepost.agent.edges.device_key import device_key
from forepost.agent.edges.transfer_process import TransferProcess
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.jobs.job import JobPeer
from forepost.wire.jobs.transfer import TransferOrder, TransferStatus, TransferTask

LIMIT_SEC = 1_200
KEY = "job:bench"
Figures = dict[str, float]


class BenchEngines:
    """The first site is the source."""

    def __init__(self, places: Sequence[BenchSite]) -> None:
        self._places = places
        self.processes: list[TransferProcess] = []
        health = Health(logging.getLogger("bench"))
        keys = []
        for site in places:
            state = site.folder / "forepost"
            state.mkdir(exist_ok=True)
            keys.append(device_key(state, health))
            order = TransferOrder(
                state_dir=str(state / "transfers"),
                key_file=str(keys[-1].key_file),
                certificate_file=str(keys[-1].certificate_file),
                listen=f"{site.address}:{PORT}",
            )
            self.processes.append(TransferProcess(order, SystemClock()))
        self._peers = [
            JobPeer(
                deviceid=key.device_id,
                address=f"{site.address}:{PORT}",
                permission="ro" if site.number else "rw",
            )
            for key, site in zip(keys, places, strict=True)
        ]

    def want(self, number: int) -> None:
        """Have a site take part."""
        self.processes[number].want(
            [
                TransferTask(
                    key=KEY,
                    type="distribution",
                    permission="ro" if number else "rw",
                    path=str(self._places[number].root),
                    peers=[peer for n, peer in enumerate(self._peers) if n != number],
                )
            ]
        )

    def idle(self, number: int) -> None:
        """Have a site's engine run with something else, so that its start is not measured."""
        path = str(self._places[number].folder / "idle")
        task = TransferTask(key="job:idle", type="folder", permission="rw", path=path)
        self.processes[number].want([task])

    def status(self, number: int) -> TransferStatus:
        tasks = self.processes[number].report().tasks
        return tasks[0] if tasks else TransferStatus(key="", status="loading")

    def has_all(self, number: int) -> bool:
        """Whether a receiver has all that the source has."""
        mine, all_of_it = self.status(number), self.status(0)
        return (
            mine.status == "seeding"
            and mine.size_total > 0
            and mine.files_completed == all_of_it.files_total
        )

    async def bring(self) -> Figures:
        """Have all receivers begin, and wait until they have everything."""
        before = [_cpu(process.pid) for process in self.processes]
        began = time.monotonic()
        receivers = range(1, len(self._places))
        for number in receivers:
            self.want(number)
        await until(lambda: all(self.has_all(number) for number in receivers))
        took = time.monotonic() - began
        used = [
            _cpu(process.pid) - cpu for process, cpu in zip(self.processes, before, strict=True)
        ]
        return {
            "sec": took,
            "cpu_source": used[0],
            "cpu_each": statistics.mean(used[1:]),
            "rss": float(max(resident(process.pid) for process in self.processes)),
            "sent": float(self.status(0).transferred_up),
        }


@asynccontextmanager
async def engines(places: Sequence[BenchSite]) -> AsyncIterator[BenchEngines]:
    """Engines of which the source has indexed what it has, and the others run."""
    made = BenchEngines(places)
    async with anyio.create_task_group() as tasks:
        for site, process in zip(places, made.processes, strict=True):
            # The process is begun in the namespace of the thread that begins it.
            if site.number:
                made.idle(site.number)
            else:
                made.want(0)
            with site.place.inside():
                tasks.start_soon(process.run, lambda _: None)
                await until(lambda process=process: process.pid != 0)  # type: ignore[misc]
        await until(lambda: made.status(0).status in ("seeding", "no peers"))
        await until(lambda: made.status(0).size_total > 0)
        await until(lambda: all(process.report().tasks for process in made.processes))
        yield made
        tasks.cancel_scope.cancel()


async def until(is_so: Callable[[], bool], sec: float = LIMIT_SEC) -> None:
    with anyio.fail_after(sec):
        while not is_so():  # noqa: ASYNC110 - of processes
            await anyio.sleep(0.02)


def _cpu(pid: int) -> float:
    used = psutil.Process(pid).cpu_times()
    return float(used.user + used.system)


def resident(pid: int) -> int:
    return int(psutil.Process(pid).memory_info().rss)
