"""A real PostgreSQL for tests: a server of their own in a folder of their own, on loopback."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.free_ports import free_port
from tests.lab.small_disk import mounted
from tests.metadata import migrate
from tests.running import READY_SEC, until

OLDEST = 15
DISK_MB = 4_096
"""Only what is used of it is taken from memory: 11 MB for each database."""
_numbers = count(1)


def programs() -> Path:
    """The folder of the newest server that is installed. Debian: `apt-get install postgresql`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    assert found, "PostgreSQL is not installed"
    assert int(found[-1].parent.name) >= OLDEST, f"PostgreSQL {OLDEST} or later is needed"
    return found[-1]


class Postgres:
    def __init__(self, port: int, binaries: Path) -> None:
        self.port, self._binaries = port, binaries
        self._template = ""

    def database(self, *, empty: bool = False) -> str:
        """A new database of the newest schema, or an empty one; its URL for SQLAlchemy."""
        if not empty and not self._template:
            self._template = f"forepost_{next(_numbers)}"
            self.sql(f"CREATE DATABASE {self._template}")
            migrate(self._url(self._template))
        name = f"forepost_{next(_numbers)}"
        copied = "" if empty else f" TEMPLATE {self._template} STRATEGY FILE_COPY"
        self.sql(f"CREATE DATABASE {name}{copied}")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Make room; whoever is connected is cut off."""
        self.sql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str) -> str:
        return subprocess.run(
            [
                self._binaries / "psql",
                "-h127.0.0.1",
                f"-p{self.port}",
                "-Upostgres",
                "-XAtqc",
                statement,
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()


@contextmanager
def running() -> Iterator[Postgres]:
    """A server without fsync, ended and removed at the end.

    It works in memory: each database is some 500 files, and to copy them on a disk takes 0.2 s.
    """
    binaries = programs()
    # The server refuses root; its user must be able to reach the folder.
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    with (
        TemporaryDirectory(prefix="forepost-postgres-") as outside,
        mounted(Path(outside, "disk"), DISK_MB) as folder,
    ):
        Path(outside).chmod(0o711)
        shutil.chown(folder, "postgres", "postgres")
        data = folder / "data"
        subprocess.run(
            [*as_postgres, binaries / "initdb", "-D", data, "-Upostgres", "-Atrust", "-EUTF8"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        port = free_port()
        options = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_wal_size": "128MB",
            "max_connections": 60,
            "shared_buffers": "32MB",
        }
        settings = [f"-c{name}={value}" for name, value in options.items()]
        with (folder / "log").open("wb") as log:
            child = subprocess.Popen(
                [*as_postgres, binaries / "postgres", "-D", data, *settings],
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        server = Postgres(port, binaries)
        try:
            ready = [str(binaries / "pg_isready"), "-qh127.0.0.1", f"-p{port}"]
            until(lambda: subprocess.run(ready, check=False).returncode == 0, READY_SEC)
            yield server
        finally:
            child.send_signal(signal.SIGINT)  # at once; SIGTERM waits until everybody has gone
            child.wait(45)
