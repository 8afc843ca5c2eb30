"""Whether a named channel makes sense: pure."""

from typing import Any

import pytest

from forepost.controller.notify.channel_checks import checked, patched_channel
from forepost.controller.notify.destinations import Destinations
from forepost.kit.errors import Invalid
from forepost.wire.rest.channels import ChannelPatch, NewChannel

STRICT = Destinations(allow_private=False)
HOOK = "https://hooks.example.com/x"


def channel(**fields: Any) -> NewChannel:
    return NewChannel(**{"name": "ops", "kind": "webhook", "url": HOOK, **fields})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"url": ""}, "url: is needed for webhook"),
        ({"kind": "email", "url": ""}, "addresses: is needed for email"),
        ({"kind": "email", "addresses": ["a@example.com"]}, "url: is not of a channel of email"),
        ({"addresses": ["a@example.com"]}, "addresses: is not of a channel of webhook"),
        (
            {"kind": "apprise", "url": "ntfys://x.example/t", "secret": "s"},
            "secret: is not of a channel of apprise",
        ),
        ({"url": "http://127.0.0.1/x"}, "url: 127.0.0.1 is not allowed: loopback"),
        ({"url": "http://[::ffff:10.0.0.1]/"}, "url: ::ffff:10.0.0.1 is not allowed: private"),
        ({"url": "http://a.example/x\r\nHost: b"}, "url: is not a URL"),
        ({"kind": "apprise", "url": "file://etc/x"}, "url: file:// acts on the controller's own"),
        (
            {"kind": "email", "url": "", "addresses": ["a@example.com\r\nBcc: b@example.com"]},
            "addresses[0]: has a space or an invisible character in it",
        ),
        (
            {"kind": "email", "url": "", "addresses": ["a@example.com", "a@b@example.com"]},
            "addresses[1]: is not an address",
        ),
        ({"headers": {"X-A\r\nX-B": "1"}}, "is no name of a header"),
        ({"headers": {"X-A\n": "1"}}, "is no name of a header"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "headers: X-A: may have printable ASCII in it"),
        ({"headers": {"X-A": "1\n"}}, "headers: X-A: may have printable ASCII in it"),
        ({"headers": {"X-A": "lös"}}, "headers: X-A: may have printable ASCII in it"),
        ({"headers": {"HOST": "b.example"}}, "headers: HOST is written by forepost itself"),
        ({"headers": {"X-Forepost-Signature": "t"}}, "is written by forepost itself"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "headers: X-A is given twice"),
        ({"timezone": "Europe/Atlantis"}, "timezone: no time zone is called"),
        ({"timezone": "../../etc/passwd"}, "timezone: no time zone is called"),
    ],
)
def test_a_channel_that_makes_no_sense(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(channel(**fields), STRICT.acceptable)
    assert reason in str(refused.value)


def test_an_address_is_kept_once_in_one_form() -> None:
    new = channel(kind="email", url="", addresses=["Ops@Example.COM", "ops@example.com"])
    assert checked(new, STRICT.acceptable).addresses == ["ops@example.com"]
    good = channel(headers={"Authorization": "Bearer x y"}, timezone="Europe/Berlin")
    assert checked(good, STRICT.acceptable) == good


def test_values_of_headers_stay_and_go_to_no_other_server() -> None:
    old = channel(headers={"Authorization": "Bearer x"})
    patch = ChannelPatch(headers={"authorization": "***", "X-A": "1"}, url=HOOK + "/y")
    assert patched_channel(old, patch).headers == {"authorization": "Bearer x", "X-A": "1"}
    assert patched_channel(old, ChannelPatch(name="n")).headers == old.headers
    for url in ("https://evil.example/x", "http://hooks.example.com/x", f"{HOOK[:25]}:444/x"):
        for patch in (ChannelPatch(url=url), ChannelPatch(url=url, headers={"X-A": "***"})):
            with pytest.raises(Invalid, match="said again for another server"):
                patched_channel(old, patch)
        said = ChannelPatch(headers=old.headers, url=url)
        assert patched_channel(old, said).headers == old.headers
    with pytest.raises(Invalid, match="X-B: its value is hidden, and there is none yet"):
        patched_channel(old, ChannelPatch(headers={"X-B": "***"}))
