"""Which addresses deliveries may go to."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.outgoing.addresses import why_not_public


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("169.254.169.254", "link-local"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("0.0.0.0", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("255.255.255.255", "reserved"),
        ("198.18.0.1", "benchmarking"),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("fe80::1%eth0", "link-local"),
        ("fd00::1", "private"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:10.0.0.1", "private"),
        ("::10.0.0.1", "private"),
        ("64:ff9b::c0a8:101", "private"),
        ("64:ff9b:1::a00:1", "reserved"),
        ("2002:7f00:1::", "loopback"),
        ("2002:a9fe:a9fe::1", "link-local"),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "reserved"),
        ("2001:db8::1", "documentation"),
        ("4000::1", "reserved"),
    ],
)
def test_not_public(address: str, kind: str) -> None:
    assert why_not_public(address) == kind


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "2002:101:101::1",
        "64:ff9b::101:101",
    ],
)
def test_public(address: str) -> None:
    assert why_not_public(address) is None


@given(st.ip_addresses())
def test_what_the_standard_library_calls_unpublic_is_refused(
    address: IPv4Address | IPv6Address,
) -> None:
    known = address.is_private or address.is_loopback or address.is_multicast
    if known or address.is_link_local or address.is_unspecified:
        assert why_not_public(str(address)) is not None


@given(st.ip_addresses(v=4))
def test_an_address_in_another_is_judged_as_itself(inner: IPv4Address) -> None:
    for carrier in (
        f"::ffff:{inner}",
        str(IPv6Address((0x64FF9B << 96) | int(inner))),
        str(IPv6Address((0x2002 << 112) | (int(inner) << 80) | 1)),
    ):
        assert ip_address(carrier).version == 6
        assert (why_not_public(carrier) is None) == (why_not_public(str(inner)) is None)
