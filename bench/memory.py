"""What an idle agent weighs."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

SECONDS = 20.0
RUNS = 3


def once() -> tuple[float, float]:
    """Resident MiB and % of one core of an agent that runs alone."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "agent.toml"
        config.write_text(f'[node]\nstate_dir = "{folder}/state"\n')
        process = subprocess.Popen([sys.executable, "-m", "forepost.agent", str(config)])
        try:
            time.sleep(3)
            watched = psutil.Process(process.pid)
            before = watched.cpu_times()
            time.sleep(SECONDS)
            after = watched.cpu_times()
            used = after.user + after.system - before.user - before.system
            return watched.memory_info().rss / 2**20, 100 * used / SECONDS
        finally:
            process.terminate()
            process.wait(10)


def main() -> str:
    runs = [once() for _ in range(RUNS)]
    resident, core = (statistics.median(column) for column in zip(*runs, strict=True))
    return "\n".join(
        [
            "## Idle agent",
            "",
            "`make bench ARGS=memory`",
            "",
            f"No probes, no controller; median of {RUNS} runs of {SECONDS:.0f} s.",
            "",
            "| resident MiB | CPU, % of one core |",
            "|---|---|",
            f"| {resident:.1f} | {core:.2f} |",
            "",
        ]
    )
