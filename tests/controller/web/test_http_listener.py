"""Requests that never become whole, connections without end: each ends, and costs nobody else."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect as dial

from forepost.controller.web.http_listener import BYTES_A_SEC, MOST_HEADERS, REQUEST_SEC
from tests.running import ControllerProcess, Person, until

HALF = (
    b"",
    b"\r\n",
    b"GET / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: ",
    b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n{",
    b"POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost:",
)


@pytest.mark.timeout(240)
def test_half_a_request_ends_also_a_byte_at_a_time(controller: ControllerProcess) -> None:
    """Six kinds at once, each fed a byte a second; the controller answers others meanwhile."""
    ended: dict[int, float] = {}

    async def drip(number: int, start: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", controller.port)
        writer.write(start)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 2.5 * REQUEST_SEC:
                writer.write(b"\n" if start in (b"", b"\r\n") else b"1")
                await writer.drain()
                try:
                    async with asyncio.timeout(1):
                        while await reader.read(65_536):
                            pass
                    break
                except TimeoutError:
                    continue
        except OSError:
            pass
        ended[number] = time.monotonic() - began
        writer.close()

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as tasks:
            for number, start in enumerate(HALF):
                tasks.create_task(drip(number, start))
            await asyncio.sleep(2)
            answer = await asyncio.to_thread(httpx.get, f"{controller.url}/healthz", verify=False)
            assert answer.status_code == 200

    asyncio.run(all_of_them())
    assert set(ended) == set(range(len(HALF)))
    for number, sec in ended.items():
        assert sec < REQUEST_SEC + 5, (HALF[number], sec)


def test_a_slow_line_is_not_cut_off(controller: ControllerProcess) -> None:
    """The time grows with what has come: 64 KiB may take 30 s, and 4 KiB a second is enough."""
    assert REQUEST_SEC + (64 << 10) / BYTES_A_SEC > 30
    body = b'{"email":"a@example.com","password":"' + b"x" * 40 + b'"}'
    head = f"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", controller.port), timeout=5) as raw:
        for part in (head.encode(), body[:20], body[20:]):
            raw.sendall(part)
            time.sleep(0.5)
        assert raw.recv(65_536).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    "flood",
    [
        lambda: b"X-A: " + b"a" * 1_000 + b"\r\n",
        lambda: b"a" * 65_536,
        lambda: b"X:\r\n" * 10_000,
    ],
)
def test_headers_without_end_are_not_kept(
    controller: ControllerProcess, flood: Callable[[], bytes]
) -> None:
    with socket.create_connection(("127.0.0.1", controller.port), timeout=5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, as it comes
            send(raw, flood, 100 * MOST_HEADERS)
    assert httpx.get(f"{controller.url}/healthz", verify=False).status_code == 200


def send(raw: socket.socket, flood: Callable[[], bytes], most: int) -> None:
    sent = 0
    while sent < most:
        sent += raw.send(flood())
        time.sleep(0.001)


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "narrow")
    process.env["FOREPOST_LIMITS__CONNECTIONS_PER_ADDRESS"] = "8"
    process.start()
    yield process
    process.end()


def test_one_address_cannot_take_all_the_room(narrow: ControllerProcess) -> None:
    """Agents that have shown their keys are no strangers, however many there are of one address."""
    person: Person = narrow.person()
    workspace = person.workspace("w")
    agents = [person.agent(workspace, f"a{n}") for n in range(10)]
    with contextlib.ExitStack() as open_ones:

        def connect() -> socket.socket:
            one = socket.create_connection(("127.0.0.1", narrow.port), timeout=5)
            return open_ones.enter_context(one)

        known = []
        for agent in agents:
            dialled = dial(narrow.ws + "/ws", additional_headers=agent.headers, proxy=None)
            known.append(open_ones.enter_context(dialled))
            known[-1].send("M")
            assert str(known[-1].recv(5)).startswith("A")
        silent = [connect() for _ in range(8)]
        with contextlib.suppress(ConnectionResetError):
            assert connect().recv(1) == b""
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{narrow.url}/healthz", verify=False)
        for one in silent:
            one.close()
        until(lambda: answers(narrow), 5)
        for each in known:
            each.send("$1;agent;;_OnNamespaceConnect;0;0;")
            assert each.recv(5) == "$1;;;;;;"


def answers(controller: ControllerProcess) -> bool:
    try:
        return httpx.get(f"{controller.url}/healthz", verify=False).status_code == 200
    except httpx.TransportError:
        return False
