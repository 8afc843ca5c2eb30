"""`python -m forepost.controller [CONFIG]`: what `forepost controller` starts."""

import gc
import logging
import sys
from functools import partial
from pathlib import Path

import anyio

from forepost.controller import settings as controller_settings
from forepost.controller.archive import Unusable
from forepost.controller.server import serve
from forepost.controller.store_identity import STATUS, NotOneStore
from forepost.kit import log, parent
from forepost.kit.folder_lock import TAKEN, Taken
from forepost.kit.settings import WrongSettings

ADOPT = "--adopt-series"
YOUNG = 50_000
"""Objects before the collector looks: thousands of results come and go by reference counts."""


def _started(listen: str) -> None:
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 50)
    logging.getLogger("forepost").info("listening on http://%s", listen)


def main(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM. Exit status 2: the settings are wrong, 4: another process
    has the folder, 5: metadata and series do not belong together.
    """
    log.start()
    parent.follow()
    adopt = ADOPT in arguments
    paths = [Path(one) for one in arguments if one != ADOPT]
    try:
        settings = controller_settings.read(paths[0] if paths else None)
        started = partial(_started, settings.http.listen)
        anyio.run(serve, settings, started, adopt, backend_options={"use_uvloop": True})
    except WrongSettings as error:
        sys.stderr.write(f"forepost controller: {error}\n")
        return 2
    except NotOneStore as error:
        sys.stderr.write(f"forepost controller: {error}\n")
        return STATUS
    except Unusable as error:
        sys.stderr.write(f"forepost controller: {error}\n")
        return STATUS
    except Taken as error:
        sys.stderr.write(f"forepost controller: {error}\n")
        return TAKEN
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
