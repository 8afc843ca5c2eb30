"""What stands where a controller should: web servers, silence, a controller of another make."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import trustme
from websockets.sync.server import ServerConnection, serve

from tests.free_ports import free_port
from tests.running import until

ONLY_SAYS = """
import socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
kept = []
while True:
    kept.append(listening.accept()[0])
    kept[-1].sendall(bytes.fromhex(sys.argv[1]))
"""


@contextmanager
def serving(answer: bytes) -> Iterator[int]:
    """Whoever connects gets this at once, and nothing else."""
    command = [sys.executable, "-c", ONLY_SAYS, answer.hex()]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield int(child.stdout.readline())
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@contextmanager
def other_make(heard: list[str]) -> Iterator[int]:
    def handle(line: ServerConnection) -> None:
        heard.extend(str(one) for one in line)

    with serve(handle, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.socket.getsockname()[1]
        finally:
            server.shutdown()
            thread.join()


def opens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Nginx:
    """Servers that are no controller, one for each port."""

    def __init__(self, folder: Path, controller_port: int) -> None:
        folder.chmod(0o755)
        self._folder = folder
        (folder / "index.html").write_text("<h1>It works!</h1>")
        self.ca = trustme.CA()
        now = datetime.now(UTC)
        certificates = {
            "good": self.ca.issue_cert("127.0.0.1"),
            "other": self.ca.issue_cert("other.example", "more.example"),
            "early": self.ca.issue_cert("127.0.0.1", not_before=now + timedelta(days=365)),
            "late": self.ca.issue_cert(
                "127.0.0.1",
                not_before=now - timedelta(days=9),
                not_after=now - timedelta(days=2),
            ),
        }
        for name, made in certificates.items():
            made.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.pem"))
        self.ca_file = folder / "ca.pem"
        self.ca.cert_pem.write_to_path(str(self.ca_file))
        passes = f"proxy_pass http://127.0.0.1:{controller_port}"
        upgrades = (
            "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
            " proxy_set_header Connection upgrade;"
        )
        parts = {
            "page": f"location / {{ root {folder}; try_files $uri /index.html; }}",
            "nothing": "location / { return 404; }",
            "moved": "location / { return 301 https://elsewhere.example$request_uri; }",
            "behind": f"location / {{ proxy_pass http://127.0.0.1:{free_port()}; }}",
            "login": "location / { return 401; }",
            "no upgrade": f"location / {{ {passes}; }}",
            "through": f"location / {{ {passes}; {upgrades} }}",
            **dict.fromkeys(certificates, f"location / {{ {passes}; {upgrades} }}"),
        }
        self.ports = {name: free_port() for name in parts}
        tls = {
            name: f"ssl; ssl_certificate {file}; ssl_certificate_key {file}"
            for name in certificates
            for file in (folder / f"{name}.pem",)
        }
        servers = [
            f"server {{ listen 127.0.0.1:{self.ports[name]} {tls.get(name, '')}; {part} }}"
            for name, part in parts.items()
        ]
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self._config = folder / "nginx.conf"
        self._config.write_text(
            f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;"
            f"events {{}} http {{ access_log off; default_type text/html; {temporary}"
            + "\n".join(servers)
            + "}"
        )

    @contextmanager
    def running(self) -> Iterator["Nginx"]:
        child = subprocess.Popen(
            ["nginx", "-c", str(self._config), "-p", str(self._folder)], stderr=subprocess.DEVNULL
        )
        try:
            until(lambda: all(opens(port) for port in self.ports.values()), 15)
            yield self
        finally:
            child.terminate()
            child.wait(10)

    def url(self, name: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.ports[name]}"
