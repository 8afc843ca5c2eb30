"""Groups against a plain model; what is an entry and what is not; local and central groups."""

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.flows.entries import Entry, WrongEntry, read_entries, spell
from forepost.agent.flows.groups import Foreign, Group, Groups, WrongName, read_groups

sixes = st.integers(0x2000 << 112, (0x4000 << 112) - 1).map(ipaddress.IPv6Address)
"""Global ones: none is mapped."""
addresses = st.ip_addresses(v=4) | sixes
near = st.integers(0, 255).map(lambda n: ipaddress.IPv4Address(0xC6120000 + n))


def read_entry(text: str) -> Entry:
    (one,) = read_entries(text)
    return one


@st.composite
def networks(draw: st.DrawFn) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    address = draw(near | addresses)
    length = draw(st.integers(0, address.max_prefixlen))
    return ipaddress.ip_network((address, length), strict=False)


@given(st.lists(networks(), max_size=30), near | addresses)
def test_the_longest_prefix_is_found(
    members: list[ipaddress.IPv4Network | ipaddress.IPv6Network],
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    group = Group()
    for member in members:
        group.add(read_entry(str(member)))
    holding = [m for m in members if m.version == address.version and address in m]
    found = group.match(address.packed)
    if not holding:
        assert found is None
        return
    longest = max(holding, key=lambda m: m.prefixlen)
    assert found is not None
    assert ipaddress.ip_network(spell(found)) == longest


@given(st.lists(networks(), max_size=20), st.data())
def test_what_is_removed_is_gone_and_nothing_else(
    members: list[ipaddress.IPv4Network | ipaddress.IPv6Network], data: st.DataObject
) -> None:
    group = Group()
    kept = {str(m) for m in members}
    for member in kept:
        group.add(read_entry(member))
    gone = data.draw(st.sets(st.sampled_from(sorted(kept)))) if kept else set()
    for member in gone:
        assert group.remove(read_entry(member))
        assert not group.remove(read_entry(member))
    left = {str(ipaddress.ip_network(spell(entry))) for entry in group.entries()}
    assert left == kept - gone
    assert len(group) == len(left)


@given(networks() | addresses)
def test_an_entry_is_spelled_as_it_is_read(entry: object) -> None:
    once = read_entry(str(entry))
    assert read_entry(spell(once)) == once


def test_mac_addresses_match_only_themselves() -> None:
    group = Group()
    assert group.add(read_entry("AA:BB:CC:00:11:22"))
    assert group.match(bytes.fromhex("aabbcc001122"))
    assert not group.match(bytes.fromhex("aabbcc001123"))
    assert [spell(entry) for entry in group.entries()] == ["aa:bb:cc:00:11:22"]


@pytest.mark.parametrize(
    "text",
    ["", "printers", "10.0.0", "10.0.0.1/33", "::/129", "10.0.0.1/-1", "10.0.0.1/", "1.2.3.4/٣",
     "aa-bb:cc-00-11-22", "10.0.0.0/255.0.255.0", "10.0.0.9-10.0.0.1", "10.0.0.1-::2",
     "10.0.0.1-", "aa:bb:cc:00:11", "aa:bb:cc:00:11:22/24", "10.0.0.1 10.0.0.2", "\0"],
)  # fmt: skip
def test_what_is_no_entry_says_so(text: str) -> None:
    with pytest.raises(WrongEntry):
        read_entries(text)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("aa-bb-cc-00-11-22", ["aa:bb:cc:00:11:22"]),
        ("AABB.CC00.1122", ["aa:bb:cc:00:11:22"]),
        ("aabbcc001122", ["aa:bb:cc:00:11:22"]),
        ("198.18.0.77/255.255.255.192", ["198.18.0.64/26"]),
        ("198.18.0.0/0.0.0.0", ["0.0.0.0/0"]),
        ("198.18.0.1-198.18.0.4", ["198.18.0.1", "198.18.0.2/31", "198.18.0.4"]),
        ("198.18.0.0 - 198.18.0.255", ["198.18.0.0/24"]),
        ("2001:db8::-2001:db8::f", ["2001:db8::/124"]),
        ("::ffff:198.18.0.1", ["198.18.0.1"]),
        ("::ffff:198.18.0.0/120", ["198.18.0.0/24"]),
        ("::ffff:198.18.0.1-198.18.0.1", ["198.18.0.1"]),
    ],
)
def test_other_spellings(text: str, spelled: list[str]) -> None:
    assert [spell(entry) for entry in read_entries(text)] == spelled


def test_a_mapped_address_is_in_the_groups_of_its_own() -> None:
    group = Group()
    group.add(read_entry("198.18.0.0/24"))
    assert group.match(ipaddress.ip_address("::ffff:198.18.0.7").packed)
    assert not group.match(ipaddress.ip_address("::ffff:198.18.1.7").packed)


@given(st.text(max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(WrongEntry):
        assert all(spell(entry) for entry in read_entries(text))


def test_a_prefix_of_all_addresses_is_honoured() -> None:
    group = Group()
    group.add(read_entry("0.0.0.0/0"))
    assert group.match(bytes((8, 8, 8, 8)))
    assert not group.match(bytes(16))


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", "x" * 65, "é"])
def test_a_name_that_can_be_no_file_is_refused(name: str) -> None:
    with pytest.raises(WrongName):
        Groups().ours(name)


def test_local_and_central_groups_do_not_overwrite_each_other() -> None:
    groups = Groups()
    groups.ours("printers").add(read_entry("198.18.0.1"))
    document = [("printers", ["198.18.0.2"]), ("cameras", ["198.18.0.3", "x"]), ("../x", [])]
    assert groups.want(read_groups(document)) == [
        "group cameras: 'x' is no IPv4, IPv6 or MAC address",
        "group '../x': its name cannot be a file's",
        "group printers: a local group has this name, and stays",
    ]
    assert groups.of(bytes((198, 18, 0, 1)), b"") == ("printers",)
    assert groups.of(bytes((198, 18, 0, 3)), b"") == ("cameras",)
    with pytest.raises(Foreign, match="the controller's"):
        groups.ours("cameras")
    with pytest.raises(Foreign, match="the controller's"):
        groups.drop("cameras")
    version = groups.version
    assert groups.want(read_groups([])) == []
    assert groups.version > version
    assert groups.names() == ["printers"]
