"""`forepost controller` and `forepost agent`."""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def controller(
    *,
    config: Path | None = None,
    adopt_series: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Run the controller until it is told to stop.

    Exit status: 0 stopped, 2 wrong settings, 3 it cannot start, 4 another process has the data
    folder, 70 the watchdog ended it, 75 something elsewhere is not there now.

    Parameters
    ----------
    config
        controller.toml; every key also as FOREPOST_SECTION__KEY in the environment.
    adopt_series
        Metadata and series that do not know each other are one store from now on.

    """
    _become("forepost.controller", config, *(["--adopt-series"] if adopt_series else []))


def agent(*, config: Path | None = None) -> None:
    """Run the agent until it is told to stop.

    Exit status: 0 stopped, 2 wrong settings, 3 it cannot start, 4 another process has the state
    folder, 70 the watchdog ended it.

    Parameters
    ----------
    config
        agent.toml; every key also as FOREPOST_SECTION__KEY in the environment.

    """
    _become("forepost.agent", config)


def _become(module: str, config: Path | None, *more: str) -> None:
    """Go on as this module, without the command line: it would cost the agent 10 MiB."""
    arguments = [*more] if config is None else [str(config), *more]
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - ourselves
