"""`python -m forepost.agent [CONFIG]`: what `forepost agent` becomes, without the command line."""

import os
import sys
from pathlib import Path

import anyio

from forepost.agent import settings as agent_settings
from forepost.agent.main import run
from forepost.kit.garbage import collect_rarely
from forepost.kit.program import run_program


def main(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM. Exit statuses: kit/program.py."""

    def until_stopped() -> int:
        collect_rarely()
        settings = agent_settings.read(Path(arguments[0]) if arguments else None)
        if anyio.run(run, settings):
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
        return 0

    return run_program("agent", until_stopped)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
