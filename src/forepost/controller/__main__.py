"""`python -m forepost.controller [CONFIG]`: what `forepost controller` starts."""

import gc
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio

from forepost.kit.listeners import listed
from forepost.kit.program import run_program

ADOPT = "--adopt-series"
UVLOOP = {"use_uvloop": True}
YOUNG = 50_000
"""Objects before the collector looks: what a start makes stays, and thousands of results come and
go by reference counts.
"""


def _started(listen: Sequence[str]) -> None:
    gc.freeze()
    for one in listen:
        logging.getLogger("forepost").info("listening on http://%s", one)


def main(arguments: list[str]) -> int:
    """Run until SIGINT or SIGTERM. Exit statuses: kit/program.py."""
    gc.set_threshold(YOUNG, 20, 50)

    def run() -> int:
        # Under that threshold these take a tenth less.
        from forepost.controller import settings as controller_settings  # noqa: PLC0415
        from forepost.controller.server import serve  # noqa: PLC0415

        paths = [Path(one) for one in arguments if one != ADOPT]
        settings = controller_settings.read(paths[0] if paths else None)
        started = partial(_started, listed(settings.http.listen, "http.listen"))
        adopt = ADOPT in arguments
        anyio.run(partial(serve, settings, started, adopt=adopt), backend_options=UVLOOP)
        return 0

    return run_program("controller", run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
