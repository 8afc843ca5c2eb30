"""A small face of these tests' own, on a real port: what programs get, and what pages do not."""

import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import anyio
import anyio.lowlevel
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forepost.agent.cores.local_guard import Guard, same
from forepost.agent.edges.local.body_room import MOST_EACH
from forepost.agent.edges.local.http_face import MOST_BODY, LocalAnswer, LocalRequest
from tests.fakes.echo_face import Echo, ask, get, serving

pytestmark = pytest.mark.anyio


async def test_requests_follow_each_other_on_one_connection() -> None:
    async with serving() as port:
        body = b'{"id":"x"}'
        asked = get("/v2/config/get?a=b&c", f"Content-Length: {len(body)}", method="POST") + body
        heard = await ask(port, asked + get("/second"))
        first, _, rest = heard.partition(b"\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 200 ")
        assert b"content-length: " in first.lower()
        assert rest.startswith(b'["POST", "/v2/config/get", "a=b&c", "{\\"id\\":\\"x\\"}"]HTTP/1.1')
        assert heard.endswith(b'["GET", "/second", "", ""]')


async def test_a_body_on_a_get_and_in_chunks_is_taken_and_a_close_is_obeyed() -> None:
    async with serving() as port:
        chunked = b"4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n"
        heard = await ask(port, get("/x", "Transfer-Encoding: chunked") + chunked)
        assert heard.endswith(b'["GET", "/x", "", "abcdef"]')
        heard = await ask(port, get("/x", "Connection: close") + get("/never"))
        assert heard.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("host", "headers", "reason"),
    [
        ("127.0.0.1", [], ""),
        ("127.0.0.1:{port}", [], ""),
        ("localhost:{port}", [], ""),
        ("[::1]:{port}", [], ""),
        ("LOCALHOST", [], ""),
        ("iofog:{port}", [], ""),
        ("127.0.0.1", ["Sec-Fetch-Site: none"], ""),
        ("127.0.0.1:1", [], "Host: not the port {port}"),
        ("attacker.example", [], "Host: not a name of this host"),
        ("127.0.0.1.attacker.example", [], "Host: not a name of this host"),
        ("198.18.0.1", [], "Host: not a name of this host"),
        ("", [], "Host: is missing"),
        ("127.0.0.1", ["Origin: http://127.0.0.1"], "Origin: pages may not ask here"),
        ("127.0.0.1", ["Origin: null"], "Origin: pages may not ask here"),
        ("127.0.0.1", ["Referer: http://x/"], "Referer: pages may not ask here"),
        (
            "127.0.0.1",
            ["Sec-Fetch-Site: same-origin"],
            "Sec-Fetch-Site: pages may not ask here",
        ),
    ],
)
async def test_programs_of_this_host_and_no_page(
    host: str, headers: list[str], reason: str
) -> None:
    async with serving() as port:
        heard = await ask(port, get("/", *headers, host=host.format(port=port)))
        status, body = heard.split()[1], heard.partition(b"\r\n\r\n")[2]
        assert b"access-control" not in heard.lower()
        if reason:
            assert (status, json.loads(body)) == (b"403", {"error": reason.format(port=port)})
        else:
            assert status == b"200"


def test_a_socket_may_be_opened_by_a_client_that_says_an_origin_where_the_face_says_so() -> None:
    headers = {"host": "iofog:54321", "origin": "ws://iofog:54321"}
    open_to_all = Guard(names=frozenset({"iofog"}), pages_may_upgrade=True)
    assert open_to_all.refusal(headers, 54321, upgrades=True) == ""
    assert open_to_all.refusal(headers, 54321) == "Origin: pages may not ask here"
    assert Guard().refusal({"host": "iofog"}, 54321) == "Host: not a name of this host"
    own = {"host": "127.0.0.1:54321", "origin": "ws://127.0.0.1:54321"}
    assert Guard().refusal(own, 54321, upgrades=True) == ""
    assert Guard().refusal(own, 54321) == "Origin: pages may not ask here"
    other = own | {"origin": "http://127.0.0.1:8080"}
    assert Guard().refusal(other, 54321, upgrades=True) == "Origin: pages may not ask here"


