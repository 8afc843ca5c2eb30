"""One form for each address, and none for what looks like another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.email_address import canonical
from forepost.kit.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Boss@Example.COM ", "boss@example.com"),
        ("boss@example.com.", "boss@example.com"),
        ("boss@example。com", "boss@example.com"),
        ("\uff42oss@example.com", "boss@example.com"),
        ("\u212aim@example.com", "kim@example.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("stra\u00dfe@example.com", "strasse@example.com"),
        ("J\u00fcrgen@M\u00fcnchen.de", "j\u00fcrgen@xn--mnchen-3ya.de"),
        ("Ju\u0308rgen@xn--mnchen-3ya.de", "j\u00fcrgen@xn--mnchen-3ya.de"),
        ("\u0438\u0432\u0430\u043d@x.com", "\u0438\u0432\u0430\u043d@x.com"),
        ("\u5c71\u7530@x.jp", "\u5c71\u7530@x.jp"),
        ("o'brien+tag@my_host", "o'brien+tag@my_host"),
        ("a@[127.0.0.1]", "a@[127.0.0.1]"),
    ],
)
def test_what_is_one_address_is_kept_as_one(typed: str, kept: str) -> None:
    assert canonical(typed) == kept


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("bo\u200bss@x.com", "invisible"),
        ("bo\u00adss@x.com", "invisible"),
        ("boss@x\u2060.com", "invisible"),
        ("\u202eboss@x.com", "invisible"),
        ("bo\u3164ss@x.com", "invisible"),
        ("boss\ufe0f@x.com", "invisible"),
        ("bo\0ss@x.com", "invisible"),
        ("bo ss@x.com", "space"),
        ("b\u043ess@x.com", "mixes Cyrillic and Latin"),
        ("\u03bfmega@x.com", "mixes Greek and Latin"),
        ("\u0440\u0430\u0443\u0440@x.com", "looks like Latin"),
        ("boss@\u0445.com", "looks like Latin"),
        ("boss@xn--80ak6aa92e.com", "looks like Latin"),
        ("\u0131@x.com", "looks like another letter"),
        ("bo\u0455s@x.com", "mixes"),
        ("boss@x..com", "empty part"),
        ("boss@x.com..", "empty part"),
        ("boss", "name@domain"),
        ("@x.com", "name@domain"),
        ("a@b@c", "name@domain"),
        ("(x)a@b.c", "( has a meaning"),
        ('"a"@b.c', '" has a meaning'),
        ("a,b@c.d", ", has a meaning"),
        ("<a@b.c", "< has a meaning"),
        ("a@b.c(x)", "not a name of DNS"),
        ("a@b.c>", "not a name of DNS"),
        ("a@b.c,d", "not a name of DNS"),
        ("a@xn--\u00df", "not a name of DNS"),
        (f"{'a' * 250}@x.com", "longer than 254"),
    ],
)
def test_what_looks_like_another_is_refused_with_the_reason(typed: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        canonical(typed)
    assert str(refused.value).startswith("email: ")
    assert why in str(refused.value)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_form_is_its_own_form(local: str, domain: str) -> None:
    try:
        once = canonical(f"{local}@{domain}")
    except Invalid:
        return
    assert canonical(once) == once
    assert canonical(once.upper()) == once or not once.isascii()
