"""Files from one site to three: forepost beside Syncthing (Debian) and rsync (Debian, in clear)."""

import logging
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import psutil

from bench.transfer_lab import PORT, BenchSite, is_same, sites
from bench.transfer_syncthing import syncthing
from forepost.agent.edges.device_key import device_key
from forepost.agent.edges.transfer_process import TransferProcess
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.jobs.job import JobPeer
from forepost.wire.jobs.transfer import TransferOrder, TransferTask

RUNS = int(os.environ.get("RUNS", "3"))
LIMIT_SEC = 600
WAN = "rate 100mbit delay 25ms limit 2000"
Figures = dict[str, float]


def one_file(root: Path) -> None:
    with (root / "file").open("wb") as file:
        for _ in range(1024):
            file.write(os.urandom(1 << 20))


def small_files(root: Path, count: int = 20_000) -> None:
    for n in range(count):
        folder = root / f"d{n % 100}"
        folder.mkdir(exist_ok=True)
        (folder / f"f{n}").write_bytes(os.urandom(4_096))


def many_files(root: Path) -> None:
    small_files(root, 100_000)


LOADS: dict[str, tuple[Callable[[Path], None], str]] = {
    "LAN, one file of 1 GiB": (one_file, ""),
    "LAN, 20,000 files of 4 KiB": (small_files, ""),
    "LAN, 100,000 files of 4 KiB": (many_files, ""),
    "WAN (100 Mbit/s, 50 ms), one file of 1 GiB": (one_file, WAN),
    "WAN, 20,000 files of 4 KiB": (small_files, WAN),
}


def forepost(places: list[BenchSite]) -> Figures:
    return anyio.run(_forepost, places)


async def _forepost(places: list[BenchSite]) -> Figures:
    health = Health(logging.getLogger("bench"))
    keys, processes = [], []
    for site in places:
        state = site.folder / "forepost"
        state.mkdir()
        keys.append(device_key(state, health))
        order = TransferOrder(
            state_dir=str(state / "transfers"),
            key_file=str(keys[-1].key_file),
            certificate_file=str(keys[-1].certificate_file),
            listen=f"{site.address}:{PORT}",
        )
        processes.append(TransferProcess(order, SystemClock()))
    peers = [
        JobPeer(
            deviceid=key.device_id,
            address=f"{site.address}:{PORT}",
            permission="ro" if site.number else "rw",
        )
        for key, site in zip(keys, places, strict=True)
    ]

    def task(number: int) -> TransferTask:
        return TransferTask(
            key="job:bench",
            type="distribution",
            permission="ro" if number else "rw",
            path=str(places[number].root),
            peers=[peer for n, peer in enumerate(peers) if n != number],
        )

    async with anyio.create_task_group() as tasks:
        for site, process in zip(places, processes, strict=True):
            # The process is begun in the namespace of the thread that begins it; a receiver with
            # something else at first, so that its start is not measured.
            idle = TransferTask(
                key="job:idle", type="folder", permission="rw", path=str(site.folder / "idle")
            )
            process.want([idle if site.number else task(0)])
            with site.place.inside():
                tasks.start_soon(process.run, lambda _: None)
                await _until(lambda process=process: process.pid != 0)  # type: ignore[misc]
        await _until(lambda: _is(processes[0], ("seeding", "no peers")))
        await _until(lambda: all(process.report().tasks for process in processes))
        total = processes[0].report().tasks[0].files_total
        began = time.monotonic()
        for number in range(1, len(places)):
            processes[number].want([task(number)])
        await _until(
            lambda: all(
                _is(process, ("seeding",)) and process.report().tasks[0].files_completed == total
                for process in processes[1:]
            )
        )
        took = time.monotonic() - began
        figures = _used([process.pid for process in processes]) | {"sec": took}
        figures["sent"] = float(processes[0].report().tasks[0].transferred_up)
        tasks.cancel_scope.cancel()
    return figures


def _is(process: TransferProcess, words: tuple[str, ...]) -> bool:
    tasks = process.report().tasks
    return bool(tasks) and tasks[0].status in words and tasks[0].size_total > 0


async def _until(is_so: Callable[[], bool]) -> None:
    with anyio.fail_after(LIMIT_SEC):
        while not is_so():  # noqa: ASYNC110 - of processes
            await anyio.sleep(0.02)


def rsync(places: list[BenchSite]) -> Figures:
    """A daemon at the source, three that fetch at a time; not encrypted, not verified again."""
    source = places[0]
    config = source.folder / "rsyncd.conf"
    config.write_text(
        f"use chroot = no\nuid = 0\ngid = 0\npid file = {source.folder}/pid\n"
        f"[all]\npath = {source.root}\nread only = yes\n"
    )
    daemon = subprocess.Popen(
        source.command("rsync", "--daemon", "--no-detach", f"--config={config}", f"--port={PORT}"),
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(0.5)
        began = time.monotonic()
        url = f"rsync://{source.address}:{PORT}/all/"
        fetching = [
            subprocess.Popen(site.command("rsync", "-a", url, f"{site.root}/"))
            for site in places[1:]
        ]
        for one in fetching:
            assert one.wait() == 0
        return {"sec": time.monotonic() - began}
    finally:
        daemon.kill()
        daemon.wait()


def _used(pids: list[int]) -> Figures:
    cpu = [sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids]
    memory = [psutil.Process(pid).memory_info().rss for pid in pids]
    return {"cpu_source": cpu[0], "cpu_each": statistics.mean(cpu[1:]), "rss": float(max(memory))}


TOOLS: dict[str, Callable[[list[BenchSite]], Figures]] = {
    "forepost": forepost,
    "rsync, 3 in parallel": rsync,
    "Syncthing": syncthing,
}


def main() -> str:
    """Return a Markdown section. Half an hour; needs root, rsync and syncthing."""
    only = os.environ.get("LOADS", "").split(";")
    rows = []
    for load, (make, netem) in LOADS.items():
        if not any(word in load for word in only):
            continue
        found: dict[str, list[Figures]] = {name: [] for name in TOOLS}
        for _ in range(RUNS):
            for name, tool in TOOLS.items():
                found[name].append(_measured(tool, make, netem))
                print(load, name, found[name][-1], file=sys.stderr, flush=True)
        rows += [_row(load, name, figures) for name, figures in found.items()]
    head = (
        f"## Transfers, 1 to 3 ({platform.python_version()}, {os.cpu_count()} cores, {RUNS} runs,"
        " medians)\n\n"
        "| load | with | s | CPU s: source, each receiver | largest RSS, MiB | source sent, MB |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "\n".join(rows) + "\n\n`make bench ARGS=transfer`\n"


def _measured(
    tool: Callable[[list[BenchSite]], Figures], make: Callable[[Path], None], netem: str
) -> Figures:
    with sites(netem) as places:
        make(places[0].root)
        subprocess.run(["sync"], check=True)
        figures = tool(places)
        assert all(is_same(places[0].root, site.root) for site in places[1:])
        return figures


def _row(load: str, name: str, figures: list[Figures]) -> str:
    def median(key: str, scale: float = 1.0) -> str:
        values = [one[key] / scale for one in figures if key in one]
        return f"{statistics.median(values):.1f}" if values else ""

    cpu = f"{median('cpu_source')}, {median('cpu_each')}" if median("cpu_source") else ""
    cells: list[Any] = [load, name, median("sec"), cpu, median("rss", 1 << 20), median("sent", 1e6)]
    return f"| {' | '.join(map(str, cells))} |"
