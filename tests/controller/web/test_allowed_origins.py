"""Pages of other hosts, as a browser asks for them."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from forepost.controller.web.allowed_origins import AllowedOrigins
from forepost.kit.settings import WrongSettings
from tests.running import ControllerProcess

PANEL = "https://panel.example.com"
OTHER = "https://evil.example.com"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller"))
    process.env["FOREPOST_HTTP__ALLOWED_ORIGINS"] = json.dumps([PANEL + "/", "http://[::1]:8080"])
    process.start()
    yield process
    process.end()


def asked(controller: ControllerProcess, method: str, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, controller.url + path, headers=named, verify=False)


def test_a_page_that_is_named_may_ask_and_read(opened: ControllerProcess) -> None:
    preflight = asked(
        opened,
        "OPTIONS",
        "/workspaces/1/agents/2",
        Origin=PANEL,
        Access_Control_Request_Method="PATCH",
        Access_Control_Request_Headers="authorization,content-type",
    )
    assert (preflight.status_code, preflight.content) == (204, b"")
    told = preflight.headers
    assert told["access-control-allow-origin"] == PANEL
    assert "PATCH" in told["access-control-allow-methods"]
    assert "Authorization" in told["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in told
    for path, status in (("/healthz", 200), ("/workspaces", 401), ("/nope", 404)):
        answer = asked(opened, "GET", path, Origin=PANEL)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PANEL
        assert answer.headers["vary"] == "Origin"
    assert asked(opened, "GET", "/healthz", Origin="http://[::1]:8080").headers[
        "access-control-allow-origin"
    ]


def test_others_may_not(opened: ControllerProcess) -> None:
    for origin in (OTHER, "null", PANEL + ":8443", "http://panel.example.com"):
        preflight = asked(
            opened, "OPTIONS", "/workspaces", Origin=origin, Access_Control_Request_Method="POST"
        )
        answer = asked(opened, "GET", "/healthz", Origin=origin)
        for told in (preflight.headers, answer.headers):
            assert not [name for name in told if name.startswith("access-control")]
            assert told["vary"] == "Origin"
    plain = asked(opened, "GET", "/healthz")
    assert not [name for name in plain.headers if name.startswith("access-control")]


def test_a_live_connection_of_such_a_page(opened: ControllerProcess) -> None:
    """By its token: a cookie counts for the panel's own page alone."""
    person = opened.person()
    url = f"{opened.ws}/ws/panel/raw?token={person.token}"
    with connect(url, origin=Origin(PANEL), proxy=None) as socket:
        socket.send(json.dumps({"event": "ping"}))
        assert json.loads(socket.recv(5))["event"] == "pong"


def test_without_the_setting_no_page_of_another_host_may(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path).start()
    try:
        preflight = asked(
            process, "OPTIONS", "/workspaces", Origin=PANEL, Access_Control_Request_Method="GET"
        )
        assert not [name for name in preflight.headers if name.startswith("access-control")]
    finally:
        process.end()


@pytest.mark.parametrize(
    "wrong", ["*", "https://*.example.com", "panel.example.com", "ftp://x", "https://x/path", ""]
)
def test_what_is_no_origin_is_no_setting(wrong: str) -> None:
    with pytest.raises(WrongSettings, match=r"http\.allowed_origins: "):
        AllowedOrigins([wrong])
