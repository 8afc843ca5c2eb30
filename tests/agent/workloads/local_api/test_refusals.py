"""Each error of the Local API: a status, and a body that is JSON; never nothing."""

import json
import socket
from typing import Any

import pytest

from tests.fakes.local_api import LocalApiSite

JSON = {"Content-Type": "application/json"}
TOKEN = "token"
NO_LOGGER = "Log message parsing error, Logger initialized null"
NO_KEY = "Missing required property 'provisioning-key'"
REFUSALS: list[tuple[str, str, Any, str | None, int, str]] = [
    (
        "POST",
        "/v2/config/get",
        {"id": "nobody"},
        None,
        400,
        "No configuration found for the id nobody",
    ),
    ("POST", "/v2/config/get", {}, None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", {"id": None}, None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", {"id": " "}, None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", {"id": 7}, None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", b"{", None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", b"", None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", [], None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", b"[" * 100_000, None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", b"\xff", None, 400, "Incorrect content/data"),
    ("POST", "/v2/config/get", None, None, 400, "Incorrect content type"),
    ("GET", "/v2/config/get", None, None, 405, "Method Not Allowed"),
    ("POST", "/v2/status", {}, TOKEN, 405, "Method Not Allowed"),
    ("PUT", "/v2/info", {}, TOKEN, 405, "Method Not Allowed"),
    ("DELETE", "/v2/version", None, TOKEN, 405, "Method Not Allowed"),
    ("GET", "/v2/deprovision", None, TOKEN, 405, "Method Not Allowed"),
    ("GET", "/v2/prune", None, TOKEN, 405, "Method Not Allowed"),
    ("GET", "/v2/nothing", None, TOKEN, 404, "Request not found"),
    ("GET", "/v2/statusXYZ", None, TOKEN, 404, "Request not found"),
    ("GET", "/", None, None, 404, "Request not found"),
    ("POST", "/v2/config", {}, TOKEN, 400, "Request not valid"),
    ("POST", "/v2/config", {"unknown": "1"}, TOKEN, 400, "Request not valid"),
    (
        "POST",
        "/v2/config",
        {"disk-limit": 20},
        TOKEN,
        400,
        "Log message parsing error, disk-limit: not a string",
    ),
    (
        "POST",
        "/v2/config",
        {"disk-limit": " "},
        TOKEN,
        400,
        "Error updating new config disk-limit: is blank",
    ),
    ("POST", "/v2/config", [], TOKEN, 400, "Log message parsing error, not an object"),
    ("POST", "/v2/provision", {}, TOKEN, 400, NO_KEY),
    ("POST", "/v2/provision", {"provisioning-key": 5}, TOKEN, 400, NO_KEY),
    (
        "POST",
        "/v2/provision",
        {"provisioning-key": "wrong"},
        TOKEN,
        500,
        "Invalid Provisioning Key",
    ),
    ("PUT", "/v2/gps", {}, None, 400, "Not supported method: PUT"),
    ("GET", "/v2/gps", None, None, 400, "No coordinates are set"),
    ("POST", "/v2/gps", {"lat": "90.5", "lon": "0"}, None, 400, "Error with setting GPS"),
    ("POST", "/v2/gps", {"lat": "nan", "lon": "0"}, None, 400, "Error with setting GPS"),
    ("POST", "/v2/gps", {"lat": True, "lon": "0"}, None, 400, "Error with setting GPS"),
    ("POST", "/v2/gps", {"lat": "1"}, None, 400, "Error with setting GPS"),
    ("POST", "/v2/gps", None, None, 400, "Incorrect content type"),
    ("POST", "/v2/log", {"id": "own"}, None, 400, NO_LOGGER),
    ("POST", "/v2/log", {"id": "x", "type": "info", "message": "m"}, None, 400, NO_LOGGER),
    ("POST", "/v2/commandline", {}, TOKEN, 400, "Missing required property 'command'"),
    ("GET", "/v2/control/socket", None, None, 400, "Missing input field id"),
    ("GET", "/v2/control/socket/id/", None, None, 400, "Missing input field id"),
    (
        "GET",
        "/v2/control/socket/id/own",
        None,
        None,
        400,
        "Upgrade: only a WebSocket is served here",
    ),
    ("POST", "/v2/control/socket/id/own", None, None, 405, "Method Not Allowed"),
]


@pytest.mark.parametrize(("method", "path", "body", "token", "status", "text"), REFUSALS)
def test_each_is_said(
    site: LocalApiSite,
    method: str,
    path: str,
    body: Any,
    token: str | None,
    status: int,
    text: str,
) -> None:
    heard = site.ask(method, path, body, token=site.token if token else None)
    assert (heard.status, heard.body) == (status, {"status": "failed", "errorMessage": text})
    assert heard.headers["content-type"] == "application/json"


def test_what_a_parser_says_is_passed_on(site: LocalApiSite) -> None:
    for path in ("/v2/config", "/v2/provision", "/v2/commandline"):
        heard = site.ask("POST", path, b"{", token=site.token)
        assert heard.status == 400
        assert heard.body["errorMessage"].startswith("Log message parsing error, ")


def test_what_cannot_be_done_now(site: LocalApiSite) -> None:
    heard = site.ask("DELETE", "/v2/deprovision", token=site.token)
    assert heard.status == 500
    assert heard.body == {"message": "Failure - not provisioned", "status": "failed"}
    site.microservices.away = "the engine does not answer"
    heard = site.ask("POST", "/v2/prune", token=site.token)
    assert heard.status == 500
    assert heard.body == {
        "message": "Failure - not pruned: the engine does not answer",
        "status": "failed",
    }


def test_a_socket_without_an_id_is_answered_and_never_left_open(site: LocalApiSite) -> None:
    for path in ("/v2/control/socket", "/v2/control/socket/id", "/v2/control/socket/id/?id="):
        asked = (
            f"GET {path} HTTP/1.1\r\nHost: iofog\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {22 * 'A'}==\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", site.port), 20) as line:
            line.sendall(asked.encode())
            heard = line.recv(4_096)
            assert heard.startswith(b"HTTP/1.1 400 ")
            assert (
                json.loads(heard.partition(b"\r\n\r\n")[2])["errorMessage"]
                == "Missing input field id"
            )


def test_a_version_that_nobody_speaks(site: LocalApiSite) -> None:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "8",
        "Sec-WebSocket-Key": 22 * "A" + "==",
    }
    heard = site.ask("GET", "/v2/control/socket/id/own", headers=headers)
    assert heard.status == 426
    assert heard.headers["sec-websocket-version"] == "13"


def test_a_body_on_a_get_is_accepted(site: LocalApiSite) -> None:
    """Two public SDKs send one."""
    heard = site.ask("GET", "/v2/edgeResources", {"id": "own"})
    assert (heard.status, heard.body) == (200, {"edgeResources": "[]"})


def test_keep_alive_and_close(site: LocalApiSite) -> None:
    body = b'{"id":"own"}'
    asked = (
        b"POST /v2/config/get HTTP/1.1\r\nHost: iofog\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n%s\r\n"
    )
    with socket.create_connection(("127.0.0.1", site.port), 20) as line:
        line.sendall(asked % (len(body), b"") + body)
        heard = line.recv(4_096)  # head and body in one segment
        assert heard.endswith(b'\r\n\r\n{"status":"okay","config":"{\\"a\\":1}"}')
        line.sendall(asked % (len(body), b"Connection: close\r\n") + body)
        heard = b""
        while data := line.recv(4_096):
            heard += data
        assert heard.startswith(b"HTTP/1.1 200 ")
