"""What the server does by settings of its own."""

import base64
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.free_ports import free_port
from tests.running import ADMIN, ControllerProcess

PING = 0x89
UPGRADE = (
    "GET /ws/panel HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n\r\n"
)


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller")
    process.env["FOREPOST_HTTP__PING_SEC"] = "5"
    process.start()
    yield process
    process.end()


@pytest.mark.timeout(240)
def test_panels_are_asked_for_a_word_as_often_as_is_said(controller: ControllerProcess) -> None:
    """Without the setting the first ping comes after 20 s."""
    person = controller.person()
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection(("127.0.0.1", controller.port), 10) as panel:
        panel.sendall(UPGRADE.format(key=key, token=person.token).encode())
        heard = panel.makefile("rb")
        assert b" 101 " in heard.readline()
        while heard.readline() != b"\r\n":
            pass
        panel.settimeout(17)
        assert heard.read(1)[0] == PING


@pytest.mark.timeout(240)
def test_several_addresses_and_both_families(tmp_path: Path) -> None:
    both, one, other = free_port(), free_port(), free_port()
    process = ControllerProcess(tmp_path / "controller", both, from_nothing=True)
    process.env["FOREPOST_HTTP__LISTEN"] = f'["[::]:{both}", "127.0.0.1:{one}", "[::1]:{other}"]'
    process.start()
    try:
        for host, port in (
            ("127.0.0.1", both),
            ("[::1]", both),
            ("127.0.0.1", one),
            ("[::1]", other),
        ):
            url = f"http://{host}:{port}/auth/login"
            assert httpx.post(url, json=ADMIN, verify=False).status_code == 200
        sessions = process.person().call("GET", "/auth/sessions")["data"]
        # IPv4 by a socket of both families is IPv4 in limits, logs and what is shown.
        assert {session["address"] for session in sessions} == {"127.0.0.1", "::1"}
    finally:
        process.end()
