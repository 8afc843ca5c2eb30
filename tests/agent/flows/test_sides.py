"""Which side of a flow is local."""

import ipaddress

import pytest

from forepost.agent.flows.sides import Sides, prefix


def packed(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("10.1.2.3", "local"),
        ("198.18.5.5", "local"),
        ("198.18.5.255", "broadcast"),
        ("255.255.255.255", "broadcast"),
        ("239.1.1.1", "multicast"),
        ("ff02::fb", "multicast"),
        ("fe80::1", "local"),
        ("2001:db8:5::1", "local"),
        ("2001:db8:6::1", "remote"),
        ("198.18.6.1", "remote"),
    ],
)
def test_what_an_address_is(address: str, kind: str) -> None:
    assert Sides(["198.18.5.0/24", "2001:db8:5::/48"]).kind(packed(address)) == kind


@pytest.mark.parametrize(
    ("a", "b", "initiator", "local"),
    [
        ("10.0.0.1", "198.18.0.1", 1, "a"),
        ("198.18.0.1", "10.0.0.1", 0, "b"),
        ("10.0.0.1", "10.0.0.2", 1, "b"),
        ("198.18.0.1", "198.19.0.1", 0, "a"),
        ("239.0.0.1", "198.18.0.1", 0, "b"),
        ("198.18.0.1", "239.0.0.1", 1, "a"),
    ],
)
def test_the_local_side_is_ours_or_the_one_that_began(
    a: str, b: str, initiator: int, local: str
) -> None:
    assert Sides().local_is_a(packed(a), packed(b), a_began=initiator == 0) == (local == "a")


@pytest.mark.parametrize(
    ("a", "b", "local"),
    [
        ("192.168.1.1", "192.168.1.9", "a"),  # this host among private ones, whoever began
        ("192.168.1.9", "192.168.1.1", "b"),
        ("198.18.7.1", "198.18.7.9", "a"),  # a host with a public address
        ("198.18.7.9", "203.0.113.5", "a"),  # its neighbour and the world
        ("203.0.113.5", "2001:db8:7::1", "b"),
        ("2001:db8:7::1234", "2001:db8:8::1", "a"),  # a LAN of IPv6
        ("10.9.9.9", "198.18.5.3", "b"),  # what the setting says is nearer than a private one
        ("198.18.5.3", "198.18.7.9", "a"),
        ("198.18.5.3", "198.18.7.1", "b"),
        ("10.9.9.9", "192.168.1.9", "b"),  # the network of the interface, and another private one
        ("fe80::1", "ff02::fb", "a"),
    ],
)
@pytest.mark.parametrize("a_began", [True, False])
def test_what_is_nearer_to_the_meters_is_local(a: str, b: str, local: str, a_began: bool) -> None:
    sides = Sides(["198.18.5.0/24"])
    sides.own("eth0", ["192.168.1.1/24", "fe80::5/64"])
    sides.own("eth1", ["198.18.7.1/24", "2001:db8:7::1/64"])
    assert sides.local_is_a(packed(a), packed(b), a_began=a_began) == (local == "a")


def test_addresses_move() -> None:
    sides = Sides()
    sides.own("eth0", ["198.18.7.1/24"])
    assert (sides.kind(packed("198.18.7.9")), sides.kind(packed("198.18.8.9"))) == (
        "local",
        "remote",
    )
    sides.own("eth0", ["198.18.8.1/24"])
    assert (sides.kind(packed("198.18.7.9")), sides.kind(packed("198.18.8.9"))) == (
        "remote",
        "local",
    )
    assert sides.kind(packed("198.18.8.255")) == "broadcast"
    sides.own("eth0", ["198.18.8.1/0"])
    assert sides.kind(packed("203.0.113.1")) == "remote"


def test_prefixes_of_remote_addresses() -> None:
    assert prefix(packed("198.18.7.9")) == "198.18.7.0/24"
    assert prefix(packed("2001:db8:1:2::3")) == "2001:db8:1::/48"
