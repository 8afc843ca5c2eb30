"""What is asked of an agent's microservices and comes back: logs, streams of them, restarts."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest

from forepost.controller.workloads.requests import (
    ANEW,
    MOST_WAITING_CHARS,
    SLOW,
    LogReading,
    Word,
    WorkloadRequests,
)
from forepost.kit.errors import Conflict
from forepost.wire.workloads.delivery import LogLine, LogLines, LogsEnough, LogsWanted, Restarted
from tests.controller.workloads.ours import WorkloadsAgent, workloads_agent
from tests.running import ControllerProcess, NewAgent, Person, until

pytestmark = pytest.mark.timeout(240)


@contextmanager
def running(
    controller: ControllerProcess, person: Person
) -> Iterator[tuple[str, NewAgent, WorkloadsAgent]]:
    """One microservice on one connected agent."""
    workspace = person.workspace("w")
    agent = person.agent(workspace)
    path = f"/workspaces/{workspace}/microservices"
    made = person.call("POST", path, {"name": "a", "agents": [agent.id]}, status=201)
    with workloads_agent(controller, agent) as ours:
        ours.takes()
        yield f"{path}/{made['id']}", agent, ours


class Asked(threading.Thread):
    """A request that waits for its answer."""

    def __init__(self, person: Person, method: str, path: str, body: Any = None) -> None:
        super().__init__(daemon=True)
        self._asked = person, method, path, body
        self.answer: httpx.Response | None = None
        self.start()

    def run(self) -> None:
        person, method, path, body = self._asked
        self.answer = person.ask(method, path, json=body)

    def json(self) -> Any:
        self.join(40)
        assert self.answer is not None
        return self.answer.json()


def test_the_last_lines_are_asked_for_and_come(
    controller: ControllerProcess, person: Person
) -> None:
    with running(controller, person) as (one, agent, ours):
        asked = Asked(person, "GET", f"{one}/logs?agent={agent.id}&tail=2")
        wanted = ours.next("microservice_logs")
        assert (wanted["tail"], wanted["follow"]) == (2, False)
        lines = [{"text": "first", "stream": "stderr"}, {"text": "second\x1b[0m\u0000"}]
        ours.say("microservice_log_lines", {"request": wanted["request"], "lines": lines})
        ours.say("microservice_log_lines", {"request": wanted["request"], "end": True})
        found = asked.json()
        assert [line["text"] for line in found["data"]] == ["first", "second\x1b[0m\x00"]
        assert found["problem"] == ""

        asked = Asked(person, "GET", f"{one}/logs")
        number = ours.next("microservice_logs")["request"]
        problem = "there is no container of it"
        ours.say("microservice_log_lines", {"request": number, "end": True, "problem": problem})
        assert asked.json() == {"data": [], "problem": problem}
        for query, status in (("tail=5000", 400), ("agent=0", 400), ("tail=-1", 400)):
            more = query if query.startswith("agent") else f"agent={agent.id}&{query}"
            person.call("GET", f"{one}/logs?{more}", status=status)
    until(lambda: person.ask("GET", f"{one}/logs?agent={agent.id}").status_code == 409, 40)


def test_a_stream_goes_on_until_nobody_reads_it(
    controller: ControllerProcess, person: Person
) -> None:
    with running(controller, person) as (one, agent, ours):
        url = f"{controller.url}{one}/logs?agent={agent.id}&follow=true"
        bearer = {"Authorization": f"Bearer {person.token}"}
        with httpx.stream("GET", url, headers=bearer, timeout=30) as answer:
            assert answer.headers["content-type"].startswith("application/x-ndjson")
            number = ours.next("microservice_logs")["request"]
            texts = (json.loads(line) for line in answer.iter_lines())
            for text in ("one", "two"):
                lines = {"request": number, "lines": [{"text": text}]}
                ours.say("microservice_log_lines", lines)
                found = next(one for one in texts if one)
                assert found["text"] == text
            assert next(texts) == {}  # while there is none, so that a line that died is noticed
        assert ours.next("microservice_logs_enough", 30) == {"request": number}
        # Lines of a number that nobody reads are answered with the same word.
        ours.say("microservice_log_lines", {"request": number, "lines": [{"text": "late"}]})
        assert ours.next("microservice_logs_enough") == {"request": number}


def test_a_stream_ends_with_the_right_to_read_it(
    controller: ControllerProcess, person: Person
) -> None:
    with running(controller, person) as (one, agent, ours):
        workspace = agent.workspace
        reader = controller.person("reader-of-logs@example.com", "a good password")
        member = person.admit(reader, workspace, "USER")
        url = f"{controller.url}{one}/logs?agent={agent.id}&follow=true"
        bearer = {"Authorization": f"Bearer {reader.token}"}
        with httpx.stream("GET", url, headers=bearer, timeout=30) as answer:
            ours.next("microservice_logs")
            role = {"role": "VIEWER"}
            person.call("PATCH", f"/workspaces/{workspace}/members/{member}", role)
            *_, last = (json.loads(line) for line in answer.iter_lines())
        assert last == {"problem": "what let this request in has ended"}
        ours.next("microservice_logs_enough")


def test_a_stream_ends_with_its_agent(controller: ControllerProcess, person: Person) -> None:
    with running(controller, person) as (one, agent, ours):
        asked = Asked(person, "GET", f"{one}/logs?agent={agent.id}&follow=true")
        ours.next("microservice_logs")
    asked.join(30)
    assert asked.answer is not None
    *_, last = asked.answer.text.splitlines()
    assert json.loads(last) == {"problem": "the agent has gone meanwhile"}


def test_no_more_readers_than_an_agent_has_places_for(
    controller: ControllerProcess, person: Person
) -> None:
    with running(controller, person) as (one, agent, ours):
        path = f"{one}/logs?agent={agent.id}&follow=true"
        readers = [Asked(person, "GET", path) for _ in range(8)]
        numbers = [ours.next("microservice_logs")["request"] for _ in readers]
        assert len(set(numbers)) == 8
        error = person.call("GET", path, status=409)["error"]
        assert error.startswith("logs: 8 are read of this agent")
        for number in numbers:
            ours.say("microservice_log_lines", {"request": number, "end": True})
        for reader in readers:
            reader.join(30)


def test_a_restart_is_answered_for_each_agent(
    controller: ControllerProcess, person: Person
) -> None:
    with running(controller, person) as (one, agent, ours):
        away = person.agent(agent.workspace, "away")
        person.call("PATCH", one, {"agents": [agent.id, away.id]})
        asked = Asked(person, "POST", f"{one}/restart")
        wanted = ours.next("microservice_restart")
        assert wanted["uuid"] == person.call("GET", one)["uuid"]
        ours.say("microservice_restarted", {"request": wanted["request"]})
        assert asked.json()["data"] == [
            {"agent_id": agent.id, "problem": ""},
            {"agent_id": away.id, "problem": f"agent {away.id}: the agent is not connected"},
        ]
        asked = Asked(person, "POST", f"{one}/restart", {"agents": [agent.id]})
        number = ours.next("microservice_restart")["request"]
        problem = "its update lock is held"
        ours.say("microservice_restarted", {"request": number, "problem": problem})
        assert asked.json()["data"] == [{"agent_id": agent.id, "problem": problem}]
        wrong = person.call("POST", f"{one}/restart", {"agents": [999_999]}, status=400)
        assert wrong["error"].startswith("agents: agent 999999 is not to have")
        log = person.call("GET", f"/workspaces/{agent.workspace}/audit")["data"]
        assert [row["action"] for row in log].count("microservices.restart") == 2


class Line:
    """The way to an agent, which keeps what it is asked."""

    def __init__(self) -> None:
        self.words: list[Word] = []

    def ask(self, word: Word) -> None:
        self.words.append(word)


def lines(number: int, *texts: str, end: bool = False) -> LogLines:
    return LogLines(request=number, lines=[LogLine(text=text) for text in texts], end=end)


@pytest.mark.anyio
async def test_an_agent_answers_for_itself_alone() -> None:
    asked = WorkloadRequests(lambda _: True)
    mine, other = Line(), Line()
    asked.connected(1, mine)
    asked.connected(2, other)
    with asked.reading(1, "u", 10, follow=True) as reading:
        (wanted,) = mine.words
        assert isinstance(wanted, LogsWanted)
        assert not asked.lines_came(2, lines(wanted.request, "of another"))
        assert asked.lines_came(1, lines(wanted.request, "of it"))
        asked.restarted(2, Restarted(request=wanted.request))
        found = await reading.next()
        assert found is not None
        assert [line.text for line in found] == ["of it"]
    assert mine.words[1:] == [LogsEnough(request=wanted.request)]
    assert other.words == []


@pytest.mark.anyio
async def test_a_new_conversation_ends_what_the_old_one_was_asked() -> None:
    asked = WorkloadRequests(lambda _: True)
    old, new = Line(), Line()
    asked.connected(1, old)
    with asked.reading(1, "u", 10, follow=True) as reading:
        asked.connected(1, new)
        with anyio.fail_after(20):
            assert await reading.next() is None
        assert reading.problem == ANEW
    assert len(old.words) == 1
    assert new.words == []


@pytest.mark.anyio
async def test_a_reader_that_is_too_slow_is_told_and_keeps_what_it_has() -> None:
    reading = LogReading()
    big = "x" * 16_000
    for _ in range(MOST_WAITING_CHARS // 16_000 + 1):
        reading.put(lines(1, big))
    got = 0
    while (some := await reading.next()) is not None:
        got += sum(len(line.text) for line in some)
    assert MOST_WAITING_CHARS * 0.9 < got <= MOST_WAITING_CHARS
    assert reading.problem == SLOW


@pytest.mark.anyio
async def test_an_agent_that_is_away_is_asked_nothing() -> None:
    asked = WorkloadRequests(lambda agent_id: agent_id == 1)
    line = Line()
    asked.connected(2, line)
    with pytest.raises(Conflict), asked.reading(2, "u", 1, follow=False):
        pass
    assert "not connected" in await asked.restart(3, "u")
    assert line.words == []
