"""Which lines to a controller an agent may use."""

import pytest

from forepost.agent.line import controller_address, is_plain, why_not, why_not_move
from forepost.agent.settings import read
from forepost.kit.settings import WrongSettings


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://controller.example", False),
        ("http://controller.example", True),
        ("http://198.18.0.1:8080", True),
        ("http://[2001:db8::1]:8080", True),
        ("http://127.0.0.1:8080", False),
        ("http://127.1.2.3", False),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
        ("http://localhost.example", True),
        ("http://127.0.0.1.example", True),
        ("http://0.0.0.0", True),
    ],
)
def test_only_loopback_may_be_plain(url: str, *, plain: bool) -> None:
    assert is_plain(url) is plain
    refused = why_not(url, allow_plain=False, pin_sha256="")
    assert bool(refused) is plain
    assert not plain or "set uplink.allow_plain = true" in refused
    assert why_not(url, allow_plain=True, pin_sha256="") == ""


def test_a_pin_needs_a_certificate() -> None:
    assert "use https://" in why_not("http://127.0.0.1", allow_plain=True, pin_sha256="0" * 64)
    assert why_not("https://x.example", allow_plain=False, pin_sha256="0" * 64) == ""


@pytest.mark.parametrize(
    "url",
    [
        "controller.example:8080",
        "ftp://controller.example",
        "http://",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:x",
    ],
)
def test_what_is_no_controller_is_named(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not the address of a controller"):
        controller_address(url)
    with pytest.raises(WrongSettings, match=r"uplink\.url: .* is not the address of a controller"):
        read(None, {"FOREPOST_UPLINK__URL": url})


def test_a_controller_is_at_the_root_of_a_name() -> None:
    assert controller_address("https://[2001:db8::1]:1/") == "https://[2001:db8::1]:1"
    for url in ("https://h/panel", "https://h/?x=1", "https://h/#x", "https://u:pw@h"):
        with pytest.raises(ValueError, match="at the root of a name of its own"):
            controller_address(url)


@pytest.mark.parametrize(
    ("now", "to", "why_not"),
    [
        ("https://a.example", "https://b.example:8443", ""),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", ""),
        ("http://127.0.0.1:1", "https://b.example", ""),
        ("http://a.example:8080", "https://a.example", ""),
        ("http://a.example:8080", "http://a.example:9090", ""),
        ("https://a.example", "http://a.example", "is encrypted, and that is not"),
        ("https://a.example", "http://127.0.0.1", "is encrypted, and that is not"),
        ("http://a.example", "https://b.example", "anybody on the way may have said it"),
        ("http://a.example", "http://b.example", "anybody on the way may have said it"),
        ("https://a.example", "https://b.example/path", "root of a name"),
        ("https://a.example", "https://u@b.example", "root of a name"),
        ("https://a.example", "ftp://b.example", "is not the address of a controller"),
        ("https://a.example", "https://b.example/", "http(s)://host[:port]"),
    ],
)
def test_where_a_controller_may_say_that_it_is(now: str, to: str, why_not: str) -> None:
    said = why_not_move(now, to, allow_plain=True, pin_sha256="")
    assert why_not in said
    assert bool(said) == bool(why_not)


def test_a_move_is_held_to_the_site_s_rules() -> None:
    plain = "http://a.example"
    assert "set uplink.allow_plain" in why_not_move(plain, plain, allow_plain=False, pin_sha256="")
    pinned = why_not_move("https://a", "http://127.0.0.1", allow_plain=True, pin_sha256="0" * 64)
    assert "uplink.pin_sha256" in pinned
