"""`python -m forepost.controller [CONFIG]`: what `forepost controller` starts."""

import logging
import sys
from functools import partial
from pathlib import Path

import anyio

from forepost.controller import settings as controller_settings
from forepost.controller.main import serve
from forepost.kit import log, parent
from forepost.kit.settings import WrongSettings


def main(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM. Exit status 2: the settings are wrong."""
    log.start()
    parent.follow()
    try:
        settings = controller_settings.read(Path(arguments[0]) if arguments else None)
    except WrongSettings as error:
        sys.stderr.write(f"forepost controller: {error}\n")
        return 2
    listen = settings.http.listen
    started = partial(logging.getLogger("forepost").info, "listening on http://%s", listen)
    anyio.run(serve, settings, started, backend_options={"use_uvloop": True})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
