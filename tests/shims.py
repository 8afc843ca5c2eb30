"""Shims of microservices that are processes: they outlive their agent, and must not a test."""

from pathlib import Path

import psutil

from forepost.agent.edges.containers import process_shim


def shims(folder: Path) -> list[int]:
    """Those of the agents whose state is in `folder`."""
    found = []
    for one in psutil.process_iter(["cmdline"]):
        words = one.info["cmdline"] or []
        if process_shim.__file__ in words and any(str(folder) in word for word in words):
            found.append(one.pid)
    return sorted(found)


def end_shims(folder: Path) -> None:
    """End them, and what they run."""
    ended = [psutil.Process(pid) for pid in shims(folder)]
    for one in ended:
        one.terminate()
    _, left = psutil.wait_procs(ended, 30)
    assert left == []
