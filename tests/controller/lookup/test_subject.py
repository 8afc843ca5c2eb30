"""What may be asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.lookup.subject import address_of, as_name, subject_of
from forepost.kit.errors import Invalid


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("8.8.8.8", "8.8.8.8"),
        (" 2001:DB8:0::1 ", "2001:db8::1"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("Example.COM.", "example.com"),
        ("www.my-site.com", "www.my-site.com"),
        ("a.b2.net", "a.b2.net"),
        ("1.2.3.example", "1.2.3.example"),
        ("example.xn--p1ai", "example.xn--p1ai"),
        ("bücher.de", "xn--bcher-kva.de"),
        ("BÜCHER.DE", "xn--bcher-kva.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
    ],
)
def test_one_spelling_of_each(text: str, subject: str) -> None:
    assert str(subject_of(text, "query")) == subject


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "com",
        "8.8.8",
        "8.8.8.256",
        "fe80::1%eth0",
        "-a.com",
        "a-.com",
        "a..com",
        ".com",
        "a b.com",
        "a.com\r\nb.com",
        "-T dn,ace a.de",
        "a.com; id",
        "a_b.com",
        "http://example.com",
        "♥.com",
        "x" * 64 + ".com",
        "x." * 130 + "com",
        "a.123",
    ],
)
def test_what_is_neither(text: str) -> None:
    with pytest.raises(Invalid, match=r"^query: .* is neither an IP address nor a domain name$"):
        subject_of(text, "query")


def test_an_address_only() -> None:
    with pytest.raises(Invalid, match=r"^ip: 'example\.com' is not an IP address$"):
        address_of("example.com", "ip")


@given(st.text(max_size=300))
def test_a_name_is_one_line_of_ascii(text: str) -> None:
    name = as_name(text)
    assert name is None or (name.isascii() and len(name) <= 253 and not set(name) & set(" \r\n%/"))


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8))
def test_a_name_in_ascii_is_its_own(text: str) -> None:
    name = as_name(f"{text}.example")
    assert name is None or as_name(name) == name