def test_tokens_are_compared_whole() -> None:
    assert same("geheim", "geheim")
    assert not same("geheim", "geheime")
    assert not same("", "geheim")
    assert not same("ü", "geheim")


async def test_what_is_too_much_too_long_or_not_http() -> None:
    async with serving(most_body=1_000, request_sec=0.4) as port:
        for said, status in [
            (get("/", "Content-Length: 1001"), b"413"),
            (get("/", "Transfer-Encoding: chunked") + b"3e9\r\n" + bytes(1_001) + b"\r\n", b"413"),
            (get("/", "X: " + 20_000 * "y"), b"431"),
            (get("/", method="BREW"), b"501"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\n\r\n", b"400"),
            (get("/", "Content-Length: 5", "Content-Length: 6") + b"abcdef", b"400"),
        ]:
            heard = await ask(port, said)
            assert heard.split()[1] == status, (said[:60], heard)
            assert b"\r\nconnection: close\r\n" in heard.lower(), said[:60]

        def slowly() -> bytes:
            with socket.create_connection(("127.0.0.1", port), 20) as line:
                line.sendall(b"GET / HTT")
                heard = b""
                while data := line.recv(65_536):
                    heard += data
                return heard

        heard = await anyio.to_thread.run_sync(slowly)
        assert heard.split()[1] == b"408"
        assert b"no whole request came within 0.4 s" in heard
        assert (await ask(port, get())).split()[1] == b"200"


async def test_who_says_nothing_is_left_and_who_is_one_too_many_is_told() -> None:
    async with serving(idle_sec=0.2) as port:

        def silent() -> bytes:
            with socket.create_connection(("127.0.0.1", port), 20) as line:
                return line.recv(100)

        assert await anyio.to_thread.run_sync(silent) == b""
    async with serving(most_clients=2) as port:
        places = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(2)]
        await until(lambda: ask(port, get()), b"too many connections")
        places.pop().close()
        await until(lambda: ask(port, get()), b'["GET", "/", "", ""]')
        places.pop().close()


async def until(said: Callable[[], Awaitable[bytes]], expected: bytes) -> None:
    with anyio.fail_after(20):
        while True:
            try:
                if expected in await said():
                    return
            except OSError:
                pass  # it was turned away while it asked
            await anyio.sleep(0.02)


async def test_a_fault_of_the_face_ends_nothing_else_and_what_follows_an_answer_does() -> None:
    face = Echo()
    async with serving(face) as port:
        for path in ("/fault", "/gone"):
            heard = await ask(port, get(path))
            assert heard.split()[1] == b"500", path
            assert b"of the test" not in heard
        await ask(port, get("/then") + get("/then"))
        assert face.then == 2


async def test_head_is_answered_without_a_body_and_what_follows_is_answered_too() -> None:
    async with serving() as port:
        heard = await ask(port, get("/", method="HEAD") + get("/second"))
        first, _, rest = heard.partition(b"\r\n\r\n")
        assert first.startswith(b"HTTP/1.1 200 ")
        assert rest.startswith(b"HTTP/1.1 200 ")
        assert rest.endswith(b'["GET", "/second", "", ""]')


async def test_a_target_is_a_path_and_a_web_socket_is_asked_for_with_get() -> None:
    async with serving() as port:
        for target in ("http://attacker.example/x", "attacker.example:80", "*"):
            assert (await ask(port, get(target))).split()[1] == b"400", target
        assert (await ask(port, get("*", method="OPTIONS"))).split()[1] == b"200"
        key = "Sec-WebSocket-Key: " + 22 * "A" + "=="
        upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", key]
        heard = await ask(port, get("/socket", *upgrade, method="POST"))
        assert heard.split()[1] == b"405"


