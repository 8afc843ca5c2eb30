"""Hosts whose names are no plain ASCII, or end in a dot: what a server is told, and how its
certificate is compared.
"""

from pathlib import Path

import msgspec
import pytest

from forepost.agent.ports.net import Family, Resolved
from forepost.agent.probes import tls
from forepost.agent.probes.http import probe as http
from forepost.kit.clock import SystemClock
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.tls import TlsOptions
from tests.fakes.net import FakeNet
from tests.lab.certificates import Authority
from tests.lab.peers import real_edges, serving
from tests.receiver import Receiver

pytestmark = pytest.mark.anyio

HOSTS = {
    "bücher.example": "xn--bcher-kva.example",
    "Bücher.example.": "xn--bcher-kva.example",
    "faß.example": "xn--fa-hia.example",
    "Shop.Example.": "shop.example",
}


class LoopbackNet(FakeNet):
    """Every name is this host's."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.families: list[Family] = []

    async def resolve(
        self, name: str, *, family: Family = "auto", timeout_sec: float = 5.0
    ) -> Resolved:
        self.families.append(family)
        return Resolved(("127.0.0.1",))


@pytest.mark.parametrize(("host", "said"), HOSTS.items())
async def test_a_server_is_told_a_labels_without_a_final_dot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, said: str
) -> None:
    authority = Authority(tmp_path)
    authority.trusted(monkeypatch)
    server = authority.server(said)
    asked: list[str] = []
    server.sni_callback = lambda _, name, __: asked.append(name)
    edges = msgspec.structs.replace(real_edges(), net=LoopbackNet())

    async def wait(_reader: object, _writer: object) -> None:
        return None

    async with serving(wait, server) as port:
        seen = await tls.run(TlsOptions(timeout_sec=5), f"{host}:{port}", SystemClock(), edges)
    assert asked == [said]
    assert (seen.error, seen.trusted, seen.name_matches) == ("", True, True)


@pytest.mark.parametrize(("host", "said"), HOSTS.items())
async def test_the_host_of_a_request(host: str, said: str) -> None:
    net = LoopbackNet()
    edges = msgspec.structs.replace(real_edges(), net=net)
    with Receiver() as receiver:
        url = f"http://{host}:{receiver.port}/"
        options = HttpOptions(timeout_sec=5, family="4")
        seen = await http.run(options, url, SystemClock(), edges)
    assert seen.status_code == 200, seen.error
    assert receiver.requests[0].headers["host"] == f"{said}:{receiver.port}"
    assert net.families == ["4"]
