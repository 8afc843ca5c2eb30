"""`python -m forepost.agent [CONFIG]`: what `forepost agent` becomes, without the command line."""

import os
import sys
from pathlib import Path

import anyio

from forepost.agent import settings as agent_settings
from forepost.agent.main import run
from forepost.kit import log, parent
from forepost.kit.folder_lock import TAKEN, Taken
from forepost.kit.garbage import collect_rarely
from forepost.kit.settings import WrongSettings


def main(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM. Exit status 2: the settings are wrong, 4: another process
    has the folder.
    """
    log.start()
    collect_rarely()
    parent.follow()
    try:
        settings = agent_settings.read(Path(arguments[0]) if arguments else None)
        again = anyio.run(run, settings)
    except WrongSettings as error:
        sys.stderr.write(f"forepost agent: {error}\n")
        return 2
    except Taken as error:
        sys.stderr.write(f"forepost agent: {error}\n")
        return TAKEN
    if again:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
