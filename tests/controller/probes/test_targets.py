"""A target that no agent could make anything of is refused where it is given."""

from typing import Any

import pytest

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.hostport import host_port
from forepost.agent.probes.http.url import url_of
from forepost.agent.probes.tls import endpoint
from forepost.controller.probes.targets import check_targets, spelled
from forepost.kit.errors import Invalid
from tests.running import Person

WRONG = [
    ("HTTP", "ftp://shop.example"),
    ("HTTP", "http://[::1"),
    ("HTTP", "http://shop.example:99999/"),
    ("HTTP", "https:///path"),
    ("TCP", "shop.example"),
    ("TCP", "shop.example:99999"),
    ("TCP", "shop.example:0"),
    ("TCP", "shop.example:http"),
    ("TCP", "2001:db8::1"),
    ("TCP", "http://shop.example:80"),
    ("TLS", "shop.example:0"),
    ("SNMP", "a/b"),
    ("SNMP", "user@shop.example"),
]
RIGHT = [
    ("HTTP", "shop.example/path?query=1"),
    ("HTTP", "http://[2001:db8::1]:8080/"),
    ("TCP", "shop.example:443"),
    ("TCP", "[2001:db8::1]:443"),
    ("TLS", "https://shop.example/path"),
    ("TLS", "2001:db8::1"),
    ("TLS", "[2001:db8::1]"),
    ("SNMP", "shop.example"),
    ("SNMP", "shop_1.example:1161"),
]


def as_an_agent_reads(kind: str, target: str) -> None:
    """Raises Failed."""
    if kind == "HTTP":
        url_of(target)
    elif kind == "TLS":
        endpoint(target)
    else:
        host_port(target, None if kind == "TCP" else 161)


@pytest.mark.parametrize(("kind", "target"), WRONG)
def test_what_an_agent_would_refuse_is_named(kind: str, target: str) -> None:
    with pytest.raises(Failed):
        as_an_agent_reads(kind, target)
    with pytest.raises(Invalid, match=r"^targets: "):
        check_targets(kind, [target], [])


@pytest.mark.parametrize(("kind", "target"), RIGHT)
def test_what_an_agent_takes_is_taken(kind: str, target: str) -> None:
    as_an_agent_reads(kind, target)
    check_targets(kind, [target], [])


@pytest.mark.parametrize("target", ["http://shop.example", "shop.example:80", "[2001:db8::1]"])
def test_a_ping_has_a_host_alone(target: str) -> None:
    with pytest.raises(Invalid, match="a name or an address is needed, without a port"):
        check_targets("PING", [target], [])
    for host in ("shop.example", "198.18.0.1", "2001:db8::1", "fe80::1%eth0"):
        check_targets("MTR", [host], [])


def test_an_option_that_goes_before_the_target_frees_it() -> None:
    check_targets("HTTP", ["ftp://x"], [], {"url": "https://shop.example"})


def test_a_probe_is_refused_when_it_is_made_and_when_it_is_changed(person: Person) -> None:
    agent = person.agent(person.workspace("w"), "a")
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"
    reason = {"error": "targets: '198.18.0.1': no port: HOST:PORT is needed"}
    assert (
        person.call("POST", path, {"type": "TCP", "targets": ["198.18.0.1"]}, status=400) == reason
    )
    probe = person.probe(agent, type="TCP", targets=["198.18.0.1:80"])
    changed = {"replace_targets": ["198.18.0.1"]}
    assert person.call("PATCH", f"{path}/{probe}", changed, status=400) == reason


def test_a_change_of_targets_by_the_word_of_a_creation_is_refused(person: Person) -> None:
    agent = person.agent(person.workspace("w"), "a")
    other = person.agent(agent.workspace, "b")
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"
    hidden = "https://u:p@198.18.0.1/?token=x"
    ping = person.probe(agent, type="PING", targets=["198.18.0.1", "198.18.0.2"])
    page = person.probe(agent, type="HTTP", targets=[hidden])
    pair = person.probe(agent, type="AGENT", agent_targets=[other.id])
    others: list[list[Any]] = [
        ["198.18.0.9"],
        ["198.18.0.1"],
        [],
        [{"target": "198.18.0.1"}, {"target": "198.18.0.9"}],
    ]
    for targets in others:
        body = {"targets": targets, "count": 3}
        said = person.call("PATCH", f"{path}/{ping}", body, status=400)
        assert said == {"error": "targets: a change of them says replaceTargets"}
    said = person.call("PATCH", f"{path}/{pair}", {"agentTargets": [agent.id]}, status=400)
    assert said == {"error": "agent_targets: a change of them says replaceAgentTargets"}
    for probe in (ping, page, pair):
        before = person.call("GET", f"{path}/{probe}")
        assert before["count"] != 7
        after = person.call("PATCH", f"{path}/{probe}", {**before, "count": 7})
        assert (after["count"], after["targets"]) == (7, before["targets"])
    same = {"targets": ["198.18.0.2", "198.18.0.1"], "replaceTargets": ["198.18.0.3"]}
    after = person.call("PATCH", f"{path}/{ping}", same)
    assert [one["target"] for one in after["targets"]] == ["198.18.0.3"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("PING", "010.0.0.1"),
        ("MTR", "2130706433"),
        ("TCP", "010.0.0.1:80"),
        ("TCP", "256.1.1.1:80"),
        ("HTTP", "http://010.0.0.1/"),
    ],
)
def test_what_some_programs_read_as_another_address_is_refused(kind: str, target: str) -> None:
    with pytest.raises(Invalid, match="without zeros before them"):
        check_targets(kind, [target], [])


def test_targets_are_kept_in_their_one_spelling() -> None:
    assert spelled(["Shop.Example.", "shop.example", "2001:DB8::0001"]) == [
        *("shop.example", "2001:db8::1")
    ]
