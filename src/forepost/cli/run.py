"""`forepost controller` and `forepost agent`."""

import os
import sys
from pathlib import Path


def controller(*, config: Path | None = None) -> None:
    """Run the controller until it is told to stop.

    Parameters
    ----------
    config
        controller.toml; every key also as FOREPOST_SECTION__KEY in the environment.

    """
    _become("forepost.controller", config)


def agent(*, config: Path | None = None) -> None:
    """Run the agent until it is told to stop.

    Parameters
    ----------
    config
        agent.toml; every key also as FOREPOST_SECTION__KEY in the environment.

    """
    _become("forepost.agent", config)


def _become(module: str, config: Path | None) -> None:
    """Go on as this module, without the command line: it would cost the agent 10 MiB."""
    arguments = [] if config is None else [str(config)]
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606 - ourselves
