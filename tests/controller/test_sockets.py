"""The two WebSockets of a running controller, with clients that behave badly."""

import json
import secrets
import time
import zlib
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from forepost.wire.uplink.pieces import Pieces
from tests.running import ControllerProcess, NewAgent, Person, until

DELETED = "Hagent_deleted: agent has been removed from workspace"


@pytest.fixture
def agent(person: Person) -> NewAgent:
    return person.agent(person.workspace("w"))


def dial(controller: ControllerProcess, headers: dict[str, str], path: str = "/ws") -> Any:
    return connect(controller.ws + path, additional_headers=headers, proxy=None, max_size=1 << 24)


def greeting(controller: ControllerProcess, headers: dict[str, str], path: str = "/ws") -> str:
    with dial(controller, headers, path) as socket:
        socket.send("M")
        return str(socket.recv(5))


def hello(socket: ClientConnection, namespace: str = "agent") -> None:
    socket.send("M")
    assert str(socket.recv(5)).startswith("A")
    socket.send(f"$1;{namespace};;_OnNamespaceConnect;0;0;")
    assert socket.recv(5) == "$1;;;;;;"


def test_refusals_are_netwatchers_words(controller: ControllerProcess, agent: NewAgent) -> None:
    good = agent.headers
    missing = "Hunauthorized: missing X-Workspace-ID, X-Agent-ID, or X-Agent-PSK headers"
    assert greeting(controller, {}) == missing
    letters = {**good, "X-Workspace-ID": "one"}
    assert greeting(controller, letters) == "Hunauthorized: invalid workspace id"
    assert greeting(controller, {**good, "X-Agent-ID": "-1"}) == "Hunauthorized: invalid agent id"
    for wrong in (
        {**good, "X-Agent-PSK": "0" * 64},
        {**good, "X-Agent-ID": "999999"},
        {**good, "X-Workspace-ID": "999999"},
    ):
        assert greeting(controller, wrong) == "Hunauthorized: invalid psk"
    assert greeting(controller, good, "/ws/agent").startswith("A")


