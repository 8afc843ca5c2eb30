"""Which proxy is meant, and where it is not."""

import msgspec
import pytest

from forepost.kit.proxies import Proxy, WrongProxy, excepted, proxy_for, proxy_from, proxy_of

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://p.example:3128", Proxy("http", "p.example", 3128)),
        ("p.example:3128", Proxy("http", "p.example", 3128)),
        ("http://p.example/", Proxy("http", "p.example", 80)),
        ("socks5://198.18.0.1", Proxy("socks5", "198.18.0.1", 1080)),
        ("socks5h://[2001:db8::1]:9", Proxy("socks5h", "2001:db8::1", 9)),
        ("http://me:a%40b%3Ac@p.example:1", Proxy("http", "p.example", 1, "me", "a@b:c")),
        ("http://me:a@b@p.example:1", Proxy("http", "p.example", 1, "me", "a@b")),
    ],
)
def test_a_proxy(text: str, proxy: Proxy) -> None:
    assert proxy_of(text) == proxy


@pytest.mark.parametrize(
    "text",
    [
        f"https://me:{SECRET}@p.example",
        f"socks4://me:{SECRET}@p.example",
        f"http://me:{SECRET}@",
        f"http://me:{SECRET}@p.example:x",
        f"http://me:{SECRET}@p.example:0",
        f"http://me:{SECRET}@p example:1",
        f"http://me:{SECRET}@[::1:1",
        f"http://{SECRET * 50}:x@p.example:1",
        f"me:{SECRET}://x@p.example:1",
        f"http://me:12/{SECRET}@p.example:3128",
        f"http://me:12#{SECRET}@p.example:3128",
        f"me:12?{SECRET}@p.example:3128",
        "",
    ],
)
def test_what_is_none_is_refused_without_its_password(text: str) -> None:
    with pytest.raises(WrongProxy) as raised:
        proxy_of(text)
    assert SECRET not in str(raised.value)


def test_a_proxy_is_shown_without_its_password() -> None:
    proxy = proxy_of(f"http://me:{SECRET}@[2001:db8::1]:3128")
    shown = f"{proxy} {proxy!r} {[proxy]} {Held(proxy)!r}"
    assert SECRET not in shown
    assert "me" not in str(proxy)
    assert str(proxy) == "http://[2001:db8::1]:3128"
    assert proxy_of(proxy.url) == proxy


class Held(msgspec.Struct):
    proxy: Proxy


@pytest.mark.parametrize(
    ("env", "url", "host"),
    [
        ({}, "https://c.example", ""),
        ({"HTTPS_PROXY": "p:1"}, "https://c.example", "p"),
        ({"https_proxy": "small:1", "HTTPS_PROXY": "big:1"}, "https://c.example", "small"),
        ({"https_proxy": "", "HTTPS_PROXY": "big:1"}, "wss://c.example", "big"),
        ({"HTTPS_PROXY": "p:1"}, "http://c.example", ""),
        ({"HTTP_PROXY": "p:1"}, "http://c.example", "p"),
        ({"HTTP_PROXY": "p:1"}, "ws://c.example:8080", "p"),
        ({"ALL_PROXY": "socks5h://p"}, "https://c.example", "p"),
        ({"all_proxy": "a:1", "https_proxy": "h:1"}, "https://c.example", "h"),
        ({"HTTPS_PROXY": "p:1", "NO_PROXY": "c.example"}, "https://c.example", ""),
        ({"HTTPS_PROXY": "p:1", "no_proxy": "x", "NO_PROXY": "*"}, "https://c.example", "p"),
        ({"HTTP_PROXY": "p:1"}, "http://localhost:8080", ""),
        ({"HTTP_PROXY": "p:1"}, "http://127.0.0.1:8080", ""),
        ({"HTTP_PROXY": "p:1"}, "http://[::1]:8080", ""),
    ],
)
def test_the_environment(env: dict[str, str], url: str, host: str) -> None:
    found = proxy_from(env, url)
    assert (found.host if found else "") == host


def test_a_setting_goes_before_the_environment() -> None:
    env = {"HTTPS_PROXY": "p:1", "NO_PROXY": "*"}
    assert proxy_for("http://own:2", "https://c.example", env) == Proxy("http", "own", 2)
    assert proxy_for("none", "https://c.example", {"HTTPS_PROXY": "p:1"}) is None
    with pytest.raises(WrongProxy, match="HTTPS_PROXY of the environment: https:// is no proxy"):
        proxy_for("", "https://c.example", {"HTTPS_PROXY": f"https://me:{SECRET}@p"})


@pytest.mark.parametrize(
    ("exception", "there", "elsewhere"),
    [
        ("*", ["a.example", "198.18.0.1", "::1"], []),
        ("example.com", ["example.com", "a.b.EXAMPLE.com", "example.com."], ["anexample.com"]),
        (".example.com", ["example.com", "a.example.com"], ["anexample.com", "com"]),
        ("*.example.com", ["a.example.com"], ["anexample.com"]),
        ("198.18.0.0/15", ["198.19.255.1"], ["198.20.0.1", "a.example", "::ffff:198.18.0.1"]),
        ("198.18.0.1/15", ["198.19.255.1"], ["198.20.0.1"]),
        ("2001:db8::/32", ["2001:db8:ffff::1"], ["2001:db9::1", "198.18.0.1"]),
        ("198.18.0.1", ["198.18.0.1"], ["198.18.0.10", "a198.18.0.1"]),
        ("[2001:db8::1]", ["2001:db8::1", "2001:DB8:0::1"], ["2001:db8::2"]),
        ("2001:db8::1", ["2001:db8::1"], ["2001:db8::"]),
        ("example.com:8080", ["example.com"], []),
        ("[2001:db8::1]:8080", ["2001:db8::1"], []),
        (".", [], ["a.example"]),
    ],
)
def test_exceptions(exception: str, there: list[str], elsewhere: list[str]) -> None:
    assert [host for host in there if not excepted(host, 8080, ["x", exception])] == []
    assert [host for host in elsewhere if excepted(host, 8080, [exception, ""])] == []
    if exception.endswith(":8080"):
        assert not excepted(there[0], 80, [exception])


def test_exceptions_are_parted_by_commas_and_spaces() -> None:
    env = {"https_proxy": "p:1", "no_proxy": " a.example ,b.example  c.example"}
    for host in "abc":
        assert proxy_from(env, f"https://{host}.example") is None
    assert proxy_from(env, "https://d.example") is not None
