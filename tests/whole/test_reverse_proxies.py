"""The configurations of docs/reverse-proxy.md, as they stand there, before a controller.

Only what the page says is to be put in is put in: the name, the port, the certificate, the
controller's address.
"""

import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import trustme
from websockets.sync.client import connect

from forepost.kit.pins import pin_of
from tests.cli.test_join import made
from tests.free_ports import free_port
from tests.promises.test_docs import ROOT
from tests.running import ADMIN, AgentProcess, ControllerProcess, NewAgent, forepost, until

PAGE = (ROOT / "docs/reverse-proxy.md").read_text()
CLIENT = "127.0.0.2"
"""Whom the proxy sees; the controller sees the proxy, at 127.0.0.1."""


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


class Place:
    """Where one proxy stands, with its certificate."""

    def __init__(self, folder: Path, controller: ControllerProcess) -> None:
        self.folder, self.port, self._controller = folder, free_port(), controller
        self.ca = trustme.CA()
        issued = self.ca.issue_cert("localhost")
        self.cert, self.key = folder / "forepost.pem", folder / "forepost.key"
        self.both = folder / "both.pem"
        self.cert.write_bytes(issued.cert_chain_pems[0].bytes())
        self.key.write_bytes(issued.private_key_pem.bytes())
        self.both.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
        self.pin = pin_of(ssl.PEM_cert_to_DER_cert(self.cert.read_text()))
        self.tls = ssl.create_default_context()
        self.ca.configure_trust(self.tls)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def filled(self, language: str) -> str:
        text = block(language)
        for named, here in (
            ("/etc/haproxy/forepost.pem", str(self.both)),
            ("/etc/ssl/forepost.pem", str(self.cert)),
            ("/etc/ssl/forepost.key", str(self.key)),
            ("forepost.example.com", "localhost"),
            ("127.0.0.1:8080", f"127.0.0.1:{self._controller.port}"),
            ("listen 443", f"listen {self.port}"),
            (":443", f":{self.port}"),
        ):
            text = text.replace(named, here)
        return text


def nginx(place: Place) -> list[str]:
    around = f"""
daemon off; master_process off; pid {place.folder}/pid; error_log {place.folder}/log;
events {{}}
http {{
    access_log {place.folder}/access.log;
    client_body_temp_path {place.folder}/body; proxy_temp_path {place.folder}/proxy;
    fastcgi_temp_path {place.folder}/f; uwsgi_temp_path {place.folder}/u;
    scgi_temp_path {place.folder}/s;
    {place.filled("nginx")}
}}"""
    config = place.folder / "nginx.conf"
    config.write_text(around)
    return ["nginx", "-c", str(config), "-p", str(place.folder)]


def caddy(place: Place) -> list[str]:
    config = place.folder / "Caddyfile"
    config.write_text(
        "{\n    admin off\n    auto_https disable_redirects\n}\n" + place.filled("caddyfile")
    )
    return ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]


def apache(place: Place) -> list[str]:
    modules = "/usr/lib/apache2/modules"
    names = ["mpm_event", "authz_core", "proxy", "proxy_http", "proxy_wstunnel", "ssl"]
    loaded = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in names)
    around = f"""
ServerRoot {place.folder}
PidFile {place.folder}/pid
ErrorLog {place.folder}/log
ServerName localhost
User nobody
Group nogroup
{loaded}
Listen {place.port}
{place.filled("apache")}"""
    config = place.folder / "apache.conf"
    config.write_text(around)
    return ["apache2", "-X", "-f", str(config)]


def haproxy(place: Place) -> list[str]:
    config = place.folder / "haproxy.cfg"
    config.write_text(place.filled("haproxy"))
    return ["haproxy", "-db", "-f", str(config)]


@contextmanager
def standing(command: list[str], place: Place) -> Iterator[None]:
    with (place.folder / "output").open("wb") as out:
        child = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            env={"HOME": str(place.folder), "PATH": "/usr/sbin:/usr/bin:/bin"},
        )
    try:
        until(
            lambda: child.poll() is not None or answers(place),
            15,
            (place.folder / "output").read_text,
        )
        assert child.poll() is None, (place.folder / "output").read_text()
        yield
    finally:
        child.terminate()
        child.wait(10)


def answers(place: Place) -> bool:
    try:
        return httpx.get(f"{place.url}/healthz", verify=place.tls).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller")
    process.env["FOREPOST_HTTP__TRUSTED_PROXIES"] = '["127.0.0.1/32", "::1/128"]'
    process.start()
    yield process
    process.end()


@pytest.mark.parametrize("proxy", [nginx, caddy, apache, haproxy])
@pytest.mark.timeout(240)
def test_as_the_page_says(
    controller: ControllerProcess, tmp_path: Path, proxy: Callable[[Place], list[str]]
) -> None:
    folder = tmp_path / "proxy"
    folder.mkdir()
    folder.chmod(0o755)
    place = Place(folder, controller)
    person = controller.person()
    workspace = person.workspace("w")
    number, pin = made(person, workspace)
    agent = NewAgent(workspace, number, "")
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, timeout_sec=1)
    config, state = tmp_path / "agent.toml", tmp_path / "state"
    with standing(proxy(place), place):
        here = httpx.HTTPTransport(verify=place.tls, local_address=CLIENT)
        with httpx.Client(transport=here) as client:
            # What a client claims is not believed; what the proxy adds is.
            forged = {"X-Forwarded-For": "203.0.113.9"}
            login = client.post(f"{place.url}/auth/login", json=ADMIN, headers=forged)
            assert login.status_code == 200, login.text
            token = login.json()["token"]
            bearer = {"Authorization": f"Bearer {token}"}
            sessions = client.get(f"{place.url}/auth/sessions", headers=bearer).json()["data"]
            assert CLIENT in {one["address"] for one in sessions}, sessions
            for path in ("/", f"/w/{workspace}/sites/{number}/probes/{probe}?last=1h"):
                page = client.get(f"{place.url}{path}")
                assert (page.status_code, "forepost" in page.text) == (200, True)
                assert page.headers["content-type"].startswith("text/html")
        joined = forepost(
            *("join", place.url, "--workspace", str(workspace), "--agent", str(number)),
            *("--pin", pin, "--pin-sha256", place.pin),
            *("--config", str(config), "--state-dir", str(state)),
        )
        assert joined.returncode == 0, joined.stderr
        process = AgentProcess(state, place.url, agent)
        process.arguments, process.env = ["-m", "forepost.agent", str(config)], {}
        process.start()
        try:
            until(lambda: len(person.results(agent, probe)) > 1, 15, lambda: process.output)
            assert process.status()["connected"]
            assert process.status()["plain"] is False
            with connect(
                f"wss://localhost:{place.port}/ws/panel",
                subprotocols=["bearer", token],  # type: ignore[list-item]
                ssl=place.tls,
                proxy=None,
            ) as panel:
                panel.send(f'{{"type":"subscribe","workspace_id":{workspace},"probe_id":0}}')
                assert '"subscribe_ok"' in str(panel.recv(5))
                assert '"probe_data"' in str(panel.recv(10))
        finally:
            process.end()


def test_a_path_is_refused_in_words(tmp_path: Path) -> None:
    refused = forepost(
        *("join", "https://localhost/forepost", "--workspace", "1", "--agent", "1", "--pin", "1"),
        *("--config", str(tmp_path / "agent.toml"), "--state-dir", str(tmp_path / "state")),
    )
    assert refused.returncode == 2
    assert "http(s)://host[:port]" in refused.stderr
