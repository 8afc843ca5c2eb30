"""Files over slow and lossy lines: how much of the line one copy has, and three copies."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable

from bench.transfer import TOOLS
from bench.transfer_engines import Figures
from bench.transfer_lab import BenchSite, Line, is_same, sites
from bench.transfer_loads import one_file, small_files

MIB = int(os.environ.get("MIB", "1024"))
LINE_BYTES = 100e6 / 8
LOADS = {
    f"{MIB:,} MiB": lambda site: one_file(site.root, MIB),
    "20,000 files of 4 KiB": lambda site: small_files(site.root),
}
LINES = {"50 ms": Line(100, 50), "50 ms, 1 % loss": Line(100, 50, 0.01)}


def main() -> str:
    """Return a Markdown section. Needs root, rsync and syncthing. LOADS, LINES and TOOLS: parts of
    names; MIB: of the file.
    """
    rows = []
    for name_of_line, line in LINES.items():
        for load, make in LOADS.items():
            for name, tool in TOOLS.items():
                wanted = {"LINES": name_of_line, "LOADS": load, "TOOLS": name}
                if not all(_is_wanted(*one) for one in wanted.items()):
                    continue
                one = _measured(tool, make, line, 1)
                three = _measured(tool, make, line, 3)
                rows.append(_row(name_of_line, load, name, one, three))
                print(rows[-1], file=sys.stderr, flush=True)
    return (
        f"## Transfers over lines of 100 Mbit/s ({platform.python_version()},"
        f" {os.cpu_count()} cores, a run each)\n\n"
        "| line | load | with | one copy, s | of the line, % | three copies, s | times one copy"
        " | source sent, copies | CPU s: source, each receiver |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n\n`make bench ARGS=transfer_wan`\n"
    )


def _is_wanted(variable: str, name: str) -> bool:
    default = "MiB;forepost;ms"
    return any(word in name for word in os.environ.get(variable, default).split(";"))


def _measured(
    tool: Callable[[list[BenchSite]], Figures],
    make: Callable[[BenchSite], None],
    line: Line,
    count: int,
) -> Figures:
    with sites(line, count=count) as places:
        make(places[0])
        size = sum(file.stat().st_size for file in places[0].root.rglob("*") if file.is_file())
        subprocess.run(["sync"], check=True)
        figures = tool(places) | {"size": float(size)}
        assert all(is_same(places[0].root, site.root) for site in places[1:])
        return figures


def _row(line: str, load: str, name: str, one: Figures, three: Figures) -> str:
    share = one["size"] / LINE_BYTES / one["sec"] * 100
    sent = f"{three['sent'] / three['size']:.2f}" if "sent" in three else ""
    cpu = f"{three['cpu_source']:.1f}, {three['cpu_each']:.1f}" if "cpu_each" in three else ""
    cells = [line, load, name, f"{one['sec']:.1f}", f"{share:.0f}", f"{three['sec']:.1f}"]
    cells += [f"{three['sec'] / one['sec']:.2f}", sent, cpu]
    return f"| {' | '.join(cells)} |"