def test_a_deleted_agent_is_told_so(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    with dial(controller, agent.headers) as socket:
        hello(socket)
        person.call("DELETE", f"/workspaces/{agent.workspace}/agents/{agent.id}")
        assert socket.recv(5) == ';agent;;deactivate;0;0;{"reason":"deleted"}'
    assert greeting(controller, agent.headers) == DELETED
    body = {"workspace_id": agent.workspace, "agent_id": agent.id, "psk": agent.psk}
    gone = person.call("POST", "/agent", body, status=410)
    assert gone == {"status": "deleted", "error": "agent_deleted"}


def test_malformed_frames_are_answered_and_cost_nothing_else(
    controller: ControllerProcess, agent: NewAgent
) -> None:
    with dial(controller, agent.headers) as socket:
        hello(socket)
        for junk in ("", ";", "a;b;c", "\x00" * 100, ";agent;;probe_post;9;0;{}"):
            socket.send(junk)
            answer = str(socket.recv(5))
            assert answer.startswith(";agent;;;1;0;malformed message: ")
        socket.send(b"\xff\xfe not text")
        assert "malformed" in str(socket.recv(5))
        socket.send(";agent;;probe_post;0;0;{}")
        assert socket.recv(5) == (
            ";agent;;probe_post;1;0;body: object missing required field `created_at`"
        )
        socket.send(';agent;;ping;0;0;{"ts":"2026-11-21T09:14:47Z"}')
        assert socket.recv(5) == ';agent;;pong;0;0;{"ok":true}'
    with pytest.raises(ConnectionClosed):
        say_too_much(controller, agent)
    assert greeting(controller, agent.headers).startswith("A")


def say_too_much(controller: ControllerProcess, agent: NewAgent) -> None:
    """Sending goes on while the other side hangs up: the library may see either first."""
    with dial(controller, agent.headers) as socket:
        hello(socket)
        socket.send(";agent;;probe_post;0;0;" + "x" * (2 << 20))
        socket.recv(5)


def test_an_agent_speaks_only_for_its_own_probes(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    other = person.agent(agent.workspace, "other")
    probe = person.probe(other, type="PING", targets=["198.18.0.1"])
    post = {"probe_id": probe, "created_at": "2026-01-01T00:00:00Z", "type": "PING", "payload": {}}
    with dial(controller, agent.headers) as socket:
        hello(socket)
        socket.send(f";agent;;probe_post;0;0;{json.dumps(post)}")
        assert socket.recv(5) == (";agent;;probe_post;1;0;probe_id: not a probe of this agent")
    assert person.results(other, probe) == []


def test_a_second_connection_ends_the_first(controller: ControllerProcess, agent: NewAgent) -> None:
    with dial(controller, agent.headers) as first, dial(controller, agent.headers) as second:
        hello(first)
        hello(second)
        assert "_OnNamespaceDisconnect" in str(first.recv(5))
        with pytest.raises(ConnectionClosed):
            first.recv(5)
        second.send(";agent;;probe_get;0;0;please")
        assert str(second.recv(5)).startswith(";agent;;probe_get;0;0;[")


@pytest.mark.parametrize("packs", [True, False])
def test_a_long_list_comes_in_pieces_to_who_opens_them(
    controller: ControllerProcess, person: Person, agent: NewAgent, packs: bool
) -> None:
    """An agent of before gets it as it always did."""
    targets = [f"198.18.{n // 250}.{n % 250}" for n in range(200)]
    for _ in range(4):
        person.probe(agent, type="PING", targets=targets)
    able = ["report", "want", *(["deflate"] if packs else [])]
    with dial(controller, agent.headers) as socket:
        hello(socket)
        socket.send("$2;forepost;;_OnNamespaceConnect;0;0;")
        socket.recv(5)
        said = json.dumps({"version": "9.9", "capabilities": able})
        socket.send(f";forepost;;hello;0;0;{said}")
        assert ";hello;" in str(socket.recv(5))
        pieces, text = Pieces(1 << 20), None
        while text is None:
            came = socket.recv(5)
            assert isinstance(came, bytes) is packs
            text = pieces.take(came) if isinstance(came, bytes) else came.encode()
            if isinstance(came, bytes):
                socket.send(";forepost;;piece_ok;0;0;")
        want = json.loads(text.removeprefix(b";forepost;;want;0;0;"))
        assert [len(probe["targets"]) for probe in want["probes"] if probe["targets"]] == [200] * 4


def test_who_answers_no_piece_is_heard_all_the_same(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    """Else its end is not heard either, and it is connected for ever."""
    for _ in range(8):
        targets = [f"198.18.{secrets.randbelow(256)}.{n}" for n in range(100)]
        person.probe(agent, type="PING", targets=targets, interval_sec=3_600, count=1)
    with dial(controller, agent.headers) as socket:
        hello(socket)
        socket.send("$2;forepost;;_OnNamespaceConnect;0;0;")
        assert socket.recv(5) == "$2;;;;;;"
        socket.send(';forepost;;hello;0;0;{"version":"x","capabilities":["deflate"]}')
        while not isinstance(said := socket.recv(10), bytes):
            pass
        assert said.startswith(b";forepost;;piece;0;0;+")  # there is more of it
        socket.send(';agent;;probe_get;0;0;"please"')
        socket.send(";agent;;ping;0;0;{}")
        while not str(socket.recv(10)).startswith(";agent;;pong;"):
            pass


def test_an_edited_probe_is_pushed_so_that_netwatchers_agent_keeps_it(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes/{probe}"
    with dial(controller, agent.headers) as socket:
        hello(socket)
        socket.send(";agent;;probe_get;0;0;hello")
        assert probe in {p["id"] for p in json.loads(str(socket.recv(5)).split(";", 6)[6])}
        person.call("PATCH", path, {"count": 9})
        without = json.loads(str(socket.recv(5)).split(";", 6)[6])
        assert probe not in {p["id"] for p in without}
        assert without
        started = time.monotonic()
        again = json.loads(str(socket.recv(5)).split(";", 6)[6])
        assert {p["id"]: p["count"] for p in again}[probe] == 9
        assert time.monotonic() - started > 0.9


def test_our_own_agent_is_given_a_document_with_a_revision(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    with dial(controller, agent.headers) as socket:
        hello(socket, "forepost")
        socket.send(';forepost;;hello;0;0;{"version":"9.9","capabilities":["report","want"]}')
        assert str(socket.recv(5)).startswith(";forepost;;hello;0;0;")
        first = json.loads(str(socket.recv(5)).removeprefix(";forepost;;want;0;0;"))
        probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
        second = json.loads(str(socket.recv(5)).removeprefix(";forepost;;want;0;0;"))
        assert first["revision"] != second["revision"]
        assert probe in {p["id"] for p in second["probes"]}
        post = {
            "probe_id": probe,
            "created_at": "2026-01-01T00:00:00Z",
            "type": "PING",
            "payload": {"packets_sent": 1},
        }
        foreign = {**post, "probe_id": 10**9}
        report = {
            "boot": 5,
            "results": [
                {"seq": 1, "post": post},
                {"seq": 2, "post": foreign},
                {"seq": 3, "post": {}},
                {"seq": 4, "post": post},
            ],
        }
        for _ in range(2):  # sent twice, stored once
            socket.send(f";forepost;;report;0;0;{json.dumps(report)}")
            ok = json.loads(str(socket.recv(5)).removeprefix(";forepost;;report_ok;0;0;"))
            assert (ok["boot"], ok["seq"]) == (5, 4)
            assert sorted(one["seq"] for one in ok["refused"]) == [2, 3]
    assert len(person.results(agent, probe)) == 2


def test_what_an_agent_makes_of_its_list_is_shown_by_probe(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes/delivery"

    def states() -> dict[int, tuple[str, str]]:
        shown = person.call("GET", path)["data"]
        return {one["probe_id"]: (one["state"], one["reason"]) for one in shown}

    assert states()[probe] == ("unknown", "")
    with dial(controller, agent.headers) as socket:
        hello(socket, "forepost")
        socket.send(';forepost;;hello;0;0;{"version":"9.9","capabilities":["report","want"]}')
        assert str(socket.recv(5)).startswith(";forepost;;hello;0;0;")
        want = json.loads(str(socket.recv(5)).removeprefix(";forepost;;want;0;0;"))
        have = {"revision": want["revision"], "unsupported": [f"probe {probe}: no such interface"]}
        socket.send(f";forepost;;have;0;0;{json.dumps(have)}")
        until(lambda: states()[probe] == ("refused", "no such interface"), 5)
        assert states()[0] == ("running", "")
        edited = person.probe(agent, type="PING", targets=["198.18.0.2"])
        assert states()[edited] == ("waiting", "")
        want = json.loads(str(socket.recv(5)).removeprefix(";forepost;;want;0;0;"))
        old = {"revision": have["revision"]}
        socket.send(f";forepost;;have;0;0;{json.dumps(old)}")  # it went back to the older one
        again = json.loads(str(socket.recv(5)).removeprefix(";forepost;;want;0;0;"))
        assert again["revision"] == want["revision"]
        socket.send(f";forepost;;have;0;0;{json.dumps({'revision': want['revision']})}")
        until(lambda: states()[edited] == ("running", ""), 5)
        assert person.call("GET", path)["connected"] is True


def test_a_packed_report_is_kept_and_one_that_cannot_be_opened_costs_nothing_else(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    post = {"created_at": "2026-01-01T00:00:00Z", "type": "PING", "payload": {"packets_sent": 1}}
    results = [{"seq": n, "post": {**post, "probe_id": probe}} for n in range(1, 101)]
    report = json.dumps({"boot": 7, "results": results}).encode()
    head = b";forepost;;report_z;0;0;"
    with dial(controller, agent.headers) as socket:
        hello(socket, "forepost")
        socket.send(';forepost;;hello;0;0;{"version":"9.9","capabilities":["report"]}')
        assert "deflate" in json.loads(str(socket.recv(5)).split(";", 6)[6])["capabilities"]
        assert ";want;" in str(socket.recv(5))
        for bad in (b"", b"junk", zlib.compress(bytes(64 << 20)), zlib.compress(report)[:-1]):
            socket.send(head + bad)
            assert str(socket.recv(5)).startswith(";forepost;;report_z;1;0;body: ")
        socket.send(head + zlib.compress(report))
        answer = json.loads(str(socket.recv(5)).removeprefix(";forepost;;report_ok;0;0;"))
        assert answer == {"boot": 7, "seq": 100, "refused": []}
    assert len(person.results(agent, probe)) == 100


def test_every_result_is_answered_however_many_are_on_their_way(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    """As NetWatcher's agent flushes its queue: a thousand at once, foreign and broken ones too."""
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    with dial(controller, agent.headers) as socket:
        hello(socket)
        for n in range(1_000):
            post = {
                "probe_id": 10**9 if n % 100 == 50 else probe,
                "created_at": f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z",
                "type": "PING",
                "payload": {"packets_sent": n},
            }
            body = "{" if n % 100 == 99 else json.dumps(post)
            socket.send(f";agent;;probe_post;0;0;{body}")
        answers = [str(socket.recv(10)) for _ in range(1_000)]
    assert [answer.split(";")[4] for answer in answers].count("1") == 20
    assert len(person.results(agent, probe)) == 980


def panel(controller: ControllerProcess, token: str) -> Any:
    return connect(f"{controller.ws}/ws/panel", subprotocols=["bearer", token], proxy=None)  # type: ignore[list-item]


def test_a_panel_is_let_in_by_subprotocol_and_sees_only_its_workspaces(
    controller: ControllerProcess, person: Person, agent: NewAgent
) -> None:
    stranger = controller.person("panel-stranger@example.com", "a good password")
    subscribe = json.dumps({"type": "subscribe", "workspace_id": agent.workspace, "probe_id": 0})
    with panel(controller, stranger.token) as socket:
        assert socket.subprotocol == "bearer"
        socket.send(subscribe)
        assert json.loads(socket.recv(5)) == {"type": "error", "error": "workspace not found"}
        for junk in ("{", "[]", '{"type":"shout"}', '{"type":"subscribe"}'):
            socket.send(junk)
            assert json.loads(socket.recv(5))["type"] == "error"
        socket.send('{"type":"ping"}')
        assert json.loads(socket.recv(5)) == {"type": "pong"}
    with panel(controller, person.token) as socket:
        socket.send(subscribe)
        assert json.loads(socket.recv(5))["type"] == "subscribe_ok"
        socket.send(subscribe.replace("subscribe", "unsubscribe"))
        assert json.loads(socket.recv(5))["type"] == "unsubscribe_ok"


def test_a_panel_without_a_good_token_is_not_let_in(controller: ControllerProcess) -> None:
    for token in ("x", "a.b.c"):
        with pytest.raises(InvalidStatus), panel(controller, token):
            pass
    with pytest.raises(InvalidStatus), connect(f"{controller.ws}/ws/nowhere", proxy=None):
        pass
