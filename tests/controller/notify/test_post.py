"""The client of webhooks, against real servers on loopback."""

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from forepost.controller.notify.post import Client, WebhookReply
from forepost.controller.outgoing.calls import Unallowed, Unsent
from forepost.controller.outgoing.urls import target_of
from tests.free_ports import free_port
from tests.receiver import Answer as Scripted
from tests.receiver import Authority, Receiver

pytestmark = pytest.mark.anyio


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def post(url: str, ca_file: str | Path = "", timeout_sec: float = 5.0) -> WebhookReply:
    client = Client(allow_private=True, ca_file=str(ca_file), timeout_sec=timeout_sec)
    return await client.post(target_of(url), {"X-Test": "1"}, b'{"a":1}')


async def test_a_request_arrives_whole() -> None:
    with Receiver() as receiver:
        assert await post(receiver.url + "?x=y") == WebhookReply(200, "", "")
        (request,) = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?x=y", b'{"a":1}')
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["x-test"] == "1"


async def test_over_tls_with_an_own_authority(authority: Authority) -> None:
    with Receiver(tls=authority.server("localhost"), host="localhost") as receiver:
        assert (await post(receiver.url, authority.file)).status == 200
        assert receiver.requests[0].headers["host"] == f"localhost:{receiver.port}"


async def test_an_authority_that_is_not_known(authority: Authority) -> None:
    with Receiver(tls=authority.server("localhost"), host="localhost") as receiver:
        with pytest.raises(Unsent, match="certificate: unable to get local issuer"):
            await post(receiver.url)
        assert receiver.requests == []


async def test_a_certificate_that_has_expired(authority: Authority) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    tls = authority.server("localhost", not_after=yesterday)
    with Receiver(tls=tls, host="localhost") as receiver:
        with pytest.raises(Unsent, match="certificate: certificate has expired"):
            await post(receiver.url, authority.file)
        assert receiver.requests == []


async def test_a_certificate_for_another_name(authority: Authority) -> None:
    with Receiver(tls=authority.server("other.example"), host="localhost") as receiver:
        with pytest.raises(Unsent, match="certificate: Hostname mismatch"):
            await post(receiver.url, authority.file)
        assert receiver.requests == []


async def test_a_redirect_is_not_followed() -> None:
    with Receiver() as other:
        to_other = Scripted(302, b"over there", {"Location": other.url})
        with Receiver([to_other]) as receiver:
            assert await post(receiver.url) == WebhookReply(302, "over there", "")
        assert other.requests == []


async def test_the_beginning_of_a_refusal_is_kept() -> None:
    with Receiver([Scripted(429, b"x" * 100_000, {"Retry-After": "7"})]) as receiver:
        answer = await post(receiver.url)
    assert (answer.status, answer.retry_after, len(answer.said)) == (429, "7", 2_048)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
async def test_private_addresses_are_refused_however_they_are_written(host: str) -> None:
    client = Client(allow_private=False, ca_file="", timeout_sec=5)
    with Receiver(host=host) as receiver:
        with pytest.raises(Unallowed, match="is not allowed: loopback"):
            await client.post(target_of(receiver.url), {}, b"")
        assert receiver.requests == []


async def test_a_name_with_one_private_address_among_others_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [
        (socket.AF_INET, 1, 6, "", ("1.1.1.1", 80)),
        (socket.AF_INET, 1, 6, "", ("10.1.1.1", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    client = Client(allow_private=False, ca_file="", timeout_sec=5)
    with pytest.raises(Unallowed, match=r"10\.1\.1\.1 is not allowed: private"):
        await client.post(target_of("http://rebind.example/"), {}, b"")


async def test_a_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer of a rebinding name is never asked for."""
    asked: list[str] = []

    with Receiver(host="rebind.example") as receiver:

        def answer(host: str, *_: object, **__: object) -> list[object]:
            asked.append(host)
            address = "127.0.0.1" if host == "127.0.0.1" or len(asked) == 1 else "192.0.2.1"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, receiver.port))]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        assert (await post(receiver.url)).status == 200
        assert receiver.requests[0].headers["host"] == f"rebind.example:{receiver.port}"
    assert asked.count("rebind.example") == 1


async def test_a_name_that_is_not_known() -> None:
    with pytest.raises(Unsent, match="its name is not known"):
        await post("http://no-such-name.invalid/")


async def test_a_port_where_nobody_listens() -> None:
    with pytest.raises(Unsent, match="connecting: Connection refused"):
        await post(f"http://127.0.0.1:{free_port()}/")


async def test_a_receiver_that_never_answers() -> None:
    with Receiver(silent=True) as receiver:
        began = time.monotonic()
        with pytest.raises(Unsent, match=r"0\.3 s were over while waiting for its answer"):
            await post(receiver.url, timeout_sec=0.3)
        assert time.monotonic() - began < 10


def talk(server: socket.socket, say: Callable[[socket.socket], None]) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        try:
            say(connection)
        except OSError:
            return


def drip(connection: socket.socket) -> None:
    """Something every 50 ms, so that it never is silent for long."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(80):
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("say", "said"),
    [
        (lambda c: c.sendall(b"hello\r\n\r\n"), "its answer is not HTTP"),
        (lambda c: c.sendall(b""), "the connection was closed while waiting"),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000), "its answer is too long"),
        (
            drip,
            "s were over while waiting",
        ),
    ],
)
async def test_strange_answers(say: Callable[[socket.socket], None], said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk, args=(server, say))
        thread.start()
        with pytest.raises(Unsent, match=said):
            await post(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout_sec=2)
        thread.join()


async def test_interim_answers_and_bodies_without_a_length() -> None:
    text = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\n\r\nbroken"
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=talk, args=(server, lambda c: c.sendall(text)))
        thread.start()
        answer = await post(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert answer == WebhookReply(500, "broken", "")
