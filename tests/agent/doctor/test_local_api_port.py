"""Whether the Local API will have its port, and whether somebody else may get it first."""

import socket

import pytest

from forepost.agent.doctor import local_api
from forepost.agent.doctor.case import Case
from forepost.agent.settings import LocalApiSection, Settings, WorkloadsSection
from tests.free_ports import free_port
from tests.lab.net import namespace


def case(listen: str, *, running: bool = False) -> Case:
    section = LocalApiSection(enabled=True, listen=listen)
    return Case(settings=Settings(local_api=section), wanted=frozenset(), running=running)


def test_it_is_looked_at_only_where_it_is_served() -> None:
    off = Case(settings=Settings(), wanted=frozenset())
    assert {local_api.port(off).state, local_api.reserved(off).state} == {"off"}
    runs = Settings(workloads=WorkloadsSection(engine="docker"))
    assert runs.serves_local_api
    not_here = LocalApiSection(enabled=False)
    assert not Settings(workloads=runs.workloads, local_api=not_here).serves_local_api


def test_a_port_that_somebody_has() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        found = local_api.port(case(listen))
        assert found.fails
        assert found.detail == f"{listen}: address already in use"
        assert "ss -lntup; sysctl -w net.ipv4.ip_local_reserved_ports=" in found.grant
        assert local_api.port(case(listen, running=True)).state == "ok"
    assert local_api.port(case(listen)).state == "ok"


def test_a_port_that_the_kernel_hands_out_and_how_it_is_kept_back() -> None:
    with namespace() as net, net.inside():
        found = local_api.reserved(case("127.0.0.1:54321"))
        assert (found.state, found.fails) == ("lacks", False)
        assert found.grant.startswith("sysctl -w net.ipv4.ip_local_reserved_ports=54321,")
        net.sysctl("net.ipv4.ip_local_reserved_ports", "8080,9000-9010")
        grant = local_api.reserved(case("127.0.0.1:54321")).grant
        assert "ports=8080,9000-9010,54321," in grant
        net.sysctl("net.ipv4.ip_local_reserved_ports", "54000-55000")
        assert local_api.reserved(case("127.0.0.1:54321")).state == "ok"
        assert "is none that" in local_api.reserved(case("127.0.0.1:1234")).detail


@pytest.mark.parametrize(
    ("kept_back", "has"),
    [("", False), ("7", True), ("1,7", True), ("1-6", False), ("1-6,7-9", True), ("70", False)],
)
def test_what_is_kept_back(kept_back: str, has: bool) -> None:
    assert local_api.has(kept_back, 7) is has
