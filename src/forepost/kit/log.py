"""One line per event on standard error; `FOREPOST_LOG` names the level (INFO)."""

import logging
import os
import sys
from collections.abc import Mapping


def start(env: Mapping[str, str] = os.environ) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=env.get("FOREPOST_LOG", "INFO").upper(),
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
    )
    for chatty in ("websockets", "alembic", "aiosqlite", "asyncio", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
