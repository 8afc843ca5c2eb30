"""Where the Local API listens: what is taken is waited for, what comes later is found."""

import socket
from pathlib import Path

import anyio
import pytest

from forepost.kit.settings import WrongSettings
from tests.fakes.local_api import GATEWAY, LocalApiSite
from tests.lab.net import Namespace, namespace

MOVED = "198.18.8.1"


def answers(site: LocalApiSite, at: str) -> bool:
    try:
        return site.ask("GET", "/", at=at).status == 404
    except OSError:
        return False


def until(site: LocalApiSite, at: str, *, there: bool) -> None:
    for _ in range(1_000):
        if answers(site, at) == there:
            return
        site.portal.call(anyio.sleep, 0.02)
    raise AssertionError(site.health.problems)


def listening(net: Namespace) -> set[str]:
    rows = net.run("ss", "-Hltn").splitlines()
    return {row.split()[3].rpartition(":")[0] for row in rows}


def test_it_follows_the_gateways_and_is_never_open_on_all(tmp_path: Path) -> None:
    site = LocalApiSite(tmp_path)
    with namespace() as net, site.running(net):
        assert listening(net) == {"127.0.0.1"}
        site.set(gates=[GATEWAY, "0.0.0.0", "::"])
        site.portal.call(anyio.sleep, 0.1)
        assert "no such address" in site.health.problems[f"local api {GATEWAY}"]
        net.ip(f"addr add {GATEWAY}/24 dev lo")  # the engine makes its network
        until(site, GATEWAY, there=True)
        assert listening(net) == {"127.0.0.1", GATEWAY}
        assert site.health.problems == {}
        net.ip(f"addr add {MOVED}/24 dev lo")
        net.ip("addr add 2001:db8::7/64 dev lo nodad")
        site.set(gates=[MOVED, "2001:db8::7"])
        until(site, MOVED, there=True)
        until(site, GATEWAY, there=False)
        until(site, "2001:db8::7", there=True)
        assert listening(net) == {"127.0.0.1", MOVED, "[2001:db8::7]"}
        site.set(gates=[])
        until(site, MOVED, there=False)
        assert answers(site, "127.0.0.1")


def test_nobody_is_served_before_it_is_known_what_is_wanted(tmp_path: Path) -> None:
    site = LocalApiSite(tmp_path)
    site.microservices.is_ready = anyio.Event()

    def ready() -> None:
        assert not answers(site, "127.0.0.1")
        site.portal.call(site.microservices.is_ready.set)

    site.health.ill("test", "not ready")
    with site.running(ready=ready):
        until(site, "127.0.0.1", there=True)


def test_a_port_that_is_taken_is_told_and_waited_for(tmp_path: Path) -> None:
    site = LocalApiSite(tmp_path)
    taken = socket.create_server(("127.0.0.1", site.port))

    def free() -> None:
        assert f"port {site.port} is taken" in site.health.problems["local api 127.0.0.1"]
        taken.close()

    with taken, site.running(ready=free):
        until(site, "127.0.0.1", there=True)
        assert site.health.problems == {}


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])
def test_settings_that_want_all_addresses_are_wrong(tmp_path: Path, host: str) -> None:
    site = LocalApiSite(tmp_path, listen=f"{host}:54321")
    with pytest.raises(WrongSettings, match="never open on all"), site.running():
        pass


def test_a_place_that_is_none_is_wrong(tmp_path: Path) -> None:
    site = LocalApiSite(tmp_path, gps="91,0")
    with pytest.raises(WrongSettings, match="no place on this planet"), site.running():
        pass
