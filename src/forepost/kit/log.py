"""One line per event on standard error; `FOREPOST_LOG` names the level (INFO)."""

import logging
import os
import sys
from collections.abc import Mapping

from forepost.kit.settings import WrongSettings

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def start(env: Mapping[str, str] = os.environ) -> None:
    """Raises WrongSettings."""
    level = env.get("FOREPOST_LOG", "INFO").upper()
    if level not in LEVELS:
        raise WrongSettings(f"FOREPOST_LOG: {level!r} is none of {', '.join(LEVELS)}")
    logging.basicConfig(
        stream=sys.stderr,
        level=level,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    for chatty in ("websockets", "alembic", "aiosqlite", "asyncio", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
