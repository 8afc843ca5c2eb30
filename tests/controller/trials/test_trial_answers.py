"""Trials, where the agent answers otherwise than it should, or is gone: whoever asked hears so."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.controller.alerts.samples import PING
from tests.running import ControllerProcess, NewAgent, Person

PROMPT_SEC = 20
"""Far less than the 65 s that an agent has for its answer."""


class TrialAgent:
    """An agent of ours, spoken by hand."""

    def __init__(self, socket: ClientConnection, *capabilities: str) -> None:
        self._socket = socket
        socket.send("M")
        assert str(socket.recv(40)).startswith("A")
        socket.send("$1;forepost;;_OnNamespaceConnect;0;0;")
        self._say("hello", {"version": "0.9.0", "capabilities": capabilities})
        # What is asked after the greeting is answered after it.
        socket.send("$2;agent;;_OnNamespaceConnect;0;0;")
        while not str(socket.recv(40)).startswith("$2;"):
            pass

    def asked(self) -> int:
        """The number of the next trial."""
        start = ";forepost;;trial;0;0;"
        while not (text := str(self._socket.recv(40))).startswith(start):
            pass
        return int(json.loads(text.removeprefix(start))["request"])

    def answer(self, number: int, **body: Any) -> None:
        self._say("trial_ended", {"request": number, **body})

    def _say(self, event: str, body: Any) -> None:
        self._socket.send(f";forepost;;{event};0;0;{json.dumps(body)}")


class Site:
    def __init__(self, controller: ControllerProcess, person: Person) -> None:
        self.controller, self.person = controller, person
        self.workspace = person.workspace("w")
        self.agent = person.agent(self.workspace)
        self.threads = ThreadPoolExecutor(2)

    def path(self, agent: NewAgent) -> str:
        return f"/workspaces/{self.workspace}/agents/{agent.id}/trials"

    def ask(self, agent: NewAgent | None = None, **more: Any) -> "Future[httpx.Response]":
        body = {"type": "PING", "target": "198.18.0.1", **more}
        path = self.path(agent or self.agent)
        return self.threads.submit(self.person.ask, "POST", path, json=body)

    @contextmanager
    def talking(self, agent: NewAgent | None = None, *capabilities: str) -> Iterator[TrialAgent]:
        headers = (agent or self.agent).headers
        url = self.controller.ws + "/ws/agent"
        with connect(url, additional_headers=headers, proxy=None) as socket:
            yield TrialAgent(socket, *(capabilities or ("trials",)))


@pytest.fixture
def site(controller: ControllerProcess, person: Person) -> Iterator[Site]:
    made = Site(controller, person)
    yield made
    made.threads.shutdown(wait=False)


WRONG: dict[str, Any] = {
    "a time before it began": {"payload": PING, "took_ms": -1},
    "a very long reason": {"problem": "x" * 1_001},
    "a number as a reason": {"problem": 5},
}


@pytest.mark.parametrize("what", WRONG)
def test_an_answer_that_cannot_be_read_is_said_to_be_so(site: Site, what: str) -> None:
    with site.talking() as agent:
        trial = site.ask()
        agent.answer(agent.asked(), **WRONG[what])
        said = trial.result(PROMPT_SEC).json()
    assert said["reason"].startswith("the agent's answer is not understood: ")
    assert (said["status"], said["payload"]) == ("unknown", None)


def test_an_answer_that_is_no_result_of_its_type_is_said_to_be_so(site: Site) -> None:
    with site.talking() as agent:
        for payload in (None, "x", [1], {"packets_sent": "x"}):
            trial = site.ask()
            agent.answer(agent.asked(), payload=payload)
            said = trial.result(PROMPT_SEC).json()
            assert said["status"] == "unknown"
            assert said["reason"] == "the agent's answer is not what a result of PING looks like"
        trial = site.ask()
        agent.answer(agent.asked(), payload={"x": "y" * 300_000})
        said = trial.result(PROMPT_SEC).json()
        assert (said["reason"][:12], said["payload"]) == ("a result of ", None)


def test_the_first_answer_counts_and_nobody_answers_for_another(site: Site) -> None:
    other = site.person.agent(site.workspace, "other")
    with site.talking() as agent, site.talking(other) as liar:
        trial = site.ask()
        number = agent.asked()
        liar.answer(number, problem="forged")
        agent.answer(number, payload=PING)
        agent.answer(number, problem="again")
        said = trial.result(PROMPT_SEC).json()
    assert (said["status"], said["reason"]) == ("healthy", "")


def test_what_the_target_hides_is_in_no_answer(site: Site) -> None:
    target = "http://user:pw-secret@198.18.0.1/?token=abc-secret"
    site_rows = f"/workspaces/{site.workspace}/trials"
    with site.talking() as agent:
        for body in (
            {"problem": f"cannot open {target}"},
            {"payload": {"error": f"cannot open {target}", "status_code": 0}},
        ):
            trial = site.ask(type="HTTP", target=target)
            agent.answer(agent.asked(), **body)
            answer = trial.result(PROMPT_SEC)
            assert answer.status_code == 200
            assert "cannot open" in answer.text
            assert "secret" not in answer.text + site.person.ask("GET", site_rows).text


def test_who_waits_hears_at_once_that_the_agent_is_gone(site: Site) -> None:
    with site.talking() as agent:
        trial = site.ask()
        agent.asked()
    gone = trial.result(PROMPT_SEC)
    assert (gone.status_code, "gone meanwhile" in gone.text) == (503, True)
    with site.talking() as agent:
        trial = site.ask()
        agent.asked()
        with site.talking(None, "documents"):  # it came back, of another version
            assert trial.result(PROMPT_SEC).status_code == 503
    deleted = site.person.agent(site.workspace, "deleted")
    with site.talking(deleted) as agent:
        trial = site.ask(deleted)
        agent.asked()
        site.person.call("DELETE", f"/workspaces/{site.workspace}/agents/{deleted.id}")
        assert trial.result(PROMPT_SEC).status_code == 503


def test_a_key_is_not_taken_for_a_person(site: Site) -> None:
    body = {"name": "boss@example.com", "role": "USER"}
    path = f"/workspaces/{site.workspace}/api-keys"
    key = site.person.call("POST", path, body, status=201)["secret"]
    with site.talking() as agent:
        url = site.controller.url + site.path(site.agent)
        body = {"type": "PING", "target": "198.18.0.1"}
        trial = site.threads.submit(
            httpx.post, url, json=body, headers={"X-API-Key": key}, timeout=30
        )
        agent.answer(agent.asked(), payload=PING)
        assert trial.result(PROMPT_SEC).json()["asked_by"] == "key: boss@example.com"
