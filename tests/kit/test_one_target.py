import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.kit.one_target import is_like_an_address, one_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2001:DB8::0001", "2001:db8::1"),
        ("2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
        ("FE80::1%eth0", "fe80::1%eth0"),
        ("[2001:DB8::0001]:443", "[2001:db8::1]:443"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:53", "192.0.2.1:53"),
        ("Example.COM", "example.com"),
        ("Example.COM.", "example.com"),
        ("Example.COM.:443", "example.com:443"),
        ("HTTPS://User:Pw@Example.COM./Path?Q=A#F", "https://User:Pw@example.com/Path?Q=A#F"),
        ("https://[2001:DB8::1]/", "https://[2001:db8::1]/"),
        ("https://***@Example.com/x?***", "https://***@example.com/x?***"),
        ("", ""),
        (".", "."),
        ("not a host", "not a host"),
        ("[no address]:1", "[no address]:1"),
        ("a:b:c", "a:b:c"),
    ],
)
def test_a_target_has_one_spelling(text: str, expected: str) -> None:
    assert one_target(text) == expected


@given(
    st.text(max_size=30) | st.ip_addresses().map(str) | st.from_regex(r"[A-Za-z0-9.:\[\]/@-]{1,20}")
)
def test_the_one_spelling_stays_as_it_is(text: str) -> None:
    once = one_target(text)
    assert one_target(once) == once


@given(st.ip_addresses(v=6))
def test_every_form_of_an_address_is_one(address: object) -> None:
    long = getattr(address, "exploded").upper()  # noqa: B009 - of both kinds
    assert one_target(long) == one_target(str(address))


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("010.0.0.1", True),
        ("0x7f.1", True),
        ("2130706433", True),
        ("1.2.3", True),
        ("256.1.1.1", True),
        ("192.0.2.1", False),
        ("2001:db8::1", False),
        ("1.example", False),
        ("123abc.test", False),
    ],
)
def test_what_some_read_as_an_address_is_known(host: str, is_one: bool) -> None:
    assert is_like_an_address(host) is is_one
