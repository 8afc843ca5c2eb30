"""WebSocket frames without end cost their sender the connection, and nobody the loop."""

import base64
import contextlib
import socket
import time

import msgspec
import pytest
from websockets.sync.client import connect as dial

from forepost.controller.web.listener import SLICE
from tests.running import ControllerProcess, Person

MASKED = b"\x80\0\0\0\0"
"""Length 0 and a mask of a client's frame."""


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"\x89" + MASKED, id="pings"),
        pytest.param(b"\x8a" + MASKED, id="pongs"),
        pytest.param(b"\x00" + MASKED, id="fragments"),
    ],
)
def test_frames_that_are_no_messages_end_their_connection(
    controller: ControllerProcess, flood: bytes
) -> None:
    """uvicorn takes 40,000 of them in one step of the loop, of each of 256 connections."""
    key = base64.b64encode(bytes(16)).decode()
    head = (
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", controller.port), timeout=5) as raw:
        raw.sendall(head.encode())
        assert raw.recv(4_096).startswith(b"HTTP/1.1 101")
        raw.sendall(b"\x01" + MASKED if flood.startswith(b"\x00") else b"")
        answered = 0
        with contextlib.suppress(OSError):
            for _ in range(200):
                raw.sendall(flood * 500)
            while got := raw.recv(65_536):
                answered += len(got)
    # The greeting has ten seconds: it is not what ended it.
    assert time.monotonic() - began < 8
    assert answered < SLICE


def test_many_messages_in_one_read_come_in_order_also_in_pieces(
    controller: ControllerProcess, person: Person
) -> None:
    """What is read while the application has not taken what was before waits for it."""
    headers = {"Authorization": f"Bearer {person.token}"}
    with dial(f"{controller.ws}/ws/panel", additional_headers=headers, proxy=None) as panel:
        said = [msgspec.json.encode({"type": "subscribe", "workspace_id": n}) for n in (1, 0)]
        frames = [b"\x81" + bytes([0x80 | len(one)]) + bytes(4) + one for one in said]
        panel.socket.sendall(b"".join(frames) * 100)
        answers = [msgspec.json.decode(panel.recv(5))["error"] for _ in range(200)]
        assert len(set(answers[::2])) == len(set(answers[1::2])) == 1
        assert answers[0] != answers[1]
        large = ("x" * 1_000 for _ in range(1_000))  # a message of many fragments
        panel.send(large)
        assert "JSON" in msgspec.json.decode(panel.recv(5))["error"]
