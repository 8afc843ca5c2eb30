"""Files from one site to three on a LAN: forepost beside rsync, Syncthing and libtorrent."""

import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from bench.transfer_engines import Figures, engines
from bench.transfer_lab import PORT, BenchSite, is_same, sites
from bench.transfer_libtorrent import libtorrent
from bench.transfer_loads import one_file, small_files
from bench.transfer_syncthing import syncthing

RUNS = int(os.environ.get("RUNS", "3"))
LOADS: dict[str, Callable[[Path], None]] = {
    "one file of 1 GiB": one_file,
    "20,000 files of 4 KiB": small_files,
    "100,000 files of 4 KiB": partial(small_files, count=100_000),
}


def forepost(places: list[BenchSite]) -> Figures:
    async def run() -> Figures:
        async with engines(places) as made:
            return await made.bring()

    return anyio.run(run)


def rsync(places: list[BenchSite]) -> Figures:
    """A daemon at the source, three that fetch at a time; not encrypted, not synced to the disk."""
    source = places[0]
    config = source.folder / "rsyncd.conf"
    config.write_text(
        f"use chroot = no\nuid = 0\ngid = 0\npid file = {source.folder}/pid\n"
        f"[all]\npath = {source.root}\nread only = yes\n"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
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
        took = time.monotonic() - began
    finally:
        daemon.terminate()
        daemon.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"sec": took, "cpu": used}


TOOLS: dict[str, Callable[[list[BenchSite]], Figures]] = {
    "forepost": forepost,
    "rsync, 3 in parallel": rsync,
    "Syncthing": syncthing,
    "libtorrent over TLS": libtorrent,
}


def main() -> str:
    """Return a Markdown section. Needs root, rsync and syncthing. LOADS, TOOLS: parts of names."""
    rows = []
    for load, make in LOADS.items():
        if not _is_wanted("LOADS", load):
            continue
        tools = {name: tool for name, tool in TOOLS.items() if _is_wanted("TOOLS", name)}
        found: dict[str, list[Figures]] = {name: [] for name in tools}
        for _ in range(RUNS):
            for name, tool in tools.items():
                found[name].append(_measured(tool, make))
                print(load, name, found[name][-1], file=sys.stderr, flush=True)
        rows += [_row(load, name, figures) for name, figures in found.items()]
    head = (
        f"## Transfers, 1 to 3 on a LAN ({platform.python_version()}, {os.cpu_count()} cores,"
        f" {RUNS} runs, medians)\n\n"
        "| load | with | s | CPU s, all | of it source, each receiver | largest RSS, MiB"
        " | source sent, MB |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "\n".join(rows) + "\n\n`make bench ARGS=transfer`\n"


def _is_wanted(variable: str, name: str) -> bool:
    return any(word in name for word in os.environ.get(variable, "").split(";"))


def _measured(tool: Callable[[list[BenchSite]], Figures], make: Callable[[Path], None]) -> Figures:
    with sites() as places:
        make(places[0].root)
        subprocess.run(["sync"], check=True)
        figures = tool(places)
        assert all(is_same(places[0].root, site.root) for site in places[1:])
        return figures


def _row(load: str, name: str, figures: list[Figures]) -> str:
    def median(key: str, scale: float = 1.0) -> str:
        values = [one[key] / scale for one in figures if key in one]
        return f"{statistics.median(values):.1f}" if values else ""

    for one in figures:
        if "cpu_each" in one:
            one["cpu"] = one["cpu_source"] + 3 * one["cpu_each"]
    parts = f"{median('cpu_source')}, {median('cpu_each')}" if median("cpu_source") else ""
    cells: list[Any] = [load, name, median("sec"), median("cpu"), parts]
    cells += [median("rss", 1 << 20), median("sent", 1e6)]
    return f"| {' | '.join(map(str, cells))} |"
