"""Deliveries of a running controller that has no way out but a proxy."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from forepost.wire.rest.notify import Channel
from tests.controller.notify.test_deliveries import QUICK, controller_in, hook, line, log, tell
from tests.lab.certificates import Authority
from tests.lab.proxies import PASSWORD, Standing, squid
from tests.receiver import Receiver
from tests.running import ControllerProcess, until

NAMES = "127.0.0.1 hooks.example\n"


@pytest.fixture
def standing() -> Iterator[Standing]:
    with squid(knows=True, hosts=NAMES) as found:
        yield found


@pytest.fixture
def controller(tmp_path: Path, standing: Standing) -> Iterator[ControllerProcess]:
    authority = Authority(tmp_path)
    authority.ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "server.pem").write_bytes(authority.file("hooks.example", "localhost").read_bytes())
    env = QUICK | {
        "FOREPOST_LOG": "DEBUG",
        "FOREPOST_ALERTS__TIMEOUT_SEC": "10",
        "FOREPOST_OUTGOING__PROXY": standing.url(),
        "FOREPOST_OUTGOING__CA_FILE": str(tmp_path / "ca.pem"),
        # the environment's are not asked
        "https_proxy": "http://127.0.0.1:1",
        "no_proxy": "*",
    }
    process = controller_in(tmp_path / "controller", **env)
    yield process
    process.end()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("resolves", [False, True])
def test_notices_leave_by_it_and_its_password_is_nowhere(
    controller: ControllerProcess, standing: Standing, tmp_path: Path, resolves: bool
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem")
    controller.env["FOREPOST_OUTGOING__PROXY_RESOLVES"] = str(resolves).lower()
    controller.start()
    person = controller.person()
    workspace = person.workspace("w")
    host = "hooks.example" if resolves else "localhost"
    with Receiver(tls=tls, host=host) as receiver:
        there = f"{host}:{receiver.port}"
        apprise = Channel(kind="apprise", url=f"jsons://{there}/")
        sent = tell(person, workspace, hook(f"https://{there}/"), apprise)
        line(person, workspace, sent[0], "sent", sec=30)
        line(person, workspace, sent[1], "sent" if resolves else "failed", sec=40)
        to = there if resolves else f"127.0.0.1:{receiver.port}"
        until(lambda: f"CONNECT {to} " in standing.log, 10, lambda: standing.log)
        assert len(receiver.requests) == 1 + resolves
    (refused,) = tell(person, workspace, hook("https://refused.example/"))
    said = line(person, workspace, refused, "failed", sec=40)["last_error"]
    assert ("(outgoing.proxy): it does not allow" in said) is resolves
    shown = f"{log(person, workspace)} {controller.output}"
    assert PASSWORD not in shown
    assert str(standing.port) not in str(log(person, workspace))
