"""The responder on real sockets: what it answers to whom, and what it does not."""

import contextlib
import json
import resource
import socket
import time
from collections.abc import Iterator

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.edges.speed.peer import dial
from forepost.agent.edges.speed.process import SpeedPlan
from forepost.kit.clock import SystemClock
from forepost.kit.dead_peers import GIVEN_UP_SEC
from forepost.kit.speed import child
from forepost.kit.speed.responder import Config, Responder, listening, read_line
from forepost.kit.speed.terms import new_ticket, proof
from forepost.wire.speedtests.responder import ECHO, ECHOED
from tests.lab.speed import responding
from tests.running import until


@pytest.fixture
def port() -> Iterator[int]:
    with responding() as found:
        yield found


def opened(port: int) -> tuple[socket.socket, str]:
    """A connection, and the nonce it was greeted with."""
    connection = socket.create_connection(("127.0.0.1", port), 5)
    return connection, json.loads(read_line(connection, SystemClock(), 5))["nonce"]


def ask(
    port: int,
    role: str,
    *,
    test: str = "t",
    token: str = "token",
    sec: float = 5,
    ticket: str = "",
) -> tuple[socket.socket, str]:
    """A connection, and why it was refused."""
    connection, nonce = opened(port)
    mac = proof(token, nonce, role, test)
    body = {"role": role, "test": test, "sec": sec, "mac": mac, "ticket": ticket}
    connection.sendall(json.dumps(body).encode() + b"\n")
    return connection, json.loads(read_line(connection, SystemClock(), 5))["error"]


def test_who_has_no_token_gets_no_byte(port: int) -> None:
    connection, reason = ask(port, "download", token="guessed")
    assert reason == "not admitted: the ticket or token is not one of this responder"
    assert connection.recv(1) == b""
    connection.close()


def test_a_ticket_is_good_for_one_test() -> None:
    ticket, secret = new_ticket("key", SystemClock().now().timestamp(), 900)
    with responding(key="key") as port:

        def asked(test: str) -> str:
            connection, reason = ask(port, "control", test=test, token=secret, ticket=ticket)
            connection.close()
            return reason

        def by_token() -> str:
            connection, reason = ask(port, "control", test="by token")
            connection.close()
            return reason

        assert [asked("one"), asked("one")] == ["", ""]
        until(lambda: asked("two") == "the ticket was used for another test", 5)
        until(lambda: by_token() == "", 5)
        assert asked("one") == "the ticket was used for another test"


def test_who_says_nothing_shuts_nobody_out(port: int) -> None:
    silent = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(150)]
    connection, reason = ask(port, "control")
    with connection:
        assert reason == ""
        connection.sendall(ECHO.pack(7))
        assert connection.recv(ECHOED.size)
    for one in silent:
        one.close()


def test_a_host_without_descriptors_is_waited_for(port: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    waiting = socket.create_connection(("127.0.0.1", port), 5)
    read_line(waiting, SystemClock(), 5)
    spare = socket.socket()
    resource.setrlimit(resource.RLIMIT_NOFILE, (spare.fileno() + 1, hard))
    try:
        spare.connect(("127.0.0.1", port))  # the responder has no descriptor for it
        time.sleep(0.5)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with spare, waiting:
        spare.settimeout(5)
        assert b"nonce" in spare.recv(1_024)


def test_uploads_are_counted_where_they_arrive(port: int) -> None:
    control, reason = ask(port, "control")
    assert reason == ""
    with control, ask(port, "upload")[0] as upload:
        upload.sendall(bytes(1_000_000))

        def received() -> int:
            control.sendall(ECHO.pack(7))
            number, _, count = ECHOED.unpack(control.recv(ECHOED.size))
            assert number == 7
            return int(count)

        until(lambda: received() == 1_000_000, 5)
        other, reason = ask(port, "control", test="another")
        assert reason == "busy: another test is running here"
        other.close()

    # Both are gone, so there is room for somebody else.
    def admitted() -> bool:
        connection, reason = ask(port, "control", test="another")
        with connection:
            return reason == ""

    until(admitted, 5)


def test_a_stream_ends_with_its_time_and_a_test_with_its_bytes() -> None:
    with responding(most_sec=0.3) as port, ask(port, "download", sec=100)[0] as stream:
        began = time.monotonic()
        while stream.recv(1 << 20):
            pass
        assert 0.2 < time.monotonic() - began < 20
    with responding(most_bytes=3_000_000) as port, ask(port, "download")[0] as stream:
        count = 0
        while data := stream.recv(1 << 20):
            count += len(data)
        assert 3_000_000 <= count < 3_600_000


def test_who_is_slow_to_speak_loses_his_place(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forepost.kit.speed.responder.HELLO_SEC", 0.3)
    connection, _ = opened(port)
    began = time.monotonic()
    with connection, contextlib.suppress(OSError):
        while time.monotonic() - began < 20:
            connection.sendall(b" ")
            time.sleep(0.02)
    assert time.monotonic() - began < 15


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_no_words_end_it(words: bytes) -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(words + b"\n")
    theirs.shutdown(socket.SHUT_WR)
    responder = Responder(Config(host="", port=0, token="token"), SystemClock())
    assert responder._places.enter(ours, "127.0.0.1") is None
    with theirs:
        responder._serve(ours)
        with contextlib.suppress(ConnectionResetError):  # it left words unread
            assert b'"error":""' not in theirs.recv(4_096)


@pytest.mark.anyio
async def test_as_a_process_it_says_its_port_or_why_there_is_none() -> None:
    ports: list[int] = []
    with anyio.move_on_after(10):
        async with anyio.create_task_group() as tasks:

            async def served() -> None:
                await child.serve(Config(host="127.0.0.1", port=0, token="token"), ports.append)

            tasks.start_soon(served)
            while not ports:  # noqa: ASYNC110 - a process starts
                await anyio.sleep(0.02)
            with pytest.raises(child.NotServed, match="address already in use"):
                await child.serve(Config(host="127.0.0.1", port=ports[0]))
            tasks.cancel_scope.cancel()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]), 1)


def test_both_sides_of_a_test_give_up_who_is_gone() -> None:
    with listening("::", 0) as responder:
        port = responder.getsockname()[1]
        for host in ("127.0.0.1", "::1"):  # both families behind one address
            with dial(host, port, SpeedPlan(places=[])) as ours, responder.accept()[0] as theirs:
                for one in (ours, theirs):
                    tcp = socket.IPPROTO_TCP
                    assert one.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == GIVEN_UP_SEC * 1_000
                    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
