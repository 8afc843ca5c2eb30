"""Real servers of a test's own on loopback: sshd, mosquitto, redis, chronyd."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.free_ports import free_port

UNPACKED = "/usr/local/lib/forepost-tests/usr/sbin"
"""tools/system_packages.sh puts there what must not be installed."""


def _program(name: str) -> str:
    found = shutil.which(name, path=f"/usr/sbin:/usr/bin:{UNPACKED}")
    assert found, f"{name} is not installed"
    return found


@contextmanager
def _running(command: list[str], port: int, kind: int = socket.SOCK_STREAM) -> Iterator[int]:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 15
        while not _is_there(port, kind):
            assert child.poll() is None, f"{command[0]} has ended with {child.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} does not listen"
            time.sleep(0.02)
        yield port
    finally:
        child.terminate()
        child.wait(10)


def _is_there(port: int, kind: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(("127.0.0.1", port))
            if kind == socket.SOCK_DGRAM:
                probe.send(b"\x23" + bytes(47))
                return bool(probe.recv(512))
        except OSError:
            return False
        return True


@contextmanager
def sshd(folder: Path) -> Iterator[int]:
    port, key = free_port(), folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    command = [_program("sshd"), "-D", "-f", "/dev/null", "-h", str(key), "-p", str(port)]
    with _running([*command, "-o", "ListenAddress=127.0.0.1", "-o", "PidFile=none"], port) as found:
        yield found


@contextmanager
def mosquitto(folder: Path, more: str = "allow_anonymous true") -> Iterator[int]:
    port, settings = free_port(), folder / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nuser root\n{more}\n")
    with _running([_program("mosquitto"), "-c", str(settings)], port) as found:
        yield found


@contextmanager
def redis(folder: Path, *more: str) -> Iterator[int]:
    port = free_port()
    command = [_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    kept_nowhere = ["--save", "", "--dir", str(folder)]
    with _running([*command, *kept_nowhere, *more], port) as found:
        yield found


@contextmanager
def chronyd(folder: Path, *, stratum: int = 8, more: str = "") -> Iterator[int]:
    """A time server that leaves the host's clock alone (-x)."""
    port, settings = free_port(), folder / "chrony.conf"
    settings.write_text(
        f"port {port}\nbindaddress 127.0.0.1\nallow 127.0.0.0/8\ncmdport 0\n"
        f"bindcmdaddress /\npidfile {folder}/pid\nlocal stratum {stratum}\n{more}\n"
    )
    command = [_program("chronyd"), "-x", "-d", "-u", "root", "-f", str(settings)]
    with _running(command, port, socket.SOCK_DGRAM) as found:
        yield found


@contextmanager
def nginx(folder: Path, certificate: Path, *, locations: str) -> Iterator[int]:
    """HTTP/2 and HTTP/1.1 inside TLS."""
    folder.chmod(0o755)
    port, settings = free_port(), folder / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;"
        f"events {{}} http {{ access_log off; {temporary} server {{"
        f" listen 127.0.0.1:{port} ssl http2;"
        f" ssl_certificate {certificate}; ssl_certificate_key {certificate};"
        f" {locations} }} }}"
    )
    with _running([_program("nginx"), "-c", str(settings)], port) as found:
        yield found
