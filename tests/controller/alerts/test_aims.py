import pytest

from forepost.controller.alerts.aims import AgentPlaces, host_of


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:443", "198.51.100.7"),
        ("2001:DB8::0007", "2001:db8::7"),
        ("[2001:db8::7]:53", "2001:db8::7"),
        ("Site.Example.", "site.example"),
        ("site.example:80", "site.example"),
        ("https://user@Site.example:8443/path?q=a:b", "site.example"),
        ("http://[2001:db8::7]/", "2001:db8::7"),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_the_host_of_a_target(target: str, host: str) -> None:
    assert host_of(target) == host


def test_own_addresses_mean_somebody_only_behind_the_same_router() -> None:
    places = AgentPlaces(
        public={"198.51.100.1": {1, 2}, "198.51.100.9": {9}, "site.example": {9}},
        own={"192.168.1.1": {1, 9}},
    )
    assert places.at("198.51.100.1", "198.51.100.9") == {1, 2}
    assert places.at("site.example", "") == {9}
    assert places.at("192.168.1.1", "198.51.100.1") == {1}
    assert places.at("192.168.1.1", "198.51.100.9") == {9}
    assert places.at("192.168.1.1", "203.0.113.1") == set()
    assert places.at("192.168.1.1", "") == set()
