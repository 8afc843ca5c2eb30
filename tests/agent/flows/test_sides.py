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
    assert Sides().local_is_a(packed(a), packed(b), initiator) == (local == "a")


def test_prefixes_of_remote_addresses() -> None:
    assert prefix(packed("198.18.7.9")) == "198.18.7.0/24"
    assert prefix(packed("2001:db8:1:2::3")) == "2001:db8:1::/48"
