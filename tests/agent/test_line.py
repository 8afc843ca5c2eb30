"""Which lines to a controller an agent may use."""

import pytest

from forepost.agent.line import controller_address, is_plain, why_not
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
    with pytest.raises(WrongSettings, match=r"uplink: .* is not the address of a controller"):
        read(None, {"FOREPOST_UPLINK__URL": url})


def test_a_controller_is_at_the_root_of_a_name() -> None:
    assert controller_address("https://[2001:db8::1]:1/") == "https://[2001:db8::1]:1"
    for url in ("https://h/panel", "https://h/?x=1", "https://h/#x", "https://u:pw@h"):
        with pytest.raises(ValueError, match="at the root of a name of its own"):
            controller_address(url)
