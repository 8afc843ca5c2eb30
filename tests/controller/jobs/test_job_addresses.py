"""By which address agents try each other."""

import pytest

from forepost.controller.jobs.addresses import address_for, site_of

NAT = "198.18.7.1"


@pytest.mark.parametrize(
    ("listen", "seen_from", "viewer", "address"),
    [
        ([], NAT, NAT, ""),
        (["10.0.0.5:4"], NAT, NAT, "10.0.0.5:4"),
        (["10.0.0.5:4", "198.18.9.9:4"], NAT, NAT, "10.0.0.5:4"),
        (["8.8.8.8:4", "10.0.0.5:4"], NAT, NAT, "10.0.0.5:4"),
        (["10.0.0.5:4", "8.8.8.8:4"], "8.8.8.8", NAT, "8.8.8.8:4"),
        (["0.0.0.0:4"], NAT, "198.18.9.1", "198.18.7.1:4"),
        (["[::]:4"], "2001:db8::7", "198.18.9.1", "[2001:db8::7]:4"),
        (["0.0.0.0:4"], "", NAT, ""),
        (["127.0.0.1:4", "198.18.7.2:4"], NAT, NAT, "198.18.7.2:4"),
        (["127.0.0.1:4"], "127.0.0.1", "127.0.0.1", "127.0.0.1:4"),
        (["nonsense", "a:b", "198.18.7.2:x", "198.18.7.2:4"], NAT, NAT, "198.18.7.2:4"),
    ],
)
def test_the_address_that_is_tried(
    listen: list[str], seen_from: str, viewer: str, address: str
) -> None:
    assert address_for(listen, seen_from, viewer) == address


def test_a_site_is_the_network_that_agents_come_from() -> None:
    assert site_of("198.18.7.1") == site_of("198.18.7.250") != site_of("198.18.8.1")
    assert site_of("2001:db8::1") == site_of("2001:db8::ffff:1") != site_of("2001:db8:1::1")
    assert site_of("::ffff:198.18.7.1") == site_of("198.18.7.1")
    assert site_of("") == site_of("nobody") == ""
