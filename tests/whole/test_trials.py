"""Trials: somebody asks an agent to measure once, now; agent, controller and servers are real."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.agent_socket import agent_socket
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until
from tests.tls_front import Front


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(3)
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield http.server_port
        http.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


@contextmanager
def nowhere_named() -> Iterator[int]:
    """A DNS server that knows no name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))

        def answer() -> None:
            asked, where = udp.recvfrom(2_048)
            udp.sendto(asked[:2] + b"\x81\x83" + asked[4:], where)

        thread = threading.Thread(target=answer)
        thread.start()
        yield int(udp.getsockname()[1])
        thread.join()


class Place:
    def __init__(self, controller: ControllerProcess, name: str) -> None:
        self.person: Person = controller.person(f"{name}@example.com", "a good password")
        self.workspace = self.person.workspace("w")
        self.agent: NewAgent = self.person.agent(self.workspace)
        self.path = f"/workspaces/{self.workspace}/agents/{self.agent.id}/trials"

    def ask(self, kind: str, target: str = "", *, status: int = 200, **more: Any) -> Any:
        body = {"type": kind, "target": target, **more}
        return self.person.call("POST", self.path, body, status=status)


@pytest.fixture(scope="module")
def place(
    controller: ControllerProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    made = Place(controller, "trials")
    process = AgentProcess(
        tmp_path_factory.mktemp("agent"),
        controller.url,
        made.agent,
        FOREPOST_PROBES__DENY='["198.18.99.0/24"]',
    ).start()
    until(lambda: (process.status() or {}).get("connected"), 30, lambda: process.output)
    yield made
    process.end()


def test_each_type_is_run_once_and_answers_with_its_verdict(
    place: Place, server: int, tmp_path: Path
) -> None:
    usual = place.ask("PING", "127.0.0.1")
    assert (usual["count"], usual["payload"]["packets_sent"]) == (4, 4)
    ping = place.ask("PING", "127.0.0.1", count=3, timeout_sec=2)
    assert (ping["status"], ping["reason"]) == ("healthy", "")
    assert ping["words"].endswith(" ms")
    assert ping["payload"]["packets_recv"] == 3
    assert ping["asked_by"] == "trials@example.com"

    missing = place.ask("HTTP", f"http://127.0.0.1:{server}/missing")
    assert missing["payload"]["status_code"] == 404
    assert missing["status"] == "critical"
    assert "404" in missing["reason"]

    tcp = place.ask("TCP", f"127.0.0.1:{server}", count=2)
    assert (tcp["status"], len(tcp["payload"]["connects_ms"])) == ("healthy", 2)
    shut = place.ask("TCP", "127.0.0.1:9", count=1, timeout_sec=1)
    assert shut["status"] == "critical"

    dns = place.ask("DNS", "example.com", metadata={"dns_server": "127.0.0.1:9"}, timeout_sec=1)
    assert (dns["status"], dns["payload"]["response_code"]) == ("critical", "ERROR")
    with nowhere_named() as port:
        answered = place.ask("DNS", "example.com", metadata={"dns_server": f"127.0.0.1:{port}"})
    assert (answered["status"], answered["reason"][:8]) == ("degraded", "NXDOMAIN")
    with Front(tmp_path).before(server) as port:
        tls = place.ask("TLS", f"127.0.0.1:{port}")
    assert tls["payload"]["tls_version"] == "TLS 1.3"
    assert tls["words"].endswith(" days")
    mtr = place.ask("MTR", "127.0.0.1", count=1)
    assert mtr["payload"]["report"]["hops"]
    host = place.ask("SYSINFO")
    assert host["payload"]["memoryInfo"]["total_bytes"] > 0

    listed = place.person.call("GET", f"/workspaces/{place.workspace}/trials")["data"]
    assert [one["type"] for one in listed[:3]] == ["SYSINFO", "MTR", "TLS"]
    assert listed == place.person.call("GET", place.path)["data"]
    assert listed[0]["payload"] is None
    rows = place.person.call("GET", f"/workspaces/{place.workspace}/audit?limit=200")["data"]
    assert "trials.run" in {row["action"] for row in rows}


def test_what_a_probe_would_be_refused_for_is_refused(place: Place) -> None:
    assert "targets" in place.ask("PING", "", status=400)["error"]
    assert "targets" in place.ask("PING", "not a host", status=400)["error"]
    place.ask("AGENT", "1", status=400)
    place.ask("SPEEDTEST", "x", status=400)
    assert "count" in place.ask("PING", "127.0.0.1", count=101, status=400)["error"]
    assert "timeout_sec" in place.ask("PING", "127.0.0.1", timeout_sec=31, status=400)["error"]
    place.ask("HTTP", "http://127.0.0.1/", metadata={"methd": "GET"}, status=400)
    denied = place.ask("PING", "198.18.99.1", count=1)
    assert denied["status"] != "healthy"
    assert "this site does not allow it" in denied["reason"] + str(denied["payload"])


def test_no_more_than_four_at_once(place: Place, server: int) -> None:
    url = f"http://127.0.0.1:{server}/slow"

    def one(_: int) -> int:
        body = {"type": "HTTP", "target": url, "timeout_sec": 10}
        return place.person.ask("POST", place.path, json=body).status_code

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(one, range(6))) == [200, 200, 200, 200, 429, 429]


def test_who_is_not_there_or_cannot_is_said_to_be_so(controller: ControllerProcess) -> None:
    place = Place(controller, "away")
    assert "is not connected" in place.ask("PING", "127.0.0.1", status=409)["error"]
    with agent_socket(controller, place.agent) as socket:
        socket.probes()
        assert "cannot be asked" in place.ask("PING", "127.0.0.1", status=409)["error"]
    stranger = controller.person("stranger@example.com", "a good password")
    body = {"type": "PING", "target": "127.0.0.1"}
    stranger.call("POST", place.path, body, status=404)
    stranger.call("GET", place.path, status=404)


def test_a_viewer_sees_and_does_not_ask(controller: ControllerProcess, place: Place) -> None:
    viewer = controller.person("viewer@example.com", "a good password")
    place.person.admit(viewer, place.workspace, "VIEWER")
    viewer.call("POST", place.path, {"type": "PING", "target": "127.0.0.1"}, status=403)
    viewer.call("GET", place.path)
