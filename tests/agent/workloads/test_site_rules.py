"""What a site lets a manifest ask for, whoever wrote it."""

from typing import Any

import msgspec
import pytest

from forepost.agent.settings import WorkloadsSection
from forepost.agent.workloads.site_rules import SiteRules
from forepost.wire.workloads.manifest import Microservice

ALLOWED = WorkloadsSection(
    allow_privileged=True,
    allow_host_network=True,
    allow_host_paths=("/srv/data",),
    allow_capabilities=("NET_ADMIN",),
)
LINKS = {"/srv/data/out": "/etc", "/srv/data/in": "/srv/data/real"}


def asked(**said: Any) -> Microservice:
    return msgspec.convert({"uuid": "a", "image": "box:1", **said}, Microservice)


def bind(source: str) -> list[dict[str, str]]:
    return [{"source": source, "target": "/d", "type": "bind"}]


def refusal(section: WorkloadsSection, **said: Any) -> str:
    rules = SiteRules(section, "docker", is_root=True, real=lambda path: LINKS.get(path, path))
    return rules.refusal(asked(**said))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"image": ""}, "image"),
        ({"privileged": True}, "privileged"),
        ({"network": "host"}, "network"),
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
        {"network": "backend"},
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
        {"cap_add": ["NET_ADMIN"]},
        {"volumes": bind("/srv/data")},
        {"volumes": bind("/srv/data/x")},
        {"volumes": bind("/srv/data/in")},
    ],
)
def test_what_is_allowed_may_be(said: dict[str, Any]) -> None:
    assert refusal(ALLOWED, **said) == ""


@pytest.mark.parametrize("path", ["/srv/database", "/srv", "/srv/data/out"])
def test_neither_a_neighbour_nor_a_link_leads_out_of_a_folder(path: str) -> None:
    assert path in refusal(ALLOWED, volumes=bind(path))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"cmd": ["/bin/true"]}, "user"),
        ({"cmd": ["/bin/true"], "user": "0:5"}, "user"),
        ({"user": "daemon"}, "cmd"),
        ({"cmd": ["/bin/true"], "user": "daemon", "image": "box:1"}, "image"),
        ({"cmd": ["/bin/true"], "user": "daemon"}, ""),
    ],
)
def test_a_process_has_a_command_and_a_user_that_is_not_root(
    said: dict[str, Any], field: str
) -> None:
    rules = SiteRules(WorkloadsSection(), "process", is_root=True)
    wanted = msgspec.convert({"uuid": "a", **said}, Microservice)
    assert rules.refusal(wanted).partition(":")[0] == field
