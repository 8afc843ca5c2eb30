"""How one agent reaches another."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.payloads import read
from forepost.controller.payloads.netinfo import Netinfo
from forepost.controller.probes.peers import Peer, address_of, addresses_in


def netinfo(payload: object) -> Netinfo:
    said = read("NETINFO", json.dumps(payload).encode())
    assert isinstance(said, Netinfo)
    return said


HERE = Peer(agent_id=1, public="198.51.100.1", private=("192.0.2.10/24", "172.17.0.1/16"))


@pytest.mark.parametrize(
    ("there", "address"),
    [
        (Peer(agent_id=2, override="site.example.com", public="203.0.113.9"), "site.example.com"),
        (Peer(agent_id=2, public="203.0.113.9", private=("192.0.2.11/24",)), "203.0.113.9"),
        (Peer(agent_id=2, public="198.51.100.1", private=("192.0.2.11/24",)), "192.0.2.11"),
        # Both have Docker's bridge: it leads nowhere but to oneself.
        (
            Peer(agent_id=2, public="198.51.100.1", private=("172.17.0.1/16", "192.0.2.11/24")),
            "192.0.2.11",
        ),
        (Peer(agent_id=2, public="198.51.100.1", private=("10.9.0.4/24",)), "10.9.0.4"),
        (Peer(agent_id=2, public="127.0.0.1", private=("192.0.2.11/24",)), "192.0.2.11"),
        (Peer(agent_id=2, public="198.51.100.1", private=("192.0.2.10/24",)), ""),
        (Peer(agent_id=2), ""),
    ],
)
def test_by_override_then_public_then_private_address(there: Peer, address: str) -> None:
    assert address_of(there, HERE) == address


addresses = st.ip_addresses().map(str)
interfaces = st.tuples(addresses, st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}")
peers = st.builds(
    Peer,
    agent_id=st.integers(1, 9),
    override=st.just("") | addresses,
    public=st.just("") | addresses,
    private=st.lists(interfaces, max_size=4).map(tuple),
)


@given(peers, peers)
def test_nobody_is_sent_to_himself(here: Peer, there: Peer) -> None:
    address = address_of(there, here)
    if not there.override and address and address != there.public:
        assert address not in {text.partition("/")[0] for text in here.private}


def test_a_netinfo_of_netwatcher_is_read() -> None:
    payload = {
        "local_address": "198.51.100.2",
        "default_gateway": "198.51.100.1",
        "public_address": "203.0.113.7",
        "interfaces": [
            {"name": "lo", "type": "loopback", "ipv4": ["127.0.0.1/8"], "ipv6": ["::1/128"]},
            {"name": "docker0", "ipv4": ["172.17.0.1/16"], "is_default": False},
            {
                "name": "eth0",
                "ipv4": ["198.51.100.2/24"],
                "ipv6": ["fe80::1/64", "2001:db8::2/64"],
                "is_default": True,
            },
        ],
        "routes": [],
    }
    assert addresses_in(netinfo(payload)) == (
        "203.0.113.7",
        ("198.51.100.2/24", "2001:db8::2/64", "172.17.0.1/16"),
    )


@given(
    st.fixed_dictionaries(
        {
            "local_address": st.text(max_size=12),
            "public_address": st.text(max_size=12),
            "interfaces": st.lists(
                st.fixed_dictionaries({"ipv4": st.lists(st.text(max_size=9), max_size=3)}),
                max_size=3,
            ),
        }
    )
)
def test_addresses_that_are_none_are_left_out(payload: object) -> None:
    public, private = addresses_in(netinfo(payload))
    address_of(Peer(agent_id=1, public=public, private=private), HERE)
