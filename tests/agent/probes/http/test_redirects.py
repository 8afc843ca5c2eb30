"""Where a visit goes: Location as browsers read it, cookies on the way, and loops."""

import asyncio
from datetime import UTC, datetime

import pytest

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.http import probe
from forepost.agent.probes.http.cookies import MOST_COOKIES, Cookies
from forepost.agent.probes.http.url import next_url, url_of
from forepost.kit.clock import SystemClock
from forepost.wire.probes.http import HttpOptions, HttpResult
from tests.lab.peers import Talk, real_edges, serving

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("location", "url", "path"),
    [
        ("/b", "https://a.example/b", "/b"),
        ("b", "https://a.example/x/b", "/x/b"),
        ("../b?c=d", "https://a.example/b?c=d", "/b?c=d"),
        ("?c=d", "https://a.example/x/y?c=d", "/x/y?c=d"),
        ("//b.example/c", "https://b.example/c", "/c"),
        ("///b.example/c", "https://b.example/c", "/c"),
        ("\\\\b.example\\c?d=\\", "https://b.example/c?d=\\", "/c?d=\\"),
        ("HTTP://b.example", "http://b.example", "/"),
        ("http:/b.example/c", "http://b.example/c", "/c"),
        ("https:b", "https://a.example/x/b", "/x/b"),
        ("https:/b", "https://a.example/b", "/b"),
        ("/b#here", "https://a.example/b#here", "/b"),
        (" /b c\t", "https://a.example/b c", "/b%20c"),
        ("/b\nc", "https://a.example/bc", "/bc"),
        ("/b?c=d e&f='g'", "https://a.example/b?c=d e&f='g'", "/b?c=d%20e&f=%27g%27"),
        ("/b|c^{d}?e|f^{g}", "https://a.example/b|c^{d}?e|f^{g}", "/b|c%5E%7Bd%7D?e|f^{g}"),
        ("/ü".encode().decode("latin-1"), "https://a.example/ü", "/%C3%BC"),
        ("/\xfc", "https://a.example/\xfc", "/%C3%BC"),
        ("/%zz%20", "https://a.example/%zz%20", "/%zz%20"),
        (":8443/b", "https://a.example/x/:8443/b", "/x/:8443/b"),
    ],
)
def test_location_is_read_as_browsers_read_it(location: str, url: str, path: str) -> None:
    found = next_url(url_of("https://a.example/x/y?z=1"), location)
    assert (found.text, found.path) == (url, path)


def test_a_fragment_stays_unless_there_is_another() -> None:
    base = url_of("https://a.example/x#part")
    assert next_url(base, "/b").text == "https://a.example/b#part"
    assert next_url(base, "/b#other").text == "https://a.example/b#other"


@pytest.mark.parametrize(
    "location", ["ftp://a.example/", "mailto:a@b.example", "//[::1", "data:,x"]
)
def test_a_location_that_leads_nowhere(location: str) -> None:
    with pytest.raises(Failed) as failed:
        next_url(url_of("https://a.example/"), location)
    assert failed.value.kind == "wrong"


async def visit(talk: Talk, path: str = "/", **options: object) -> HttpResult:
    asked = HttpOptions(**{"timeout_sec": 5.0, **options})  # type: ignore[arg-type]
    async with serving(talk) as port:
        url = f"http://localhost:{port}{path}"
        return await probe.run(asked, url, SystemClock(), real_edges())


