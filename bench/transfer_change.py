"""A byte of one file among 20,000 changes: when all have it, and what that cost the line."""

import os
import platform
import statistics
import sys
import time
from pathlib import Path

import anyio

from bench.transfer_engines import BenchEngines, engines, until
from bench.transfer_lab import BenchSite, Line, sites
from bench.transfer_loads import small_files

FILES = int(os.environ.get("FILES", "20000"))
CHANGES = int(os.environ.get("RUNS", "10"))
LINES = {"LAN": None, "100 Mbit/s, 50 ms": Line(100, 50)}


def main() -> str:
    """Return a Markdown section. Two minutes; needs root."""
    rows = []
    for name, line in LINES.items():
        with sites(line) as places:
            small_files(places[0].root, FILES)
            found = anyio.run(_measured, places)
        sec, sent = zip(*found, strict=True)
        rows.append(
            f"| {name} | {statistics.median(sec):.2f} | {max(sec):.2f}"
            f" | {statistics.median(sent) / 1e3:.0f} | {max(sent) / 1e3:.0f} |"
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return (
        f"## A byte in {FILES:,} files ({platform.python_version()}, {os.cpu_count()} cores,"
        f" {CHANGES} changes)\n\n"
        "| line | at three others, s | worst | source sent, kB | worst |\n"
        "| --- | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n\n"
        "What was sent is all that left the source's interface, acknowledgements included.\n\n"
        "`make bench ARGS=transfer_change`\n"
    )


async def _measured(places: list[BenchSite]) -> list[tuple[float, int]]:
    async with engines(places) as made:
        await made.bring()
        await anyio.sleep(5)
        return [await _changed(places, made, number) for number in range(CHANGES)]


async def _changed(places: list[BenchSite], made: BenchEngines, number: int) -> tuple[float, int]:
    name = Path(f"d{number % 100}", f"f{number}")
    data = bytearray((places[0].root / name).read_bytes())
    data[number] ^= 0xFF
    before, began = _sent(places[0]), time.monotonic()
    (places[0].root / name).write_bytes(data)
    await until(lambda: all((site.root / name).read_bytes() == data for site in places[1:]))
    took = time.monotonic() - began
    await until(lambda: all(made.has_all(n) for n in range(1, len(places))))
    await anyio.sleep(1)
    return took, _sent(places[0]) - before


def _sent(site: BenchSite) -> int:
    with site.place.inside():
        return int(Path("/proc/thread-self/net/dev").read_text().split("cable:")[1].split()[8])
