"""Every example of the ioFog Local API document (seed 002), replayed on a port."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.fakes.local_api import KEY, LocalApiSite

CONTAINER = "R4b2WPZRbycCzyZBz9tD7BdMWg94YDhQ"
SOCKET_ID = "34t9whefsdfDFKjhw4tiouhwef"
CONFIG = '{"property1":"value1","property2":"value2"}'
STATUS = {
    "running-microservices",
    "system-total-cpu",
    "memory-usage",
    "system-available-memory",
    "system-time",
    "disk-usage",
    "connection-to-controller",
    "cpu-usage",
    "messages-processed",
    "system-available-disk",
    "iofog-daemon",
}
INFO = {
    "log-file-directory",
    "iofog-controller",
    "cpu-usage-limit",
    "developer-mode",
    "post-diagnostics-frequency",
    "docker-url",
    "status-update-frequency",
    "memory-ram-limit",
    "log-disk-limit",
    "isolated-docker-containers-mode",
    "iofog-certificate",
    "ip-address",
    "network-interface",
    "fog-type",
    "disk-usage-limit",
    "iofog-uuid",
    "gps-mode",
    "message-storage-directory",
    "get-changes-frequency",
    "gps-coordinates",
    "log-rolling-file-count",
    "scan-devices-frequency",
    "log-level",
    "docker-pruning-frequency",
    "disk-threshold integer",
}
OF_CODE = {
    "message-storage-limit",
    "available-disk-threshold",
    "secure-mode",
    "ready-to-upgrade-scan-frequency",
    "time-zone",
}
"""Keys of `/v2/info` that only ioFog's code has."""
KEYS = {
    "disk-limit": ("20", "disk-usage-limit", "20.00 GiB"),
    "disk-directory": ("/var/lib/forepost/", "message-storage-directory", "/var/lib/forepost/"),
    "memory-limit": ("2048", "memory-ram-limit", "2048.00 MiB"),
    "cpu-limit": ("50", "cpu-usage-limit", "50.00%"),
    "controller-url": (
        "http://198.18.0.1:51121/api/v3/",
        "iofog-controller",
        "http://198.18.0.1:51121/api/v3/",
    ),
    "cert-directory": ("/etc/cert.crt", "iofog-certificate", "/etc/cert.crt"),
    "docker-url": ("unix:///run/other.sock", "docker-url", "unix:///run/other.sock"),
    "network-adapter": ("eth1", "network-interface", "eth1"),
    "logs-limit": ("5", "log-disk-limit", "5.00 GiB"),
    "logs-directory": ("/var/log/forepost/", "log-file-directory", "/var/log/forepost/"),
    "logs-count": ("20", "log-rolling-file-count", "20"),
    "status-frequency": ("30", "status-update-frequency", "30"),
    "changes-frequency": ("60", "get-changes-frequency", "60"),
    "diagnostics-frequency": ("15", "post-diagnostics-frequency", "15"),
    "device-scan-frequency": ("90", "scan-devices-frequency", "90"),
    "isolated": ("on", "isolated-docker-containers-mode", "on"),
    "gps": ("55.75,37.61", "gps-coordinates", "55.75,37.61"),
    "fog-type": ("arm", "fog-type", "arm"),
    "developer-mode": ("on", "developer-mode", "on"),
    "log-level": ("WARNING", "log-level", "WARNING"),
    "docker-pruning-frequency": ("12", "docker-pruning-frequency", "12"),
    "disk-threshold integer": ("30", "disk-threshold integer", "30"),
}
"""Of POST /v2/config: a value, and where `/v2/info` shows it how."""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[LocalApiSite]:
    made = LocalApiSite(tmp_path)
    made.microservices.configs = {CONTAINER: CONFIG}
    with made.running() as found:
        yield found


def test_get_container_configuration(agent: LocalApiSite) -> None:
    heard = agent.ask("POST", "/v2/config/get", {"id": CONTAINER})
    assert heard.status == 200
    assert heard.body == {"status": "okay", "config": CONFIG}
    assert list(heard.body) == ["status", "config"]
    assert "content-length" in heard.headers


def test_get_control_websocket_connection(agent: LocalApiSite) -> None:
    url = f"ws://127.0.0.1:{agent.port}/v2/control/socket/id/{SOCKET_ID}"
    with connect(url, proxy=None) as line:
        agent.configure(SOCKET_ID, CONFIG)
        assert line.recv(20) == b"\x0c"  # op code 12
        line.send(b"\x0b")  # op code 11
        heard = agent.ask("POST", "/v2/config/get", {"id": SOCKET_ID})
        assert heard.body["config"] == CONFIG


def test_the_id_may_be_a_query_parameter_as_the_document_lists_it(agent: LocalApiSite) -> None:
    for path in (
        f"/v2/control/socket?id={SOCKET_ID}",
        f"/v2/control/socket/id?id={SOCKET_ID}",
        f"/v2/control/socket/id/{SOCKET_ID}?a=b",
        f"/v2/control/socket/zzz/{SOCKET_ID}",
        f"/v2/control/socket/id/{SOCKET_ID}/",
    ):
        agent.set(configs={})
        with connect(f"ws://127.0.0.1:{agent.port}{path}", proxy=None) as line:
            agent.configure(SOCKET_ID, CONFIG)
            assert line.recv(20) == b"\x0c", path


