"""NetWatcher's own panel, request by request, against `/netwatcher`: field by field in name and
kind, nothing 404 and nothing 5xx.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.agent_socket import AgentSocket
from tests.controller.topology.mtr_reports import report
from tests.running import ControllerProcess, Person, until
from tests.seeds.netwatcher_step import Step
from tests.seeds.netwatcher_walk import WALK

PREFIX = "/netwatcher"


class Walk:
    """A workspace with two agents, results of all types, an open alert and a share link."""

    def __init__(self, controller: ControllerProcess, person: Person) -> None:
        self.controller, self.owner = controller, person
        self.admin = controller.person()
        self.guest = controller.person(f"guest-{person.user_id}@example.com", "a good password")
        w = person.workspace("walk")
        self.a, self.b = person.agent(w, "a"), person.agent(w, "b")
        spare = person.agent(w, "spare")
        self.probes = {
            "ping": person.probe(self.a, type="PING", targets=["198.18.0.1"]),
            "mtr": person.probe(self.a, type="MTR", targets=["198.18.0.1"]),
            "sim": person.probe(self.a, type="AGENT", agent_targets=[self.b.id]),
            "dns": person.probe(self.a, type="DNS", targets=["example.com"]),
            "http": person.probe(self.a, type="HTTP", targets=["https://example.com"]),
            "tls": person.probe(self.a, type="TLS", targets=["example.com:443"]),
        }
        rules = f"/workspaces/{w}/alert-rules"
        rule = {"name": "r", "metric": "packet_loss", "operator": ">", "threshold": 1}
        self.numbers: dict[str, Any] = {
            "w": w,
            "a": self.a.id,
            "b": self.b.id,
            "spare": spare.id,
            "user": person.user_id,
            "guest": self.guest.user_id,
            "rule": person.call("POST", rules, rule, status=201)["id"],
            **self.probes,
        }
        kept = person.call("POST", f"/workspaces/{w}/reports", {"name": "kept"}, status=201)
        self.numbers["report"] = kept["id"]
        links = f"/workspaces/{w}/agents/{self.a.id}/share-links"
        self.numbers["token"] = person.call("POST", links, {}, status=201)["token"]

    def measure(self, line: AgentSocket) -> None:
        """A result of each type, some minutes old, so that a bucket is over."""
        at, of = datetime.now(UTC) - timedelta(minutes=3), self.probes
        ping = {"packets_sent": 5, "packets_recv": 4, "packet_loss": 20, "avg_rtt": 9_000_000}
        ping |= {"min_rtt": 9_000_000, "max_rtt": 9_000_000}
        sim: dict[str, float] = {
            "totalPackets": 60,
            "receivedPackets": 57,
            "lostPackets": 3,
            "lossPercentage": 5,
        }
        sim |= {"averageRTT": 12, "medianRTT": 11, "minRTT": 9, "maxRTT": 30, "p95RTT": 20}
        sim |= {"p99RTT": 29, "stdDevRTT": 2, "jitterAvg": 1, "jitterMedian": 1, "jitterP95": 3}
        sim |= {"MOS": 4.2, "RFactor": 88, "outOfOrder": 2, "duplicates": 1}
        hops = [("192.0.2.1", 1.0, 0.0), ("198.18.0.1", 9.0, 0.0)]
        line.post("PING", ping, probe_id=of["ping"], at=at, target="198.18.0.1")
        line.post("MTR", report(hops, "198.18.0.1"), probe_id=of["mtr"], at=at)
        line.post("TRAFFICSIM", sim, probe_id=of["sim"], at=at, target="198.18.0.2:5000")
        asked = {"target": "example.com", "dns_server": "192.0.2.53", "query_time_ms": 4}
        line.post("DNS", asked, probe_id=of["dns"], at=at, target="example.com")
        web = {"url": "https://example.com", "status_code": 200, "total_ms": 30}
        line.post("HTTP", web, probe_id=of["http"], at=at, target="https://example.com")
        line.post("TLS", {"days_until_expiry": 9}, probe_id=of["tls"], at=at, target="example.com")
        line.post("SYSINFO", {"hostInfo": {"name": "a"}}, at=at)
        line.post("NETINFO", {"local_address": "198.18.0.5"}, at=at)

    def take(self, step: Step) -> httpx.Response:
        method, path = step.asks.split(" ", 1)
        url = PREFIX + path.format(**self.numbers)
        body = None if step.body is None else _filled(step.body, self.numbers)
        if step.who == "nobody":
            return httpx.request(method, self.controller.url + url, json=body, verify=False)
        return {"owner": self.owner, "admin": self.admin}[step.who].ask(method, url, json=body)


@pytest.fixture
def walk(controller: ControllerProcess, person: Person) -> Iterator[Walk]:
    walked = Walk(controller, person)
    url = controller.ws + PREFIX + "/ws/agent"
    with connect(url, additional_headers=walked.a.headers, proxy=None) as line:
        walked.measure(AgentSocket(line))
        alerts = f"/workspaces/{walked.numbers['w']}/alerts"
        alert, *_ = until(lambda: person.call("GET", alerts)["data"], 8)
        walked.numbers["alert"] = alert["id"]
        yield walked


def test_all_that_its_panel_asks_for(walk: Walk) -> None:
    for step in WALK:
        answer = walk.take(step)
        said = f"{step.asks} ({step.who}): {answer.status_code} {answer.text[:300]}"
        assert answer.status_code == step.status, said
        assert answer.headers["content-type"].startswith("application/json"), said
        if step.status >= 400:
            assert answer.json()["error"], said
        for wrong in _wrong(answer.json(), step.answers, ""):
            raise AssertionError(f"{said}: {wrong}")


def test_its_charts_are_in_milliseconds_and_count_what_was_lost(walk: Walk) -> None:
    data = f"{PREFIX}/workspaces/{walk.numbers['w']}/probe-data/probes"
    of = f"{data}/{walk.probes['ping']}/data"
    (ping,) = walk.owner.call("GET", f"{of}?aggregate=30&type=PING")["data"]
    assert ping["payload"] == {
        "latency": 9.0,
        "avgLatency": 9.0,
        "minLatency": 9.0,
        "maxLatency": 9.0,
        "packetLoss": 20.0,
        "packetsSent": 5,
        "packetsRecv": 4,
    }
    (raw,) = walk.owner.call("GET", f"{of}?type=PING")["data"]
    assert raw["payload"]["avg_rtt"] == 9_000_000
    of = f"{data}/{walk.probes['sim']}/data"
    (sim,) = walk.owner.call("GET", f"{of}?aggregate=30&type=TRAFFICSIM")["data"]
    counts = ("totalPackets", "lostPackets", "receivedPackets", "outOfSequence", "duplicates")
    assert [sim["payload"][name] for name in counts] == [60, 3, 57, 2, 1]
    assert sim["payload"]["lossPercentage"] == 5.0
    assert sim["payload"]["mos"] == pytest.approx(4.2)
    (stored,) = walk.owner.call("GET", f"{of}?type=TRAFFICSIM")["data"]
    assert stored["payload"]["outOfSequence"] == stored["payload"]["outOfOrder"] == 2


def test_the_document_keeps_its_own_shapes_where_they_are(walk: Walk) -> None:
    assert set(walk.owner.call("GET", "/workspaces")) == {"data", "total", "limit", "offset"}
    of = f"/workspaces/{walk.numbers['w']}/probe-data/probes/{walk.probes['ping']}/data"
    (ping,) = walk.owner.call("GET", f"{of}?aggregate=30&type=PING")["data"]
    assert ping["payload"]["avg_rtt"] == 9_000_000
    refused = walk.owner.call("GET", "/workspaces?unknown=1", status=400)
    assert refused["error"].startswith("unknown: ")
    assert walk.owner.call("GET", PREFIX + "/workspaces/999999", status=404) == {
        "error": "workspace not found"
    }


def test_its_reports_are_pdf(walk: Walk) -> None:
    of = f"/workspaces/{walk.numbers['w']}/reports"
    for path in (
        f"{of}/{walk.numbers['report']}/run",
        f"{of}/preview?time_range_days=7",
        f"{of}/voice/run?time_range_days=1",
        f"/agents/{walk.a.id}/reports/agent_detail/run?time_range_days=1",
    ):
        answer = walk.owner.ask("GET", PREFIX + path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-1."), path
    stranger = walk.guest.ask("GET", f"{PREFIX}/agents/{walk.a.id}/reports/agent_detail/run")
    assert (stranger.status_code, stranger.json()) == (404, {"error": "agent not found"})


def test_a_pin_is_shown_once_to_who_made_it(walk: Walk) -> None:
    made = walk.owner.call(
        "POST", f"{PREFIX}/workspaces/{walk.numbers['w']}/agents", {"name": "new"}, status=201
    )
    pending = f"/workspaces/{walk.numbers['w']}/agents/{made['agent']['id']}/pending-pin"
    walk.owner.admit(walk.guest, walk.numbers["w"])
    assert walk.guest.call("GET", pending) == {"pin": "", "initialized": False}
    assert walk.owner.call("GET", pending) == {"pin": made["pin"], "initialized": False}
    assert walk.owner.call("GET", pending) == {"pin": "", "initialized": False}
    body = {"workspace_id": walk.numbers["w"], "agent_id": made["agent"]["id"], "pin": made["pin"]}
    assert httpx.post(walk.controller.url + PREFIX + "/agent", json=body).status_code == 200
    assert walk.owner.call("GET", pending) == {"pin": "", "initialized": True}


def test_live_results_of_its_panel_and_of_a_share_link(walk: Walk) -> None:
    base = walk.controller.ws + PREFIX
    panel = f"{base}/ws/panel/raw?token={walk.owner.token}"
    shared = f"{base}/ws/share/raw?token={walk.numbers['token']}"
    agent = connect(base + "/ws", additional_headers=walk.b.headers, proxy=None)
    with connect(panel, proxy=None) as first, connect(shared, proxy=None) as second, agent:
        asked = {"workspace_id": walk.numbers["w"], "probe_id": 0}
        first.send(json.dumps({"event": "subscribe", "data": asked}))
        assert json.loads(first.recv(5))["event"] == "subscribe_ok"
        second.send(json.dumps({"event": "ping"}))
        assert json.loads(second.recv(5))["event"] == "pong"
        # What a link does not show: results of another agent, and what befalls the workspace.
        AgentSocket(agent).post("SYSINFO", {})
        alerts = f"/workspaces/{walk.numbers['w']}/alerts"
        (alert, *_) = walk.owner.call("GET", alerts)["data"]
        walk.owner.call("PATCH", f"{alerts}/{alert['id']}", {"status": "acknowledged"})
        while json.loads(first.recv(8))["event"] != "alert_update":
            pass
        url = base + "/ws/agent"
        with connect(url, additional_headers=walk.a.headers, proxy=None) as line:
            ping = {"packets_sent": 1, "packets_recv": 1, "avg_rtt": 5_000_000}
            AgentSocket(line).post("PING", ping, probe_id=walk.probes["ping"], target="198.18.0.1")
        for socket in (first, second):
            while (frame := json.loads(socket.recv(8)))["data"].get("type") != "PING":
                assert socket is first, frame
            assert frame["event"] == "probe_data"
            assert frame["data"]["payload"]["avg_rtt"] == 5_000_000
    refused: Any = None
    with suppress(Exception):
        refused = connect(f"{base}/ws/share/raw?token=nonsense", proxy=None)
    assert refused is None


def _filled(body: Any, numbers: dict[str, Any]) -> Any:
    """`"{a}"` is the number itself."""
    match body:
        case dict():
            return {name: _filled(value, numbers) for name, value in body.items()}
        case list():
            return [_filled(value, numbers) for value in body]
        case str() if body.startswith("{") and body.endswith("}"):
            return numbers[body[1:-1]]
        case str():
            return body.format(**numbers) if "{" in body else body
        case _:
            return body


def _wrong(value: Any, kind: Any, at: str) -> Iterator[str]:
    """What is not of its kind."""
    match kind:
        case None:
            return
        case dict():
            if not isinstance(value, dict):
                yield f"{at or 'answer'}: is {value!r}, no object"
                return
            for name, inner in kind.items():
                if name not in value:
                    yield f"{at}.{name}: is missing"
                else:
                    yield from _wrong(value[name], inner, f"{at}.{name}")
        case [inner]:
            if not isinstance(value, list) or not value:
                yield f"{at or 'answer'}: is {str(value)[:80]}, no list with something in it"
                return
            for place, one in enumerate(value):
                yield from _wrong(one, inner, f"{at}[{place}]")
        case _:
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                yield f"{at}: is {value!r}, not {kind}"
