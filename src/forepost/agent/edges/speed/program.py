"""`python -m forepost.agent.edges.speed.program`: one speed test, told on standard output.

The plan comes as one line of JSON on standard input. Each line that goes out is a Progress; the
last one is what was Measured.
"""

import os
import sys
from typing import Final

import msgspec

from forepost.agent.edges.speed.phases import run
from forepost.agent.edges.speed.process import Measured, Progress, SpeedPlan
from forepost.kit import parent
from forepost.kit.clock import SystemClock
from forepost.kit.confinement import STREAMS, confine

SWITCH_SEC: Final = 0.000_5
"""How long a stream may keep the interpreter while an echo waits for it."""

NICER: Final = 10
"""Where a line is faster than this host, whoever measures beside us goes before us."""


def main() -> int:
    parent.follow()
    sys.setswitchinterval(SWITCH_SEC)
    os.nice(NICER)
    confine(STREAMS)
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=SpeedPlan)
    try:
        _say(run(plan, SystemClock(), _say))
    except Exception as error:  # noqa: BLE001 - whoever waits for us has no other way to know
        _say(Measured(error=f"{type(error).__name__}: {error}"))
    return 0


def _say(what: Progress | Measured) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
