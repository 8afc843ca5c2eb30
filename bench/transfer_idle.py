"""What a folder costs that is indexed and rests, and what a look at all of it costs."""

import os
import platform
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import psutil
from blake3 import blake3

from bench.transfer_engines import KEY, BenchEngines, engines, resident
from bench.transfer_lab import BenchSite, sites
from bench.transfer_loads import small_files
from forepost.agent.transfer.disk import FolderDisk
from forepost.wire.jobs.transfer import TransferTask

IDLE_SEC = float(os.environ.get("IDLE_SEC", "120"))
TMPFS = Path("/dev/shm")
COUNTS = os.environ.get("COUNTS", "100000;1000000")


def main() -> str:
    """Return a Markdown section. Ten minutes, most of it for a million files; needs root, and 5 GiB
    of RAM: a file on tmpfs takes a page.
    """
    rows = []
    for word in COUNTS.split(";"):
        with sites(count=0, where=TMPFS) as places:
            small_files(places[0].root, int(word), 1_024)
            rows.append(anyio.run(_measured, places, int(word)))
            print(rows[-1], file=sys.stderr, flush=True)
    return (
        f"## Folders that rest ({platform.python_version()}, {os.cpu_count()} cores; files of"
        " 1 KiB on tmpfs)\n\n"
        "| files | first index, s (CPU s) | a look at all, s (CPU s) | at rest, % of a core"
        " | MiB at rest | MiB at most | index, MiB |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + f"\n\nAt rest: {IDLE_SEC:.0f} s. `make bench ARGS=transfer_idle`\n"
    )


async def _measured(places: list[BenchSite], count: int) -> str:
    began = time.monotonic()
    async with engines(places) as made:
        first, first_cpu, most = time.monotonic() - began, _cpu(made), _most(made)
        assert made.status(0).files_total == count
        await anyio.sleep(5)
        cpu, began = _cpu(made), time.monotonic()
        await anyio.sleep(IDLE_SEC)
        share = (_cpu(made) - cpu) / (time.monotonic() - began) * 100
        rest = resident(made.processes[0].pid)
    look, look_cpu = _looked(places[0])
    index = sum(file.stat().st_size for file in places[0].folder.rglob("*.sqlite*"))
    cells = [f"{count:,}", f"{first:.1f} ({first_cpu:.1f})", f"{look:.1f} ({look_cpu:.1f})"]
    cells += [f"{share:.2f}", f"{rest / 2**20:.0f}", f"{most / 2**20:.0f}", f"{index / 2**20:.0f}"]
    return f"| {' | '.join(cells)} |"


def _looked(site: BenchSite) -> tuple[float, float]:
    """Look at all of it with the index that the engine has made, in this process."""
    (file,) = (site.folder / "forepost" / "transfers").glob(
        f"{blake3(KEY.encode()).hexdigest(16)}*te"
    )
    task = TransferTask(key=KEY, type="distribution", permission="rw", path=str(site.root))
    with ThreadPoolExecutor(2) as executor:
        disk = FolderDisk(task, file, "bench", executor, lambda: (time.time_ns(), time.monotonic()))
        began, cpu = time.monotonic(), time.process_time()
        assert not disk.scan().changed
        took = time.monotonic() - began, time.process_time() - cpu
        disk.close()
    return took


def _cpu(made: BenchEngines) -> float:
    used = psutil.Process(made.processes[0].pid).cpu_times()
    return float(used.user + used.system)


def _most(made: BenchEngines) -> int:
    """Resident at most, since it began."""
    text = Path(f"/proc/{made.processes[0].pid}/status").read_text("ascii")
    return int(text.split("VmHWM:")[1].split()[0]) << 10
