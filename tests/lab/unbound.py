"""A real DNS server of a test's own on loopback (UDP, TCP, TLS, HTTPS), with a zone and nothing else.

Debian: `apt-get install unbound`. It asks nobody: what is not in its zone is refused.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.free_ports import free_port
from tests.running import until

CONFIG = """
server:
  directory: "{folder}"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  interface: 127.0.0.1@{port}
  interface: ::1@{port}
  interface: 127.0.0.1@{tls_port}
  tls-port: {tls_port}
  https-port: {https_port}
  interface: 127.0.0.1@{https_port}
  {tls}
  module-config: "{modules}"
  access-control: 127.0.0.0/8 allow
  access-control: ::1/128 allow
  local-zone: "." refuse
  local-zone: "example." static
  local-data: "host.example. 300 IN A 198.18.0.7"
  local-data: "host.example. 300 IN A 198.18.0.8"
  local-data: "host.example. 300 IN AAAA 2001:db8::7"
  local-data: "host.example. 60 IN MX 10 mail.example."
  local-data: 'host.example. 60 IN TXT "v=one two" "three"'
  local-data: 'odd.example. 60 IN TXT "[/] \\027[2J"'
  local-data: "alias.example. 60 IN CNAME host.example."
  local-data-ptr: "198.18.0.7 host.example"
{big}
{more}
"""
"""`modules` and `more`: of one that looks into another server's zone, and checks it."""
VALIDATING = """
  do-not-query-localhost: no
  local-zone: "signed.example." transparent
  trust-anchor: "{anchor}"
stub-zone:
  name: "signed.example"
  stub-addr: 127.0.0.1@{port}
"""
BIG = "\n".join(
    f"  local-data: 'big.example. 60 IN TXT \"{number:03} {'x' * 200}\"'" for number in range(30)
)


class Unbound:
    def __init__(self, port: int, tls_port: int, https_port: int) -> None:
        self.port, self.tls_port, self.https_port = port, tls_port, https_port


@contextmanager
def running(
    folder: Path, certificate: Path | None = None, *, signed: tuple[int, str] | None = None
) -> Iterator[Unbound]:
    """`certificate`: chain and key in one file, for TLS and HTTPS. `signed`: on which port a server has
    signed.example, and the key that it is to be checked by.
    """
    program = shutil.which("unbound")
    assert program, "unbound is not installed"
    server = Unbound(free_port(), free_port(), free_port())
    tls = f'tls-service-key: "{certificate}"\n  tls-service-pem: "{certificate}"'
    config = folder / "unbound.conf"
    config.write_text(
        CONFIG.format(
            folder=folder,
            port=server.port,
            tls_port=server.tls_port,
            https_port=server.https_port,
            tls=tls if certificate else "",
            big=BIG,
            modules="validator iterator" if signed else "iterator",
            more=VALIDATING.format(port=signed[0], anchor=signed[1]) if signed else "",
        )
    )
    log = folder / "unbound.log"
    with log.open("wb") as out:
        child = subprocess.Popen([program, "-d", "-c", config], stdout=out, stderr=out)
    try:
        until(lambda: _listens(server.port), 10, log.read_text)
        yield server
    finally:
        child.terminate()
        child.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
