"""Runs the named benchmarks (all of them without a name) and prints their sections."""

import importlib
import sys

NAMES = (
    "ping",
    "mtr",
    "ingest",
    "series",
    "memory",
    "alerts",
    "alert_storm",
    "topology",
    "panel",
    "trafficsim",
    "speedtest",
    "scale",
    "flows",
    "groups",
    "flow_history",
    "ring",
    "backlog",
    "local_api",
    "transfer",
    "transfer_wan",
    "transfer_change",
    "transfer_idle",
    "transfer_spread",
)


def main(names: list[str]) -> int:
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.stderr.write(f"no benchmark named {', '.join(sorted(unknown))}; there are {NAMES}\n")
        return 2
    for name in names or NAMES:
        print(importlib.import_module(f"bench.{name}").main(), flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
