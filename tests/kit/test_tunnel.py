"""Through Squid and microsocks as Debian has them, and through what only claims to be a proxy."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from forepost.kit.clock import SystemClock
from forepost.kit.name_lookup import NotReached
from forepost.kit.proxies import Proxy, proxy_of
from forepost.kit.tunnel import reach, through
from tests.free_ports import free_port
from tests.lab.proxies import PASSWORD, USER, microsocks, squid

HELLO = b"hello"


@contextlib.contextmanager
def speaking(say: Callable[[socket.socket], None], host: str = "127.0.0.1") -> Iterator[int]:
    """A server that does this with each that comes."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listening:
        listening.settimeout(0.1)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError, OSError):
                    came, _ = listening.accept()
                    with came:
                        came.settimeout(5)
                        say(came)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            over.set()
            thread.join()


def greet(came: socket.socket) -> None:
    came.sendall(HELLO)
    came.recv(1)


def heard(proxy: Proxy, host: str, port: int) -> bytes:
    with reach(host, port, 15, proxy) as opened:
        assert opened.gettimeout() is None
        opened.settimeout(10)
        data = b""
        while len(data) < len(HELLO):
            data += opened.recv(64)
        return data


@pytest.mark.timeout(240)
@pytest.mark.parametrize("knows", [False, True], ids=["open", "with-password"])
def test_squid(knows: bool) -> None:
    hosts = "127.0.0.1 there.example\n::1 six.example\n"
    with (
        squid(knows=knows, hosts=hosts) as proxy,
        speaking(greet) as port,
        speaking(greet, "::1") as six,
    ):
        way = proxy_of(proxy.url())
        # Nobody but the proxy knows that name.
        assert heard(way, "there.example", port) == HELLO
        assert heard(way, "127.0.0.1", port) == HELLO
        assert heard(way, "::1", six) == HELLO
        with pytest.raises(NotReached, match=r"it does not allow CONNECT to refused\.example:1"):
            reach("refused.example", 1, 15, way)
        with pytest.raises(NotReached, match=r"it cannot reach 127\.0\.0\.1:\d+ \(503"):
            reach("127.0.0.1", free_port(), 15, way)
        if knows:
            for login, why in (
                (f"{USER}:wrong@", r"does not take this name and password \(407"),
                ("", r"wants a name and a password \(407"),
            ):
                with pytest.raises(NotReached, match=why) as raised:
                    reach("there.example", port, 15, proxy_of(proxy.url(login=login)))
                assert str(raised.value).startswith(f"the proxy http://127.0.0.1:{proxy.port}: it")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("knows", [False, True], ids=["open", "with-password"])
def test_socks(scheme: str, knows: bool) -> None:
    with (
        microsocks(knows=knows) as proxy,
        speaking(greet) as port,
        speaking(greet, "::1") as six,
    ):
        way = proxy_of(proxy.url(scheme))
        assert heard(way, "localhost", port) == HELLO
        assert heard(way, "127.0.0.1", port) == HELLO
        assert heard(way, "::1", six) == HELLO
        nobody = free_port()
        with pytest.raises(NotReached, match=rf"it cannot connect to 127\.0\.0\.1:{nobody}: the c"):
            reach("127.0.0.1", nobody, 15, way)
        if knows:
            for login, why in (
                (f"{USER}:wrong@", "does not take this name and password"),
                ("", "wants a name and a password"),
            ):
                with pytest.raises(NotReached, match=why):
                    reach("127.0.0.1", port, 15, proxy_of(proxy.url(scheme, login)))


def answering(said: bytes) -> Callable[[socket.socket], None]:
    def say(came: socket.socket) -> None:
        came.recv(4_096)
        came.sendall(said)
        with contextlib.suppress(OSError):
            while came.recv(4_096):
                pass

    return say


def hang_up(came: socket.socket) -> None:
    came.recv(4_096)