def site(answers: dict[str, str], asked: list[tuple[str, str]]) -> Talk:
    """What it answers to the path (and the cookies after a space), as lines of headers."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = head[0].split(" ")[1]
        cookies = "".join(one[8:] for one in head if one.startswith("Cookie: "))
        asked.append((path, cookies))
        said = answers.get(f"{path} {cookies}", answers.get(path, ""))
        status = "302 Found" if "Location:" in said else "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\n{said}Content-Length: 0\r\n\r\n".encode())

    return talk


async def test_a_loop_is_told() -> None:
    asked: list[tuple[str, str]] = []
    got = await visit(site({"/": "Location: /b\r\n", "/b": "Location: /#x\r\n"}, asked))
    assert got.error.startswith("redirect: a loop: http://localhost:")
    assert got.error.endswith("/#x was asked already")
    assert [path for path, _ in asked] == ["/", "/b"]
    assert (got.status_code, got.redirects) == (302, 1)


async def test_a_site_that_looks_whether_cookies_come_back_is_no_loop() -> None:
    asked: list[tuple[str, str]] = []
    answers = {"/": "Set-Cookie: seen=1; Path=/\r\nLocation: /\r\n", "/ seen=1": ""}
    got = await visit(site(answers, asked))
    assert (got.error, got.status_code, got.redirects) == ("", 200, 1)
    assert asked == [("/", ""), ("/", "seen=1")]


async def test_cookies_of_the_visit_come_after_those_of_the_probe() -> None:
    asked: list[tuple[str, str]] = []
    answers = {"/": "Set-Cookie: a=1\r\nSet-Cookie: b=2; Max-Age=60\r\nLocation: /c\r\n"}
    await visit(site(answers, asked), headers={"cookie": "own=yes"})
    assert asked[1] == ("/c", "own=yes; a=1; b=2")


async def test_the_number_of_redirects_is_an_option() -> None:
    answers = {"/": "Location: /b\r\n", "/b": "Location: /c\r\n"}
    got = await visit(site(answers, []), max_redirects=1)
    assert (got.error, got.redirects) == ("redirect: more than 1", 1)
    got = await visit(site(answers, []), max_redirects=2)
    assert (got.error, got.redirects) == ("", 2)
    got = await visit(site(answers, []), max_redirects=0)
    assert (got.error, got.redirects) == ("redirect: more than 0", 0)


HOME = url_of("https://www.a.example/shop/cart")


@pytest.mark.parametrize(
    ("said", "to", "sent"),
    [
        ("a=1", "https://www.a.example/shop/x", "a=1"),
        ("a=1", "https://www.a.example/other", ""),
        ("a=1", "https://www.a.example/shopping", ""),
        ("a=1", "https://a.example/shop/x", ""),
        ("a=1; Domain=.A.example; Path=/", "https://b.a.example/", "a=1"),
        ("a=1; Domain=a.example; Path=/", "https://nota.example/", ""),
        ("a=1; Domain=b.example; Path=/", "https://b.example/", ""),
        ("a=1; Domain=example; Path=/", "https://www.a.example/", ""),
        ("a=1; Secure", "http://www.a.example/shop/x", ""),
        ("a=1; Path=/; Max-Age=0", "https://www.a.example/", ""),
        ("a=1; Path=/; Max-Age=-1", "https://www.a.example/", ""),
        ("a=1; Path=/; Max-Age=\u00b2", "https://www.a.example/", "a=1"),
        ("a=1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "https://www.a.example/", ""),
        ("a=1; Path=/; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "https://www.a.example/", "a=1"),
        ("a=1; Path=/; Expires=nonsense", "https://www.a.example/", "a=1"),
        ("a=b=c; Path=/", "https://www.a.example/", "a=b=c"),
        ("alone; Path=/", "https://www.a.example/", "alone"),
        ("a=" + "x" * 5_000 + "; Path=/", "https://www.a.example/", ""),
    ],
)
def test_which_cookie_goes_where(said: str, to: str, sent: str) -> None:
    cookies = Cookies()
    cookies.keep(HOME, [said], NOW)
    assert cookies.header(url_of(to)) == sent


def test_cookies_are_replaced_ended_and_bounded() -> None:
    cookies = Cookies()
    cookies.keep(HOME, ["a=1; Path=/", "a=2; Path=/", "b=3; Path=/shop", "c=4; Path=/"], NOW)
    cookies.keep(HOME, ["c=; Path=/; Max-Age=0"], NOW)
    assert cookies.header(HOME) == "b=3; a=2"
    cookies.keep(HOME, [f"n{i}=1; Path=/" for i in range(500)], NOW)
    assert cookies.header(HOME).count(";") == MOST_COOKIES - 1
    alone = Cookies()
    alone.keep(url_of("http://192.0.2.1/"), ["a=1; Domain=2.1"], NOW)
    assert alone.header(url_of("http://192.0.2.1/")) == ""