def test_op_codes_9_and_10(agent: LocalApiSite) -> None:
    """Ping and pong are those of WebSockets; one of nine is answered with ten."""
    asked = (
        f"GET /v2/control/socket/id/{SOCKET_ID} HTTP/1.1\r\nHost: iofog:{agent.port}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {22 * 'A'}==\r\nOrigin: ws://iofog:{agent.port}\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", agent.port), 20) as line:
        pong = b"\x8a\x81" + bytes(4) + b"\x0a"  # that nobody asked for is tolerated
        line.sendall(asked + pong + b"\x89\x81" + bytes(4) + b"\x09")
        line.sendall(b"\x89\x82" + bytes(4) + b"ab")
        heard = b""
        while not heard.endswith(b"\x8a\x02ab"):
            heard += line.recv(4_096)
    head, _, frames = heard.partition(b"\r\n\r\n")
    assert frames == b"\x8a\x01\x0a\x8a\x02ab"
    assert b"extensions" not in head.lower()


def test_get_service_status(agent: LocalApiSite) -> None:
    heard = agent.ask("GET", "/v2/status", token=agent.token)
    assert heard.status == 200
    assert heard.headers["content-type"] == "application/json"
    assert set(heard.body) == STATUS
    assert all(isinstance(value, str) and value for value in heard.body.values())
    assert heard.body["iofog-daemon"] == "RUNNING"
    assert heard.body["running-microservices"] == "1"
    assert heard.body["memory-usage"] == "about 14.63 MiB"
    assert heard.body["system-available-disk"] == "25600.00 MB (25.00 %)"
    assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d [AP]M", heard.body["system-time"])


def test_get_service_info(agent: LocalApiSite) -> None:
    heard = agent.ask("GET", "/v2/info", token=agent.token)
    assert heard.status == 200
    assert set(heard.body) == INFO | OF_CODE
    assert all(isinstance(value, str) for value in heard.body.values())


def test_get_service_version(agent: LocalApiSite) -> None:
    assert agent.ask("GET", "/v2/version", token=agent.token).body == {"version": "3.0.0"}


def test_attach(agent: LocalApiSite) -> None:
    heard = agent.ask("POST", "/v2/provision", {"provisioning-key": KEY}, token=agent.token)
    assert (heard.status, heard.body) == (200, {"uuid": "7Xh2", "status": "success"})
    assert agent.provisioned == KEY


def test_detach(agent: LocalApiSite) -> None:
    agent.provisioned = KEY
    heard = agent.ask("DELETE", "/v2/deprovision", token=agent.token)
    assert heard.status == 200
    assert heard.body == {
        "message": "Success - tokens, identifiers and keys removed",
        "status": "success",
    }
    assert not agent.provisioned


def test_change_configuration_with_every_key(agent: LocalApiSite) -> None:
    wanted = {key: value for key, (value, _, _) in KEYS.items()}
    heard = agent.ask("POST", "/v2/config", wanted, token=agent.token)
    assert (heard.status, heard.body) == (200, {})
    info = agent.ask("GET", "/v2/info", token=agent.token).body
    assert {key: info[shown] for key, (_, shown, _) in KEYS.items()} == {
        key: value for key, (_, _, value) in KEYS.items()
    }
    assert agent.applied[-1].prune_hours == 12


def test_accepted_spellings_of_keys(agent: LocalApiSite) -> None:
    for key, value, shown in (
        ("logs-level", "FINE", "log-level"),
        ("disk-threshold", "31", "disk-threshold integer"),
        ("available-disk-threshold", "32", "available-disk-threshold"),
        ("time-zone", "Europe/Berlin", "time-zone"),
        ("secure-mode", "on", "secure-mode"),
        ("upgrade-scan-frequency", "48", "ready-to-upgrade-scan-frequency"),
    ):
        heard = agent.ask("POST", "/v2/config", {key: value}, token=agent.token)
        assert (heard.status, heard.body) == (200, {}), key
        assert agent.ask("GET", "/v2/info", token=agent.token).body[shown] == value


def test_prune(agent: LocalApiSite) -> None:
    agent.microservices.freed = 4_096
    heard = agent.ask("POST", "/v2/prune", token=agent.token)
    assert heard.status == 200
    assert heard.body["message"].startswith("Success")
    assert heard.body["message"].endswith("4096")


def test_authorization_is_the_token_of_the_file(agent: LocalApiSite) -> None:
    for method, path in (
        ("GET", "/v2/status"),
        ("GET", "/v2/info"),
        ("GET", "/v2/version"),
        ("POST", "/v2/provision"),
        ("DELETE", "/v2/deprovision"),
        ("POST", "/v2/config"),
        ("POST", "/v2/prune"),
    ):
        body: dict[str, str] | None = {} if method == "POST" else None
        for token in (None, "", "x", agent.token.swapcase(), f"Bearer {agent.token}"):
            heard = agent.ask(method, path, body, token=token)
            assert heard.status == 401, (path, token)
            assert heard.body == {"status": "failed", "errorMessage": "Incorrect access token"}


def test_a_slash_at_the_end_and_a_query_change_nothing(agent: LocalApiSite) -> None:
    assert agent.ask("GET", "/v2/version/?x=1", token=agent.token).status == 200
    assert agent.ask("POST", "/v2/config/get/?x=1", {"id": CONTAINER}).status == 200


def test_json_is_said_with_the_answer_and_with_the_question(agent: LocalApiSite) -> None:
    body = json.dumps({"id": CONTAINER}).encode()
    for said in ("Application/JSON", "application/json; charset=utf-8"):
        heard = agent.ask("POST", "/v2/config/get", body, headers={"Content-Type": said})
        assert heard.status == 200
    heard = agent.ask("POST", "/v2/config/get", body, headers={"Content-Type": "text/plain"})
    assert heard.status == 400
    assert heard.body["errorMessage"] == "Incorrect content type text/plain"
