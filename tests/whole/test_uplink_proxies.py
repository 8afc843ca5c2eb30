"""A site that has no way to its controller but a proxy: Squid or microsocks, as Debian has them.

The proxy stands on the far side, where the controller is; what the site sends there itself is lost.
"""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests.cli.test_join import made
from tests.free_ports import free_port
from tests.lab.net import Namespace, pair
from tests.lab.proxies import PASSWORD, Standing, microsocks, squid
from tests.running import AgentProcess, ControllerProcess, NewAgent, until
from tests.whole.test_two_families import PORT, handed_on

HOST = "198.18.0.2"
NAMED = f"http://controller.example:{PORT}"
WITHIN_SEC = 40.0


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()


@contextmanager
def site(controller: ControllerProcess) -> Iterator[tuple[Namespace, Namespace]]:
    with pair() as (near, far), handed_on(far, controller, HOST):
        far.run("nft", "add table inet t")
        far.run("nft", "add chain inet t c { type filter hook input priority 0 ; }")
        far.run("nft", f"add rule inet t c iifname cable tcp dport {PORT} drop")
        yield near, far


def inside(space: Namespace) -> tuple[str, ...]:
    return "ip", "netns", "exec", space.name


def http(far: Namespace, *, knows: bool) -> AbstractContextManager[Standing]:
    hosts = f"{HOST} controller.example\n{HOST} closed.example\n"
    return squid(knows=knows, hosts=hosts, host=HOST, prefix=inside(far))


def socks(far: Namespace, *, knows: bool) -> AbstractContextManager[Standing]:
    return microsocks(knows=knows, host=HOST, prefix=inside(far))


CASES: list[Any] = [
    pytest.param(http, False, "HTTP_PROXY", "http", NAMED, id="squid-by-environment"),
    pytest.param(http, True, "http_proxy", "http", NAMED, id="squid-by-environment-with-password"),
    pytest.param(http, True, "FOREPOST_UPLINK__PROXY", "http", NAMED, id="squid-by-setting"),
    pytest.param(
        *(socks, True, "FOREPOST_UPLINK__PROXY", "socks5h", f"http://{HOST}:{PORT}"),
        id="socks5h-by-setting",
    ),
    pytest.param(
        *(socks, True, "ALL_PROXY", "socks5", f"http://{HOST}:{PORT}"), id="socks5-by-environment"
    ),
]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("proxy", "knows", "key", "scheme", "url"), CASES)
def test_an_agent_enrols_and_tells_its_results_through_it(
    controller: ControllerProcess,
    tmp_path: Path,
    proxy: Callable[..., AbstractContextManager[Standing]],
    knows: bool,
    key: str,
    scheme: str,
    url: str,
) -> None:
    person = controller.person()
    workspace = person.workspace("w")
    number, pin = made(person, workspace)
    agent = NewAgent(workspace, number, "")
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, timeout_sec=1)
    # A probe goes there itself, and is refused: nobody listens.
    web = person.probe(
        agent,
        type="HTTP",
        targets=[f"http://{HOST}:9/"],
        interval_sec=5,
        timeout_sec=3,
    )
    with site(controller) as (near, far), proxy(far, knows=knows) as standing:
        process = AgentProcess(tmp_path / "agent", url, agent)
        (tmp_path / "agent" / "identity.json").unlink()
        process.env |= {key: standing.url(scheme), "FOREPOST_UPLINK__PIN": pin}
        process.env["FOREPOST_LOG"] = "DEBUG"
        process.prefix = list(inside(near))
        process.start()
        try:
            until(lambda: len(person.results(agent, probe)) > 1, WITHIN_SEC, lambda: process.output)
            until(lambda: person.results(agent, web), WITHIN_SEC, lambda: process.output)
            assert "connection refused" in json.dumps(person.results(agent, web))
            assert f"{HOST}:9 " not in standing.log
            status = json.dumps(process.status())
            assert process.status()["connected"]
        finally:
            process.end()
        assert PASSWORD not in process.output + status
        assert PASSWORD not in (tmp_path / "agent" / "identity.json").read_text()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("login", "url", "said"),
    [
        ("", NAMED, "it wants a name and a password (407"),
        ("edge:wrong-s3cr3t@", NAMED, "it does not take this name and password (407"),
        (None, f"http://refused.example:{PORT}", "it does not allow CONNECT to refused.example"),
        (None, "http://closed.example", "it cannot reach closed.example:80 (503"),
    ],
    ids=["no-password", "wrong-password", "not-allowed", "not-there"],
)
def test_a_proxy_that_refuses_is_named_with_the_reason(
    controller: ControllerProcess, tmp_path: Path, login: str | None, url: str, said: str
) -> None:
    with (
        site(controller) as (near, far),
        http(far, knows=True) as standing,
    ):
        process = AgentProcess(tmp_path / "agent", url, NewAgent(1, 1, "k"))
        process.env["FOREPOST_UPLINK__PROXY"] = standing.url(login=login)
        process.prefix = list(inside(near))
        process.start()
        try:
            until(lambda: said in str(process.status()), WITHIN_SEC, lambda: process.output)
            status = str(process.status())
            assert f"the proxy http://{HOST}:{standing.port}: " in status
            assert "s3cr3t" not in status
        finally:
            process.end()
        assert "s3cr3t" not in process.output


