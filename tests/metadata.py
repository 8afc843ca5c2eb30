"""Metadata databases of the newest schema, copied from one that was migrated: from nothing, a
migration takes a third of a second, and hundreds of tests want its end alone. The way there has
its own tests (tests/controller/db).
"""

import fcntl
import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from forepost.controller.db import engine

NAME = "meta.sqlite"
KEPT = Path(__file__).parents[1] / ".pytest_cache" / "d" / "metadata"
"""Where pytest keeps what its next run may use, until `--cache-clear`."""


def sqlite_url(folder: Path) -> str:
    """Where the metadata of a new database of the newest schema are, in `folder`."""
    path = folder / NAME
    lay(path)
    return f"sqlite+aiosqlite:///{path}"


def lay(path: Path) -> None:
    """Put a migrated database, of nobody yet, at `path`, where nothing is."""
    assert not path.exists(), path
    shutil.copyfile(_template(), path)


def migrate(url: str) -> None:
    """As a start of the controller does; also for callers that have a loop of their own."""

    async def run() -> None:
        database = engine.Database.at(url)
        await database.migrate()
        await database.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, run).result()


@cache
def _template() -> Path:
    """Made once for each state of the schema; whoever else wants it meanwhile waits."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{_state()}.sqlite"
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            with TemporaryDirectory(dir=KEPT) as folder:
                made = Path(folder, NAME)
                migrate(f"sqlite+aiosqlite:///{made}")
                made.replace(path)
    return path


def _state() -> str:
    """Of all that the schema is made by."""
    digest = hashlib.sha256()
    folder = Path(engine.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    for package in ("alembic", "sqlalchemy"):
        digest.update(version(package).encode())
    return digest.hexdigest()[:16]