def pour(came: socket.socket) -> None:
    with contextlib.suppress(OSError):
        came.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            came.sendall(b"X-More: of it\r\n" * 1_000)


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (answering(b"220 mail.example ESMTP\r\n"), "what answers there is no HTTP proxy"),
        (answering(b"\0\1\2\3\4\5\6\7\r\n\r\n"), "what answers there is no HTTP proxy"),
        (answering(b""), "no answer in 1 s"),
        (answering(b"HTTP/1.1 200 "), "no answer in 1 s"),
        (hang_up, "it closed the connection without an answer"),
        (
            answering(b"HTTP/1.1 302 Go away\r\n\r\n"),
            "it answered CONNECT to c.example:80 with 302",
        ),
        (answering(b"HTTP/1.1 403 \x1b[31mno\r\n\r\n"), r"it does not allow .* \(403\)"),
        (answering(b"HTTP/1.1 502 Bad\r\n\r\n"), r"it cannot reach c.example:80 \(502 Bad\)"),
        (pour, "its answer has no end"),
    ],
)
def test_what_is_no_http_proxy(say: Callable[[socket.socket], None], why: str) -> None:
    with speaking(say) as port:
        proxy = proxy_of(f"http://{USER}:{PASSWORD}@127.0.0.1:{port}")
        with pytest.raises(NotReached, match=why) as raised:
            reach("c.example", 80, 1, proxy)
    assert str(raised.value).startswith(f"the proxy http://127.0.0.1:{port}: ")
    assert PASSWORD not in str(raised.value)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"HTTP/1.1 400 Bad\r\n\r\n", "is no SOCKS5 proxy"),
        (b"\x05\x07", "a way of logging in that nobody offered"),
        (b"\x05\xff", "it does not take a name and a password"),
        (b"\x05\x00\x05\x02\x00\x01", "its rules do not allow it"),
        (b"\x05\x00\x05\x63\x00\x01", "refusal 99"),
        (b"\x05\x00\x04\x00\x00\x01", "its answer is not SOCKS5"),
        (b"\x05\x00\x05\x00\x00\x01\x00", "no answer in 1 s"),
    ],
)
def test_what_is_no_socks_proxy(said: bytes, why: str) -> None:
    with speaking(answering(said)) as port:
        proxy = proxy_of(f"socks5h://{USER}:{PASSWORD}@127.0.0.1:{port}")
        with pytest.raises(NotReached, match=why) as raised:
            reach("c.example", 80, 1, proxy)
    assert PASSWORD not in str(raised.value)


def test_a_proxy_that_is_not_there() -> None:
    port = free_port()
    with pytest.raises(NotReached, match=rf"the proxy http://127\.0\.0\.1:{port}: connection ref"):
        reach("c.example", 80, 5, proxy_of(f"127.0.0.1:{port}"))
    with pytest.raises(NotReached, match=r"the proxy http://no\.invalid:1: Name or service not"):
        reach("c.example", 80, 5, proxy_of("no.invalid:1"))


@pytest.mark.parametrize("host", ["a b", "a\r\nX: y", "x" * 300, ""])
def test_nothing_is_smuggled_into_a_request(host: str) -> None:
    with pytest.raises(NotReached, match="is no host name"):
        reach(host, 80, 5, proxy_of("127.0.0.1:1"))


def test_no_byte_of_what_follows_is_lost() -> None:
    with speaking(answering(b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n" + HELLO)) as port:
        assert heard(proxy_of(f"127.0.0.1:{port}"), "c.example", 80) == HELLO


def test_a_slow_proxy_has_time_for_a_host_of_many_addresses() -> None:
    def slow(came: socket.socket) -> None:
        came.recv(4_096)
        threading.Event().wait(1.0)
        came.sendall(b"HTTP/1.1 200 \r\n\r\n")
        came.recv(1)

    clock = SystemClock()
    with speaking(slow) as port:
        hosts = [f"198.18.0.{n}" for n in range(16)]
        way = proxy_of(f"http://127.0.0.1:{port}")
        through(way, hosts, 443, clock.monotonic() + 10, clock).close()
