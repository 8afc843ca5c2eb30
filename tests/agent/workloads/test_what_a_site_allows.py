"""What a site lets a manifest ask for, whoever wrote it."""

from os.path import normpath
from typing import Any

import msgspec
import pytest

from forepost.agent.settings import WorkloadsSection
from forepost.agent.workloads.site_rules import SiteRules
from forepost.wire.workloads.manifest import Microservice

ALLOWED = WorkloadsSection(
    allow_privileged=True,
    allow_host_network=True,
    allow_networks=("backend",),
    allow_host_paths=("/srv/data",),
    allow_capabilities=("NET_ADMIN",),
)
MOUNTS = "/var/lib/agent/mounts"
LINKS = {"/srv/data/out": "/etc", "/srv/link": "/srv/data"}


def real(path: str) -> str:
    path = normpath(path)
    return LINKS.get(path, path)


def asked(**said: Any) -> Microservice:
    return msgspec.convert({"uuid": "a", "image": "box:1", **said}, Microservice)


def bind(source: str) -> list[dict[str, str]]:
    return [{"source": source, "target": "/d", "type": "bind"}]


def refusal(section: WorkloadsSection, **said: Any) -> str:
    rules = SiteRules(section, MOUNTS, "docker", is_root=True, real=real)
    return rules.refusal(asked(**said))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"image": ""}, "image"),
        ({"privileged": True}, "privileged"),
        ({"network": "host"}, "network"),
        ({"network": "backend"}, "network"),
        ({"cap_add": ["SYS_ADMIN"]}, "cap_add"),
        ({"cap_add": ["ALL"]}, "cap_add"),
        ({"volumes": bind("/")}, "volumes"),
        ({"volumes": bind("/srv/data")}, "volumes"),
        ({"volumes": bind("data")}, "volumes"),
        ({"volumes": [{"source": "/etc", "target": "/d"}]}, "volumes"),
        ({"volumes": [{"source": "../etc", "target": "/d"}]}, "volumes"),
    ],
)
def test_what_nobody_allowed_is_refused(said: dict[str, Any], field: str) -> None:
    assert refusal(WorkloadsSection(), **said).startswith(f"{field}: ")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"cap_add": ["NET_RAW"]},
        {"cap_drop": ["ALL"]},
        {"network": "bridge"},
        {"network": "none"},
        {"volumes": [{"source": "my-data_1.x", "target": "/d"}]},
    ],
)
def test_what_is_harmless_needs_no_leave(said: dict[str, Any]) -> None:
    assert refusal(WorkloadsSection(), **said) == ""


@pytest.mark.parametrize(
    "said",
    [
        {"privileged": True},
        {"network": "host"},
        {"network": "backend"},
        {"cap_add": ["NET_ADMIN"]},
        {"volumes": bind("/srv/data")},
        {"volumes": bind("/srv/data/")},
        {"volumes": bind("/srv/link")},
    ],
)
def test_what_is_allowed_may_be(said: dict[str, Any]) -> None:
    assert refusal(ALLOWED, **said) == ""


@pytest.mark.parametrize(
    "path", ["/srv/database", "/srv", "/srv/data/x", "/srv/data/out", "/srv/data/.."]
)
def test_nothing_beside_a_path_that_is_allowed_nor_below_it(path: str) -> None:
    assert path in refusal(ALLOWED, volumes=bind(path))


def test_mounts_of_the_agent_may_be_read_and_not_written() -> None:
    [one] = bind(f"{MOUNTS}/secret")
    assert refusal(WorkloadsSection(), volumes=[one])
    assert refusal(WorkloadsSection(), volumes=[{**one, "read_only": True}]) == ""
    for path in (MOUNTS, f"{MOUNTS}/../key", f"{MOUNTS}x/y"):
        assert refusal(WorkloadsSection(), volumes=[{**one, "source": path, "read_only": True}])


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"cmd": ["/bin/true"]}, "user"),
        ({"cmd": ["/bin/true"], "user": "0:5"}, "user"),
        ({"cmd": ["/bin/true"], "user": "00"}, "user"),
        ({"cmd": ["/bin/true"], "user": "000:0"}, "user"),
        ({"cmd": ["/bin/true"], "user": "root:root"}, "user"),
        ({"user": "daemon"}, "cmd"),
        ({"cmd": ["/bin/true"], "user": "nobody", "image": "box:1"}, "image"),
        ({"cmd": ["/bin/true"], "user": "daemon"}, "user"),
        ({"cmd": ["/bin/true"], "user": "1"}, "user"),
        ({"cmd": ["/bin/true"], "user": "01"}, "user"),
        ({"cmd": ["/bin/true"], "user": "nobody"}, ""),
        ({"cmd": ["/bin/true"], "user": "nobody-at-all"}, ""),
        ({"cmd": ["/bin/true"], "user": "bin"}, ""),
        ({"cmd": ["/bin/true"], "user": "2"}, ""),
    ],
)
def test_a_process_has_a_command_and_a_user_that_is_not_root(
    said: dict[str, Any], field: str
) -> None:
    section = WorkloadsSection(allow_users=("nobody", "bin"))
    rules = SiteRules(section, MOUNTS, "process", is_root=True)
    wanted = msgspec.convert({"uuid": "a", **said}, Microservice)
    assert rules.refusal(wanted).partition(":")[0] == field


def test_a_network_of_others_is_allowed_by_its_name_or_with_all() -> None:
    section = WorkloadsSection(allow_networks=("*",))
    assert refusal(section, network="any") == ""
    assert refusal(section, network="host").endswith("(workloads.allow_host_network)")
    assert refusal(ALLOWED, network="frontend") == (
        "network: this site does not allow frontend (workloads.allow_networks)"
    )