async def test_who_does_not_take_an_answer_gets_no_other_one() -> None:
    face = Echo()
    async with serving(face, request_sec=0.2) as port:
        with socket.create_connection(("127.0.0.1", port), 20) as line:
            line.sendall(10 * get("/large"))
            with anyio.fail_after(20):
                while not face.large:  # noqa: ASYNC110 - of another task
                    await anyio.sleep(0.01)
            await anyio.sleep(1.0)
            assert face.large == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(
            [
                b"GET ",
                b"/",
                b" HTTP/1.1\r\n",
                b"Host: 127.0.0.1\r\n",
                b"\r\n",
                b"Upgrade: websocket\r\n",
            ]
        )
        | st.binary(max_size=40),
        max_size=12,
    )
)
def test_any_bytes_are_answered_or_left(parts: list[bytes]) -> None:
    async def go() -> None:
        async with serving(request_sec=0.5, idle_sec=0.5) as port:
            await ask(port, b"".join(parts))
            assert (await ask(port, get())).split()[1] == b"200"

    anyio.run(go)


async def test_many_large_bodies_do_not_take_all_memory_and_small_ones_go_on() -> None:
    async with serving() as port:
        head = get("/x", f"Content-Length: {MOST_BODY}", method="POST")
        fit = MOST_EACH // MOST_BODY
        async with AsyncExitStack() as stack:
            lines = [
                await stack.enter_async_context(await anyio.connect_tcp("127.0.0.1", port))
                for _ in range(fit + 1)
            ]
            for line in lines[:fit]:
                await line.send(head + b"x")
            with anyio.fail_after(30):
                while b" 503 " not in (heard := await ask(port, head + b"x")):  # noqa: ASYNC110
                    await anyio.sleep(0.02)
            assert b"too much is on its way" in heard
            assert b" 200 " in await ask(port, get("/small", "Content-Length: 2") + b"ok")
        # they went away, and with them what they held
        with anyio.fail_after(30):
            while b" 200 " not in await ask(port, head + bytes(MOST_BODY)):  # noqa: ASYNC110
                await anyio.sleep(0.02)


async def test_between_two_answers_everybody_else_has_a_turn() -> None:
    turns = 0
    at: list[int] = []

    class Counted(Echo):
        async def answer(self, request: LocalRequest) -> LocalAnswer:
            at.append(turns)
            return await super().answer(request)

    async with serving(Counted()) as port, anyio.create_task_group() as tasks:

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await anyio.lowlevel.checkpoint()

        async with AsyncExitStack() as stack:
            lines = [
                await stack.enter_async_context(await anyio.connect_tcp("127.0.0.1", port))
                for _ in range(50)
            ]
            tasks.start_soon(others)
            for line in lines:
                await line.send(get("/x"))
            for line in lines:
                assert b" 200 " in await line.receive()
        tasks.cancel_scope.cancel()
    assert len(set(at)) == len(at) == 50


async def test_halves_of_messages_on_many_sockets_do_not_take_all_memory() -> None:
    half = bytes([0x82, 0xFF]) + MOST_BODY.to_bytes(8, "big") + bytes(4) + bytes(MOST_BODY - 9)
    asked = get(
        "/socket",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    async with serving() as port, AsyncExitStack() as stack:
        lines = [
            await stack.enter_async_context(await anyio.connect_tcp("127.0.0.1", port))
            for _ in range(2 * MOST_EACH // MOST_BODY)
        ]
        for line in lines:
            await line.send(asked)
            assert b" 101 " in await line.receive()
        ended = 0
        with anyio.fail_after(60):
            for line in lines:
                await line.send(half)
            for line in lines:
                with anyio.move_on_after(0.3):
                    ended += (await line.receive())[:4] == b"\x88\x22\x03\xf5"  # 1013
        assert ended >= len(lines) // 2
