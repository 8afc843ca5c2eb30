"""What may be a destination, and how it is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.notify.destinations import Destinations, host_of, masked
from forepost.controller.outgoing.urls import WrongUrl, target_of
from forepost.wire.rest.notify import Channel

STRICT = Destinations(allow_private=False)
OPEN = Destinations(allow_private=True)


def webhook(url: str) -> Channel:
    return Channel(kind="webhook", url=url)


@pytest.mark.parametrize(
    ("kind", "url", "reason"),
    [
        ("webhook", "ftp://example.com/", "must start with"),
        ("webhook", "example.com/hook", "is not a URL"),
        ("webhook", "https://exa mple.com/", "is not a URL"),
        ("webhook", "https://example.com/\r\nHost: x", "is not a URL"),
        ("webhook", "https:///hook", "its host or port"),
        ("webhook", "https://example.com:99999/", "its host or port"),
        ("webhook", "https://example.com:0/", "its host or port"),
        ("webhook", "https://[::1", "is not a URL"),
        ("webhook", "https://[fe80::1%25eth0]/", "its host or port"),
        ("webhook", "https://" + "x" * 2_000, "is longer than"),
        ("webhook", "http://127.0.0.1:8080/", "127.0.0.1 is not allowed: loopback"),
        ("webhook", "http://[::ffff:10.0.0.1]/", "is not allowed: private"),
        ("webhook", "http://169.254.169.254/latest/meta-data", "is not allowed: link-local"),
        ("webhook", "http://LOCALHOST./", "localhost is not allowed"),
        ("webhook", "http://a.localhost/", "localhost is not allowed"),
        ("apprise", "json://192.168.1.1/", "is not allowed: private"),
        ("apprise", "dbus://", "dbus:// acts on the controller's own machine"),
        ("apprise", "syslog://", "syslog:// acts on"),
        ("apprise", "slack", "is not a URL"),
        ("email", "nobody", "is not an address"),
        ("email", "a@b.example, c@d.example", "is not an address"),
        ("email", "a@b.example\nBcc: c@d.example", "is not an address"),
    ],
)
def test_not_acceptable(kind: str, url: str, reason: str) -> None:
    found = STRICT.acceptable(Channel(kind=kind, url=url))  # type: ignore[arg-type]
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("webhook", "https://hooks.example.com/alert"),
        ("webhook", "http://user:pass@example.com:8080/a?b=c"),
        ("webhook", "https://bücher.example/"),
        ("apprise", "ntfys://ntfy.example.com/topic"),
        ("apprise", "tgram://123456:ABC/987"),
        ("email", "ops@example.com"),
    ],
)
def test_acceptable(kind: str, url: str) -> None:
    assert STRICT.acceptable(Channel(kind=kind, url=url)) is None  # type: ignore[arg-type]


def test_private_ones_where_the_operator_allows_them() -> None:
    assert OPEN.acceptable(webhook("http://127.0.0.1:9/")) is None
    assert OPEN.acceptable(webhook("http://localhost/")) is None
    assert OPEN.acceptable(Channel(kind="apprise", url="gnome://")) is not None


def test_the_parts_of_a_request() -> None:
    target = target_of("https://us%20er:p%40ss@bücher.example/ä?q=ö#frag")
    assert target.host == "xn--bcher-kva.example"
    assert (target.tls, target.port, target.authority) == (True, 443, "xn--bcher-kva.example")
    assert target.path == "/%C3%A4?q=%C3%B6"
    assert (target.user, target.password) == ("us er", "p@ss")
    assert target_of("http://[2606:4700::1]:81").authority == "[2606:4700::1]:81"
    assert target_of("http://example.com").path == "/"


@pytest.mark.parametrize(
    ("kind", "url", "shown"),
    [
        ("webhook", "https://example.com/hook", "https://example.com/hook"),
        ("webhook", "https://u:p@example.com:8443/a?key=1", "https://***@example.com:8443/a?***"),
        (
            "webhook",
            "https://hooks.slack.example/services/T024/B024/XXXXXXXXXXXXXXXXXXXXXXXX",
            "https://hooks.slack.example/services/T024/B024/***",
        ),
        ("webhook", "https://[2606:4700::1]/x", "https://[2606:4700::1]/x"),
        ("webhook", "https://[broken/x", "https://***"),
        ("webhook", "nothing", "***"),
        ("apprise", "tgram://123456:ABC/987", "tgram://***"),
        ("email", "ops@example.com", "ops@example.com"),
    ],
)
def test_how_it_is_shown(kind: str, url: str, shown: str) -> None:
    assert masked(kind, url) == shown


@given(st.text(max_size=80))
def test_any_text_is_judged_and_shown_without_a_fault(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}", f"json://{text}"):
        for kind in ("webhook", "apprise", "email"):
            channel = Channel(kind=kind, url=url)
            STRICT.acceptable(channel)
            masked(kind, url)
            assert len(host_of(channel)) <= 255
        try:
            line = target_of(url).path
        except WrongUrl:
            continue
        assert line.isascii()
        assert line.isprintable()


@given(st.text(alphabet="abcdefghij0123456789", min_size=6, max_size=30))
def test_secrets_are_not_shown(secret: str) -> None:
    for url in (
        f"https://u:{secret}@x.example/",
        f"https://x.example/?t={secret}",
        f"https://x.example/{secret * 4}",
    ):
        assert secret not in masked("webhook", url)
    assert secret not in masked("apprise", f"slack://{secret}/{secret}")
