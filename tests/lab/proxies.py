"""Real proxies: Squid, and microsocks. Debian: `apt-get install squid microsocks`."""

import hashlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.free_ports import free_port
from tests.running import until

USER, PASSWORD = "edge", "pr0xy-s3cr3t"
SQUID = """
http_port {host}:{port}
pid_filename none
cache deny all
cache_log {folder}/cache.log
access_log stdio:{folder}/access.log
coredump_dir {folder}
visible_hostname lab
cache_effective_user proxy
shutdown_lifetime 0 seconds
hosts_file {hosts}
{auth}
acl refused dstdomain refused.example
http_access deny refused
acl opened method CONNECT
http_access allow {allowed} opened
http_access deny all
"""
AUTH = """
auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/users
auth_param basic realm lab
acl known proxy_auth REQUIRED
"""


class Standing:
    """`login`: what goes before the host in its URL."""

    def __init__(self, folder: Path, port: int, login: str, host: str) -> None:
        self.folder, self.port, self.login, self.host = folder, port, login, host

    @property
    def log(self) -> str:
        path = self.folder / "access.log"
        return path.read_text() if path.exists() else ""

    def url(self, scheme: str = "http", login: str | None = None) -> str:
        return f"{scheme}://{self.login if login is None else login}{self.host}:{self.port}"


@contextmanager
def squid(
    *,
    knows: bool = False,
    hosts: str = "",
    host: str = "127.0.0.1",
    prefix: tuple[str, ...] = (),
) -> Iterator[Standing]:
    """`knows`: it wants a name and a password. `hosts`: what names it knows, as in /etc/hosts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.chown(folder, "proxy")  # it refuses to be root, and pytest's folders are root's
        folder.chmod(0o755)
        yield from _squid(folder, knows, hosts, host, prefix)


def _squid(
    folder: Path, knows: bool, hosts: str, host: str, prefix: tuple[str, ...]
) -> Iterator[Standing]:
    standing = Standing(folder, free_port(), f"{USER}:{PASSWORD}@" * knows, host)
    # What `htpasswd -s` writes; basic_ncsa_auth reads it.
    (folder / "users").write_text(f"{USER}:{_md5_crypt(PASSWORD)}\n")
    (folder / "hosts").write_text(hosts)
    (folder / "squid.conf").write_text(
        SQUID.format(
            folder=folder,
            host=host,
            port=standing.port,
            hosts=folder / "hosts",
            auth=AUTH.format(folder=folder) if knows else "",
            allowed="known" if knows else "",
        )
    )
    command = [*prefix, "squid", "-N", "-n", f"fp{standing.port}", "-f", str(folder / "squid.conf")]
    with _running(command, standing, prefix):
        yield standing


@contextmanager
def microsocks(
    *, knows: bool = False, host: str = "127.0.0.1", prefix: tuple[str, ...] = ()
) -> Iterator[Standing]:
    with tempfile.TemporaryDirectory() as name:
        yield from _microsocks(Path(name), knows, host, prefix)


def _microsocks(
    folder: Path, knows: bool, host: str, prefix: tuple[str, ...]
) -> Iterator[Standing]:
    standing = Standing(folder, free_port(), f"{USER}:{PASSWORD}@" * knows, host)
    login = ["-u", USER, "-P", PASSWORD] if knows else []
    command = [*prefix, "microsocks", "-i", host, "-p", str(standing.port), *login]
    with _running(command, standing, prefix):
        yield standing


@contextmanager
def _running(command: list[str], standing: Standing, prefix: tuple[str, ...]) -> Iterator[None]:
    assert shutil.which(command[len(prefix)]), f"{command[len(prefix)]} is not installed"

    def said() -> str:
        return "".join(one.read_text() for one in standing.folder.glob("*.log"))

    with (standing.folder / "output.log").open("wb") as out:
        child = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        until(lambda: child.poll() is not None or _listens(standing, prefix), 40, said)
        assert child.poll() is None, said()
        yield
    finally:
        child.terminate()
        child.wait(15)


def _listens(standing: Standing, prefix: tuple[str, ...]) -> bool:
    if prefix:  # in a network of its own
        found = subprocess.run(
            [*prefix, "ss", "-Hltn", f"sport = :{standing.port}"], capture_output=True, check=False
        )
        return bool(found.stdout)
    with socket.socket() as tried:
        return tried.connect_ex((standing.host, standing.port)) == 0


def _md5_crypt(password: str) -> str:
    done = subprocess.run(
        ["openssl", "passwd", "-apr1", "-salt", hashlib.sha256(b"lab").hexdigest()[:8], password],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
