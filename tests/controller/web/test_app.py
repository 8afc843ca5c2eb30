"""The HTTP application as a stranger meets it."""

import socket
import time

import httpx
import pytest
from websockets.sync.client import connect

from forepost.controller.web.bodies import BODY_BYTES
from tests.running import ControllerProcess, Person


def get(controller: ControllerProcess, path: str) -> httpx.Response:
    return httpx.get(controller.url + path, verify=False)


def test_health_readiness_and_metrics(controller: ControllerProcess) -> None:
    assert get(controller, "/healthz").json() == {"ok": True}
    assert get(controller, "/readyz").json() == {"ok": True}
    metrics = get(controller, "/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    for name in ("results_stored_total", "agents_connected", "problems"):
        assert f"\nforepost_{name} " in metrics.text


def test_the_openapi_document_is_served(controller: ControllerProcess) -> None:
    document = get(controller, "/schema").json()
    assert document["openapi"].startswith("3.1")
    assert "/workspaces/{workspace_id}/agents" in document["paths"]


@pytest.mark.parametrize("path", ["/nope", "/workspaces/x", "/../etc/passwd"])
def test_what_is_not_there_is_404_in_json(controller: ControllerProcess, path: str) -> None:
    answer = get(controller, path)
    assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


def test_bodies_are_bounded(controller: ControllerProcess, person: Person) -> None:
    answer = person.ask("POST", "/workspaces", content=b" " * (BODY_BYTES + 1))
    assert answer.status_code == 413
    assert set(answer.json()) == {"error"}


def send_for(seconds: float, raw: socket.socket, frame: bytes) -> None:
    """Raises TimeoutError as soon as the other side takes no more."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        raw.sendall(frame)


def test_a_flood_of_messages_is_held_up_not_kept_in_memory(
    controller: ControllerProcess, person: Person
) -> None:
    """A client that asks and never reads: the sockets fill, and the sender has to wait."""
    agent = person.agent(person.workspace("w"))
    with connect(controller.ws + "/ws", additional_headers=agent.headers, proxy=None) as client:
        client.send("M")
        client.recv(5)
        client.send("$1;agent;;_OnNamespaceConnect;0;0;")
        client.recv(5)
        raw = client.socket
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(2)
        text = b";agent;;ping;0;0;{}"  # each is answered, and answers fill every buffer on the way
        frame = b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text
        with pytest.raises(TimeoutError):
            send_for(30, raw, 1_000 * frame)
    assert get(controller, "/healthz").status_code == 200
