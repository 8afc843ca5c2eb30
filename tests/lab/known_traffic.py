"""Real programs that talk over a cable: curl, dig, unbound, aioquic, OpenSSH, udhcpc; and tcpdump.

Debian: bind9-dnsutils, curl, ethtool, openssh-client, openssh-server, tcpdump, udhcpc, unbound.
"""

import asyncio
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from aioquic.asyncio.client import connect
from aioquic.asyncio.server import serve
from aioquic.quic.configuration import QuicConfiguration

from tests.lab import dhcp
from tests.lab.certificates import Authority
from tests.lab.net import Namespace
from tests.running import until

FAR, FAR6 = "198.18.0.2", "2001:db8::2"
NAME: Final = "www.example.com"
UNBOUND: Final = """
server:
  directory: "{folder}"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  interface: 198.18.0.2@53
  module-config: "iterator"
  access-control: 198.18.0.0/15 allow
  local-zone: "." refuse
  local-data: "host.example. 300 IN A 198.18.0.7"
"""


@contextmanager
def tcpdump(place: Namespace, path: Path) -> Iterator[None]:
    said = path.with_suffix(".said")
    with said.open("wb") as out:
        child = subprocess.Popen(
            [*["ip", "netns", "exec"], place.name, "tcpdump", "-i", "cable", "-w", str(path),
             "-U", "-s", "0", "-Z", "root", "--immediate-mode"],
            stderr=out,
        )  # fmt: skip
    try:
        until(lambda: "listening on" in said.read_text(), 5, said.read_text)
        yield
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(5)
    assert "0 packets dropped by kernel" in said.read_text(), said.read_text()


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = bytes(20_000)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Six(ThreadingHTTPServer):
    address_family = socket.AF_INET6


def services(stack: ExitStack, far: Namespace, folder: Path) -> None:
    """Web servers with and without TLS, a resolver, sshd and a DHCP server at the far end."""
    context = Authority(folder).server(NAME)
    with far.inside():
        plain = ThreadingHTTPServer((FAR, 80), Page)
        sealed = ThreadingHTTPServer((FAR, 443), Page)
        six = Six((FAR6, 443), Page)
    for server in (sealed, six):
        server.socket = context.wrap_socket(server.socket, server_side=True)
    for server in (plain, sealed, six):
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
    config = folder / "unbound.conf"
    config.write_text(UNBOUND.format(folder=folder))
    key = folder / "host_key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)
    for number, command in enumerate(
        (
            ["unbound", "-d", "-c", str(config)],
            ["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", str(key),
             "-o", f"ListenAddress={FAR}", "-o", "PidFile=none"],
        )
    ):  # fmt: skip
        log = (folder / f"service-{number}.log").open("wb")
        stack.callback(log.close)
        child = subprocess.Popen(
            ["ip", "netns", "exec", far.name, *command], stdout=log, stderr=log
        )
        stack.callback(child.wait, 10)
        stack.callback(child.terminate)
    stack.enter_context(dhcp.serving(far, "cable", FAR, "198.18.0.77"))
    for port in (22, 53):
        until(lambda port=port: listens(far, port), 10)


def listens(far: Namespace, port: int) -> bool:
    """Asked at the far end itself: nothing of it is on the cable."""
    with far.inside(), socket.socket() as tried:
        return tried.connect_ex((FAR, port)) == 0


def traffic(near: Namespace, far: Namespace, folder: Path) -> None:
    curl = ("curl", "-sk", "-o", "/dev/null", "--max-time", "5", "--no-alpn")
    here = f"{NAME}:443:{FAR}"
    near.run(*curl, "--tlsv1.3", "--local-port", "41300", "--resolve", here, f"https://{NAME}/")
    near.run(
        *curl, "--tls-max", "1.2", "--local-port", "41200", "--resolve",
        f"{NAME}:443:[{FAR6}]", f"https://{NAME}/",
    )  # fmt: skip
    near.run(*curl, "-A", "lab/1", "--resolve", f"{NAME}:80:{FAR}", f"http://{NAME}/some?page")
    answer = near.run("dig", f"@{FAR}", "host.example.", "A", "+time=5", "+tries=1", "+short")
    assert answer.strip()
    asyncio.run(quic(near, far, folder))
    secure_shell = subprocess.run(
        ["ip", "netns", "exec", near.name, "ssh", "-F", "/dev/null", "-o", "BatchMode=yes",
         "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
         "-o", "ConnectTimeout=5", f"nobody@{FAR}", "true"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Permission denied" in secure_shell.stderr, secure_shell.stderr
    near.run(
        *[
            "udhcpc",
            "-i",
            "cable",
            "-f",
            "-q",
            "-n",
            "-t",
            "3",
            "-T",
            "1",
            "-x",
            "hostname:lab-client",
            "-s",
            "/bin/true",
        ],
    )


async def quic(near: Namespace, far: Namespace, folder: Path) -> None:
    leaf = Authority(folder).ca.issue_cert(NAME)
    chain, key = folder / "quic.pem", folder / "quic.key"
    chain.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    own = QuicConfiguration(is_client=False, alpn_protocols=["h3"])
    own.load_cert_chain(chain, key)
    with far.inside():
        server = await serve(FAR, 4_433, configuration=own)
    asking = QuicConfiguration(
        is_client=True, alpn_protocols=["h3"], server_name=NAME, verify_mode=ssl.CERT_NONE
    )
    with near.inside():
        made = connect(FAR, 4_433, configuration=asking)
        async with made as client:
            await client.ping()
    server.close()
