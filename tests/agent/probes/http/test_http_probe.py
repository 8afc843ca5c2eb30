"""HTTP against servers that behave, and against some that do not, on loopback."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from forepost.agent.probes.http import probe as http
from forepost.agent.probes.http.url import url_of
from forepost.kit.clock import SystemClock
from forepost.wire.probes.http import HttpOptions, HttpResult
from tests.lab.certificates import Authority, in_days
from tests.lab.peers import Talk, answering, real_edges, rudeness, serving, silence
from tests.receiver import Answer, Receiver

pytestmark = pytest.mark.anyio

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


async def get(url: str, **options: object) -> HttpResult:
    asked = HttpOptions(**{"timeout_sec": 5.0, **options})  # type: ignore[arg-type]
    return await http.run(asked, url, SystemClock(), real_edges())


async def get_from(talk: Talk, **options: object) -> HttpResult:
    async with serving(talk) as port:
        return await get(f"http://localhost:{port}/", **options)


async def test_a_good_answer_is_timed_part_by_part() -> None:
    async with serving(answering(GOOD)) as port:
        got = await get(f"http://localhost:{port}/a b?c=d e")
    assert got.error == ""
    assert (got.status_code, got.status_text, got.protocol) == (200, "200 OK", "HTTP/1.1")
    assert (got.body_size, got.content_type) == (5, "text/plain")
    assert got.headers == {"Content-Type": "text/plain", "Content-Length": "5"}
    assert got.remote_addr == f"127.0.0.1:{port}"
    assert 0 < got.tcp_connect_ms < got.first_byte_ms <= got.total_ms < 5_000
    assert got.dns_lookup_ms > 0
    assert got.tls_handshake_ms == 0
    assert got.certificate_info is None
    assert (got.redirects, got.final_url) == (0, got.url)


async def test_what_is_sent() -> None:
    with Receiver() as receiver:
        got = await get(
            receiver.url.replace("127.0.0.1", "localhost"),
            method="post",
            headers={"X-Own": "yes", "user-agent": "mine"},
        )
    assert got.status_code == 200
    (request,) = receiver.requests
    assert request.method == "POST"
    assert request.headers["host"] == f"localhost:{receiver.port}"
    assert request.headers["user-agent"] == "mine"
    assert request.headers["x-own"] == "yes"
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["content-length"] == "0"


async def test_over_tls_with_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path)
    authority.trusted(monkeypatch)
    async with serving(answering(GOOD), authority.server("localhost")) as port:
        got = await get(f"localhost:{port}")
        assert (got.error, got.status_code) == ("", 200)
        assert got.url == f"https://localhost:{port}"
        assert (got.tls_version, got.tls_cipher_suite) == ("TLS 1.3", "TLS_AES_256_GCM_SHA384")
        assert got.tls_handshake_ms > 0
        assert got.certificate_info is not None
        assert got.certificate_info.sans == ["localhost"]
        wrong = await get(f"https://127.0.0.1:{port}")
        assert wrong.error.startswith("tls: certificate verify failed: IP address mismatch")
        assert wrong.status_code == 0
        assert wrong.certificate_info == got.certificate_info
        insecure = await get(f"https://127.0.0.1:{port}", insecure_tls=True)
        assert (insecure.error, insecure.status_code) == ("", 200)
    async with serving(
        answering(GOOD), authority.server("localhost", not_after=in_days(-1))
    ) as port:
        expired = await get(f"https://localhost:{port}")
    assert expired.error == "tls: certificate verify failed: certificate has expired"


@pytest.mark.parametrize(
    ("response", "size"),
    [
        (CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 5),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 13),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 13),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 0),
        (b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + GOOD, 5),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 0),
    ],
)
@pytest.mark.parametrize("pieces", [1, 20])
async def test_every_way_a_body_ends(response: bytes, size: int, pieces: int) -> None:
    got = await get_from(answering(response, pieces=pieces))
    assert (got.error, got.body_size) == ("", size)
    assert got.status_text in ("200 OK", "204 No Content")


async def test_a_body_without_end_is_read_to_a_mebibyte() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    got = await get_from(flood)
    assert (got.body_size, got.body_truncated, got.error) == (1 << 20, True, "")


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (silence, "response: no answer in 0.4 s"),
        (rudeness, "response: connection reset by peer"),
        (answering(b""), "response: the connection was closed without a response"),
        (answering(GOOD[:20]), "response: "),
        (answering(GOOD[:-2]), "body: "),
        (answering(b"SSH-2.0-OpenSSH_9.2\r\n"), "response: "),
        (answering(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000), "response: "),
        (answering(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000), "response: "),
        (
            answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
            "body: ",
        ),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), "response: "),
        (answering(GOOD, pieces=len(GOOD), gap_sec=0.05), "response: no answer in 0.4 s"),
        (answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "response: "),
    ],
    ids=lambda one: one if isinstance(one, str) else "server",
)
async def test_what_goes_wrong_is_a_result(talk: Talk, error: str) -> None:
    got = await get_from(talk, timeout_sec=0.4)
    assert got.error.startswith(error)
    assert len(got.error) > len("response: ")
    assert got.remote_addr
    assert got.total_ms < 1_500


async def test_nobody_nowhere_and_no_url(unused_port: int) -> None:
    got = await get(f"http://127.0.0.1:{unused_port}")
    assert got.error == "connect: connection refused"
    assert got.remote_addr == f"127.0.0.1:{unused_port}"
    got = await get("http://host.invalid/")
    assert (got.error, got.remote_addr) == ("resolve: host.invalid: name or service not known", "")
    for url in ("ftp://localhost/", "http://[::1", "http://user:secret@localhost/", "http://", ""):
        got = await get(url)
        assert got.error.startswith("url: ")
        assert got.remote_addr == ""


def redirecting(to: str, status: int = 302) -> Talk:
    return answering(
        f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
    )


async def test_redirects_are_followed_and_counted() -> None:
    with Receiver(script=[Answer(303, headers={"Location": "next?a=b"}), 200]) as receiver:
        got = await get(f"{receiver.url}", method="POST")
        assert (got.status_code, got.redirects, got.error) == (200, 1, "")
        assert got.final_url.endswith("/next?a=b")
        assert [request.method for request in receiver.requests] == ["POST", "GET"]
    got = await get_from(redirecting("/elsewhere"), follow_redirects=False)
    assert (got.status_code, got.redirects, got.error) == (302, 0, "")


async def test_redirects_end(unused_port: int) -> None:
    got = await get_from(redirecting("again/"))
    assert (got.error, got.redirects, got.status_code) == ("redirect: more than 10", 10, 302)
    got = await get_from(redirecting("ftp://localhost/"))
    assert got.error == "redirect: 'ftp://localhost/': the scheme is neither http nor https"
    assert got.remote_addr
    got = await get_from(redirecting("http://[::1/"))
    assert got.error.startswith("redirect: ")
    got = await get_from(redirecting(f"http://127.0.0.1:{unused_port}/"))
    assert got.error == "connect: connection refused"


async def test_secrets_stay_with_the_host_they_were_meant_for() -> None:
    with Receiver() as elsewhere:
        with Receiver(script=[Answer(307, headers={"Location": elsewhere.url})]) as first:
            secret = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Own": "yes"}
            got = await get(first.url, headers=secret)
        assert (got.status_code, got.error) == (200, "")
        assert first.requests[0].headers["authorization"] == "Bearer x"
        (request,) = elsewhere.requests
        assert "authorization" not in request.headers
        assert "cookie" not in request.headers
        assert request.headers["x-own"] == "yes"


@pytest.mark.parametrize(
    ("status", "expected", "error"),
    [
        (200, [], ""),
        (404, [404], ""),
        (503, [], "status: 503 Service Unavailable was not expected"),
        (200, [201, 204], "status: 200 OK was not expected"),
    ],
)
async def test_the_status_is_compared(status: int, expected: list[int], error: str) -> None:
    talk = answering(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
    got = await get_from(talk, expected_status=expected)
    assert (got.status_code, got.error) == (status, error)
    assert got.total_ms > 0


@pytest.mark.parametrize(
    ("wanted", "how", "found"),
    [
        ("ell", "contains", True),
        ("e.l", "contains", False),
        ("^h.l+o$", "regex", True),
        ("^e", "regex", False),
    ],
)
async def test_the_content_is_compared(wanted: str, how: str, found: bool) -> None:
    got = await get_from(answering(GOOD), expected_content=wanted, content_match_type=how)
    assert got.content_match is found
    assert got.content_match_found == ""
    assert got.error == ("" if found else "content: what is expected is not in it")


async def test_the_charset_is_the_one_that_it_names() -> None:
    text = "Zürich".encode("latin-1")
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset={}\r\nContent-Length: {}\r\n\r\n"
    for charset, found in (("latin-1", True), ("utf-8", False), ("nonsense", False)):
        response = head.format(charset, len(text)).encode() + text
        got = await get_from(answering(response), expected_content="Zürich")
        assert got.content_match is found


async def test_an_expression_without_end_is_ended() -> None:
    text = b"a" * 60
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n" + text
    talk: Callable[..., object] = answering(response)
    got = await get_from(
        talk,  # type: ignore[arg-type]
        expected_content="(a+)+b",
        content_match_type="regex",
        timeout_sec=1.0,
    )
    assert got.status_code == 200
    assert got.error.startswith("content: ")
    assert got.content_match is False


@pytest.mark.parametrize(
    ("text", "url", "path"),
    [
        ("example.com", "https://example.com", "/"),
        ("http://example.com?a=b#part", "http://example.com?a=b#part", "/?a=b"),
        ("https://[2001:db8::1]:8443/ü", "https://[2001:db8::1]:8443/ü", "/%C3%BC"),
        ("http://example.com/%20%zz", "http://example.com/%20%zz", "/%20%zz"),
    ],
)
def test_how_a_url_is_read(text: str, url: str, path: str) -> None:
    found = url_of(text)
    assert (found.text, found.path) == (url, path)
