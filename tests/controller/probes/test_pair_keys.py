"""Keys of pairs: made for two agents of ours, told to them and to nobody else."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from forepost.controller.access.tokens import pair_key
from forepost.wire.uplink.messages import PAIRS, WANT
from tests.agent_socket import AgentSocket, agent_socket
from tests.running import ControllerProcess, NewAgent, Person


def test_a_key_is_of_the_pair_in_either_order_and_ends_with_a_psk() -> None:
    key = pair_key(b"secret", 1, (1, "aa"), (2, "bb"))
    assert len(key) == 32
    assert key == pair_key(b"secret", 1, (2, "bb"), (1, "aa"))
    others = [
        pair_key(b"other", 1, (1, "aa"), (2, "bb")),
        pair_key(b"secret", 2, (1, "aa"), (2, "bb")),
        pair_key(b"secret", 1, (1, "cc"), (2, "bb")),
        pair_key(b"secret", 1, (1, "aa"), (2, "cc")),
        pair_key(b"secret", 1, (1, "aa"), (3, "bb")),
    ]
    assert len({key, *others}) == 6


class Ours:
    """An agent of ours, as far as keys go."""

    def __init__(self, socket: AgentSocket, *capabilities: str) -> None:
        self._socket = socket._socket
        self._socket.send("$2;forepost;;_OnNamespaceConnect;0;0;")
        assert self._socket.recv(5) == "$2;;;;;;"
        hello = json.dumps({"version": "test", "capabilities": capabilities})
        self._socket.send(f";forepost;;hello;0;0;{hello}")

    def has(self, document: str, revision: str, state: str, *problems: str) -> None:
        """Say what it has of a document."""
        have = {"document": document, "revision": revision, "state": state, "problems": problems}
        self._socket.send(f";forepost;;have_document;0;0;{json.dumps(have)}")

    def want(self) -> tuple[dict[str, str], list[Any]]:
        """Keys and probes of the next list that comes."""
        while not (text := str(self._socket.recv(5))).startswith(";forepost;;want;"):
            pass
        body = json.loads(text.split(";", 6)[6])
        return body["keys"], body["probes"]


@contextmanager
def ours(controller: ControllerProcess, agent: NewAgent, *capabilities: str) -> Iterator[Ours]:
    with agent_socket(controller, agent) as socket:
        yield Ours(socket, *(capabilities or (WANT, PAIRS)))


@pytest.fixture
def pair(person: Person) -> tuple[NewAgent, NewAgent]:
    workspace = person.workspace("w")
    a, b = person.agent(workspace, "a"), person.agent(workspace, "b")
    for agent in (a, b):
        body = {"trafficsim_enabled": True, "public_ip_override": "198.18.0.1"}
        person.call("PATCH", f"/workspaces/{workspace}/agents/{agent.id}", body)
    person.probe(a, type="AGENT", agent_targets=[b.id], bidirectional=True)
    return a, b


def test_two_agents_of_ours_get_the_same_key_and_nobody_else_sees_it(
    controller: ControllerProcess, person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    with ours(controller, a) as at_a:
        # b has never been here: whether it is one of ours is not known.
        assert at_a.want()[0] == {}
        with ours(controller, b) as at_b:
            keys, probes = at_b.want()
            key = keys[str(a.id)]
            assert set(keys) == {str(a.id)}
            assert len(base64.b64decode(key)) == 32
            assert at_a.want()[0] == {str(b.id): key}
            assert any(p["server"] for p in probes)
    base = f"/workspaces/{a.workspace}"
    seen = [
        person.ask("GET", path).text
        for agent in pair
        for path in (
            f"{base}/agents/{agent.id}",
            f"{base}/agents/{agent.id}/probes",
            f"{base}/agents/{agent.id}/probes/reverse",
        )
    ]
    assert not any(key in text or "keys" in text for text in seen)
    # As NetWatcher's agent: the same list without any key.
    with agent_socket(controller, a) as plain:
        plain.say("probe_get", "hello")
        text = str(plain._socket.recv(5))
        assert text.startswith(";agent;;probe_get;")
        assert key not in text


def test_an_agent_that_is_none_of_ours_has_no_key_with_anybody(
    controller: ControllerProcess, person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    with agent_socket(controller, b) as at_b:
        at_b.probes()
        with ours(controller, a) as at_a:
            assert at_a.want()[0] == {}
        with ours(controller, a, WANT) as older:
            assert older.want()[0] == {}
    with ours(controller, b) as at_b, ours(controller, a) as at_a:
        assert set(at_a.want()[0]) == {str(b.id)}
    with agent_socket(controller, b) as back_to_netwatcher, ours(controller, a) as at_a:
        at_a.want()
        back_to_netwatcher.probes()
        assert at_a.want()[0] == {}


def test_a_new_psk_makes_a_new_key(
    controller: ControllerProcess, person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    with ours(controller, b), ours(controller, a) as at_a:
        before = at_a.want()[0]
        path = f"/workspaces/{b.workspace}/agents/{b.id}/issue-pin"
        pin = person.call("POST", path, {})["pin"]
        login = {"workspace_id": b.workspace, "agent_id": b.id, "pin": pin}
        psk = httpx.post(f"{controller.url}/agent", json=login, verify=False).json()["psk"]
        with ours(controller, NewAgent(b.workspace, b.id, psk)) as at_b:
            after = at_a.want()[0]
            # the old key ends at once, the new one begins with B
            while after.get(str(b.id)) in (None, before[str(b.id)]):
                after = at_a.want()[0]
            assert at_b.want()[0][str(a.id)] == after[str(b.id)] != before[str(b.id)]


def test_a_probe_that_asks_for_netwatchers_protocol_is_named_to_the_server(
    controller: ControllerProcess, person: Person, pair: tuple[NewAgent, NewAgent]
) -> None:
    a, b = pair
    c = person.agent(a.workspace, "c")
    person.probe(c, type="AGENT", agent_targets=[b.id], metadata={"compatible": True})
    with ours(controller, b) as at_b:
        servers = [p for p in at_b.want()[1] if p["server"]]
    assert [p["metadata"] for p in servers] == [{"compatible_agents": [c.id]}]
