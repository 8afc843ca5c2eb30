"""Whose request it is, behind whichever proxies."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.access.peer import Peers, household, parsed

TRUSTED = "10.0.0.0/8"


def scope(client: str | None, *forwarded: str) -> Any:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
    return {"client": (client, 4711) if client is not None else None, "headers": headers}


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),  # nobody's proxy
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),  # the left one is invented
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7, 10.2.2.2"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.7", "10.2.2.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),  # a client inside
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7,, 10.2.2.2"], "10.2.2.2"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:DB8::1]:4711"], "2001:db8::1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("2001:0db8::0001", [], "2001:db8::1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("/run/socket", ["198.51.100.7"], ""),
        (None, ["198.51.100.7"], ""),
    ],
)
def test_the_address_of_a_client(client: str | None, forwarded: list[str], address: str) -> None:
    assert Peers([TRUSTED]).of(scope(client, *forwarded)) == address


def test_without_trusted_proxies_no_header_is_believed() -> None:
    for client in ("127.0.0.1", "10.0.0.1", "192.168.0.1"):
        assert Peers().of(scope(client, "198.51.100.7")) == client


def test_what_is_no_network_is_refused() -> None:
    for text in ("nonsense", "10.0.0.1/8", "10.0.0.0/33"):
        with pytest.raises(ValueError, match=r"network|host bits"):
            Peers([text])


addresses = st.ip_addresses().map(str)
junk = st.text(st.characters(max_codepoint=255, exclude_characters=","), max_size=20)


@given(st.lists(addresses | junk, max_size=6), addresses)
def test_what_a_client_invents_changes_nothing(invented: list[str], client: str) -> None:
    """Behind one trusted proxy, which adds whom it saw: whatever the client sent before that."""
    proxies = Peers(["10.9.9.9/32"])
    sent = ", ".join([*invented, client])
    plain = str(parsed(client))
    if plain != "10.9.9.9":
        assert proxies.of(scope("10.9.9.9", sent)) == plain


@given(st.lists(addresses | junk, max_size=6), addresses, st.lists(st.just(TRUSTED), max_size=1))
def test_the_answer_is_always_an_address_in_its_plain_form(
    forwarded: list[str], client: str, trusted: list[str]
) -> None:
    found = Peers(trusted).of(scope(client, *forwarded))
    assert str(ipaddress.ip_address(found)) == found
    assert "%" not in found
    assert not found.startswith("::ffff:")


def test_a_household_is_what_one_client_can_change_at_will() -> None:
    assert household("192.0.2.1") == "192.0.2.1"
    assert household("2001:db8:1:2:3::4") == household("2001:db8:1:2:ffff::1")
    assert household("2001:db8:1:2::1") != household("2001:db8:1:3::1")
    assert household("") == ""
