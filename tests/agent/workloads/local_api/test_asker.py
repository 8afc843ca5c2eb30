"""Who may ask for whom: containers by their addresses, programs of the host, and the token."""

from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.fakes.local_api import GATEWAY, LocalApiSite
from tests.fakes.user import NOBODY, sockets_of
from tests.lab.net import namespace

ONE, TWO, STRANGER, LATE = "198.18.7.2", "198.18.7.3", "198.18.7.4", "198.18.7.5"


def bridged(tmp_path: Path, mode: str) -> Iterator[LocalApiSite]:
    """A gateway with two containers, and a stranger in the same network."""
    site = LocalApiSite(tmp_path, containers=mode)
    site.microservices.configs = {"one": '{"n":1}', "two": '{"n":2}', "own": "{}"}
    site.microservices.addresses = {ONE: "one", TWO: "two"}
    site.microservices.on_host = {"own"}
    site.microservices.gates = [GATEWAY]
    with namespace() as net:
        for address in (GATEWAY, ONE, TWO, STRANGER, LATE):
            net.ip(f"addr add {address}/24 dev lo")
        with site.running(net):
            yield site


@pytest.fixture
def by_address(tmp_path: Path) -> Iterator[LocalApiSite]:
    yield from bridged(tmp_path, "address")


@pytest.fixture
def by_token(tmp_path: Path) -> Iterator[LocalApiSite]:
    yield from bridged(tmp_path, "token")


@pytest.fixture
def open_to_all(tmp_path: Path) -> Iterator[LocalApiSite]:
    yield from bridged(tmp_path, "open")


def config(site: LocalApiSite, uuid: str, source: str, token: str | None = None) -> tuple[int, Any]:
    at = "127.0.0.1" if source.startswith("127.") else GATEWAY
    heard = site.ask("POST", "/v2/config/get", {"id": uuid}, source=source, at=at, token=token)
    return heard.status, heard.body.get("config", heard.body.get("errorMessage"))


def opened(site: LocalApiSite, uuid: str, source: str, **headers: str) -> int:
    at = "127.0.0.1" if source.startswith("127.") else GATEWAY
    url = f"ws://{at}:{site.port}/v2/control/socket/id/{uuid}"
    try:
        with connect(url, proxy=None, source_address=(source, 0), additional_headers=headers):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_a_container_gets_its_own_configuration_and_no_other(by_address: LocalApiSite) -> None:
    assert config(by_address, "one", ONE) == (200, '{"n":1}')
    assert config(by_address, "two", TWO) == (200, '{"n":2}')
    assert config(by_address, "one", TWO) == (403, "id: of another microservice")
    assert config(by_address, "own", TWO) == (403, "id: of another microservice")
    assert config(by_address, "nobody", ONE) == (400, "No configuration found for the id nobody")
    assert opened(by_address, "one", ONE) == 101
    assert opened(by_address, "one", TWO) == 403


def test_a_container_may_say_any_origin_when_it_opens_a_socket(by_address: LocalApiSite) -> None:
    assert opened(by_address, "one", ONE, Origin="http://anywhere.example") == 101
    assert opened(by_address, "own", "127.0.0.1", Origin="http://anywhere.example") == 403
    assert opened(by_address, "own", "127.0.0.1", Origin=f"ws://127.0.0.1:{by_address.port}") == 101


def test_a_program_of_the_host(by_address: LocalApiSite) -> None:
    token = by_address.token
    for source in ("127.0.0.1", "127.0.0.9", GATEWAY):
        assert config(by_address, "one", source) == (200, '{"n":1}'), "root reads all anyway"
        with sockets_of(NOBODY):
            assert config(by_address, "own", source) == (200, "{}")
            status, why = config(by_address, "one", source)
            assert (status, "the token is needed" in why) == (403, True)
            assert opened(by_address, "one", source) == 403
            assert opened(by_address, "own", source) == 101
            assert config(by_address, "one", source, token) == (200, '{"n":1}')
            assert opened(by_address, "one", source, Authorization=token) == 101


def test_an_address_that_becomes_known_while_it_waits(by_address: LocalApiSite) -> None:
    """A container asks as soon as it runs; the engine may say later which address it has."""

    def know() -> None:
        by_address.set(addresses={**by_address.microservices.addresses, LATE: "one"})

    timer = Timer(0.3, know)
    timer.start()
    assert config(by_address, "one", LATE) == (200, '{"n":1}')
    timer.join()


def test_a_stranger_in_the_network_of_the_containers(by_address: LocalApiSite) -> None:
    why = "no microservice has this address"
    assert config(by_address, "one", STRANGER) == (403, why)
    assert by_address.ask("GET", "/v2/edgeResources", source=STRANGER, at=GATEWAY).status == 403
    assert by_address.ask("GET", "/v2/version", source=STRANGER, at=GATEWAY).status == 401
    assert config(by_address, "one", STRANGER, by_address.token) == (200, '{"n":1}')


def test_each_container_has_a_token_where_addresses_say_nothing(by_token: LocalApiSite) -> None:
    mine = by_token.api.tokens.of("one")
    assert config(by_token, "one", STRANGER, mine) == (200, '{"n":1}')
    assert config(by_token, "two", STRANGER, mine)[0] == 401
    assert config(by_token, "one", ONE)[0] == 401
    assert config(by_token, "one", "127.0.0.1")[0] == 401
    assert config(by_token, "nobody", ONE)[0] == 401
    assert config(by_token, "one", ONE, by_token.token) == (200, '{"n":1}')
    assert opened(by_token, "one", ONE, Authorization=mine) == 101
    assert opened(by_token, "two", TWO, Authorization=mine) == 401
    heard = by_token.ask("GET", "/v2/edgeResources", token=mine)
    assert heard.status == 200
    assert by_token.ask("GET", "/v2/version", token=mine).status == 401


def test_open_believes_what_is_said(open_to_all: LocalApiSite) -> None:
    assert config(open_to_all, "one", TWO) == (200, '{"n":1}')
    assert config(open_to_all, "two", STRANGER) == (200, '{"n":2}')
    assert open_to_all.ask("GET", "/v2/version").status == 401


def test_only_names_of_this_host_are_answered(by_address: LocalApiSite) -> None:
    for host, status in (
        (GATEWAY, 200),
        ("iofog", 200),
        ("IOFOG", 200),
        ("gateway.example", 200),
        ("127.0.0.1", 200),
        ("attacker.example", 403),
        ("198.18.7.9", 403),
    ):
        heard = by_address.ask(
            "POST", "/v2/config/get", {"id": "own"}, headers={"Host": f"{host}:{by_address.port}"}
        )
        assert heard.status == status, host
    for header in ("Origin", "Referer"):
        heard = by_address.ask("GET", "/v2/version", headers={header: "http://x"})
        assert (heard.status, heard.body["status"]) == (403, "failed")


def test_only_microservices_and_who_is_trusted_say_where_this_site_is(
    by_address: LocalApiSite,
) -> None:
    said = {"lat": "1", "lon": "2"}
    assert by_address.ask("POST", "/v2/gps", said, source=ONE, at=GATEWAY).status == 200
    assert by_address.ask("POST", "/v2/gps", said, source=STRANGER, at=GATEWAY).status == 403
    with sockets_of(NOBODY):
        assert by_address.ask("POST", "/v2/gps", said).status == 200, "one shares the host"
        by_address.set(on_host=set())
        assert by_address.ask("POST", "/v2/gps", said).status == 401
        assert by_address.ask("GET", "/v2/gps").status == 200
    assert by_address.ask("POST", "/v2/gps", said).status == 200