@pytest.mark.timeout(240)
@pytest.mark.parametrize("said", [False, True], ids=["by-environment", "by-option"])
def test_join_goes_through_the_proxy(
    controller: ControllerProcess, tmp_path: Path, said: bool
) -> None:
    person = controller.person()
    workspace = person.workspace("w")
    number, pin = made(person, workspace)
    with site(controller) as (near, far), http(far, knows=True) as standing:
        command = [*inside(near), sys.executable, "-m", "forepost.cli.main", "join", NAMED]
        command += ["--workspace", str(workspace), "--agent", str(number), "--pin", pin]
        command += ["--config", str(tmp_path / "agent.toml"), "--allow-plain"]
        command += ["--state-dir", str(tmp_path / "state")]
        command += ["--proxy", standing.url()] if said else []
        env = {**os.environ, "HTTP_PROXY": "nonsense://x" if said else standing.url()}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        assert (
            "the agent needs that in its own" in done.stdout
        ) is not said  # a service has another
    config = tmp_path / "agent.toml"
    assert (f'proxy = "{standing.url()}"' in config.read_text()) is said
    assert stat.S_IMODE(config.stat().st_mode) == 0o600


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen {port} ssl;
        ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
        ssl_client_certificate {folder}/ca.pem; ssl_verify_client on;
        location / {{
            proxy_pass http://127.0.0.1:{controller};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
        }}
    }}
}}
"""


@contextmanager
def asking_for_certificates(folder: Path, controller: ControllerProcess) -> Iterator[str]:
    """nginx that lets nobody in without a certificate of the authority in `ca.pem`."""
    folder.mkdir()
    ca, port = trustme.CA(), free_port()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name, leaf in (
        ("server", ca.issue_cert("localhost")),
        ("client", ca.issue_cert("agent.example")),
    ):
        (folder / f"{name}.pem").write_bytes(leaf.cert_chain_pems[0].bytes())
        (folder / f"{name}.key").write_bytes(leaf.private_key_pem.bytes())
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port, controller=controller.port))
    with (folder / "output").open("wb") as out:
        child = subprocess.Popen(
            ["/usr/sbin/nginx", "-c", str(config), "-p", str(folder)], stdout=out, stderr=out
        )
    try:
        url = f"https://localhost:{port}"
        until(lambda: _answers(url), 15, (folder / "output").read_text)
        yield url
    finally:
        child.terminate()
        child.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, verify=False).status_code == 400  # no certificate was sent
    except httpx.TransportError:
        return False


@pytest.mark.timeout(240)
def test_whoever_ends_mutual_tls_before_the_controller_lets_the_agent_in(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, timeout_sec=1)
    with ExitStack() as stack:
        folder = tmp_path / "front"
        url = stack.enter_context(asking_for_certificates(folder, controller))
        process = AgentProcess(tmp_path / "agent", url, agent)
        process.env["FOREPOST_UPLINK__CA_FILE"] = str(folder / "ca.pem")
        stack.callback(process.end)
        process.start()
        until(lambda: "HTTP 400" in str(process.status()), 20, lambda: process.output)
        process.stop()
        process.env["FOREPOST_UPLINK__CLIENT_CERT_FILE"] = str(folder / "client.pem")
        process.env["FOREPOST_UPLINK__CLIENT_KEY_FILE"] = str(folder / "client.key")
        process.start()
        until(lambda: len(person.results(agent, probe)) > 1, WITHIN_SEC, lambda: process.output)


@pytest.mark.timeout(240)
def test_an_authority_that_cannot_be_read_is_said_and_measuring_goes_on(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, timeout_sec=1)
    folder, kept = tmp_path / "front", tmp_path / "ca.pem"
    with asking_for_certificates(folder, controller) as url, ExitStack() as stack:
        process = AgentProcess(tmp_path / "agent", url, agent)
        process.env["FOREPOST_UPLINK__CA_FILE"] = str(kept)
        process.env["FOREPOST_UPLINK__CLIENT_CERT_FILE"] = str(folder / "client.pem")
        process.env["FOREPOST_UPLINK__CLIENT_KEY_FILE"] = str(folder / "client.key")
        stack.callback(process.end)
        process.start()
        said = f"uplink.ca_file: {kept}: No such file or directory"
        until(lambda: said in str(process.status()), 20, lambda: process.output)
        assert said in process.output
        kept.write_bytes((folder / "ca.pem").read_bytes())  # it is read anew without a restart
        until(lambda: person.results(agent, probe), WITHIN_SEC, lambda: process.output)
