"""The lines that people have, all at once: each is cut without a word for more than a minute.

A cell of the matrix is an agent behind one of them, and what is asked of it: the cut is noticed
and said within a minute, what was measured meanwhile comes home in order and once.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_connection, create_server
from typing import Any

import pytest

from tests.lab.cut import cut
from tests.lab.forward import forwarding
from tests.lab.ledger import Ledger, numbering
from tests.lab.net import Namespace, pair
from tests.lab.proxies import microsocks, squid
from tests.lab.resolver import AAAA, A, resolver
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until
from tests.tls_front import Front

HOST, PORT = "198.18.0.2", 8080
URL = f"http://{HOST}:{PORT}"
NAMED = f"http://controller.example:{PORT}"
CUT_SEC = 66.0
NOTICED_SEC = 60.0
BUSY_SEC = 5.0
"""What a busy machine may take longer."""
LINES = [
    "plain",
    "TLS",
    "Squid (CONNECT)",
    "microsocks (SOCKS5)",
    "an IPv6 address that is dead",
    "64 kbit/s",
    "an MTU that is not told",
]


class Cell:
    """One agent behind one line."""

    def __init__(
        self, line: str, process: AgentProcess, agent: NewAgent, probe: int, ledger: Ledger
    ) -> None:
        self.line, self.process, self.agent, self.probe = line, process, agent, probe
        self.ledger = ledger
        self.noticed_sec = 0.0

    def look(self, since: float) -> None:
        status = self.process.status()
        if not self.noticed_sec and not (status["connected"] and not status["problems"]):
            self.noticed_sec = time.monotonic() - since

    def kept(self, person: Person) -> list[str]:
        """The numbers that came home, by the time at which they were measured."""
        rows = person.results(self.agent, self.probe)
        return [row["payload"]["status_text"].partition(" ")[2] for row in rows]


@contextmanager
def agent_behind(
    line: str, controller: ControllerProcess, person: Person, folder: Path
) -> Iterator[tuple[Cell, Namespace, Namespace]]:
    with ExitStack() as stack:
        near, far = stack.enter_context(pair())
        url, env, to_port = URL, dict[str, str](), controller.port
        prefix = ("ip", "netns", "exec", far.name)
        match line:
            case "TLS":
                folder.mkdir()
                front = Front(folder)
                to_port = stack.enter_context(front.before(controller.port))
                url = url.replace("http:", "https:")
                env["FOREPOST_UPLINK__PIN_SHA256"] = front.pin
            case "Squid (CONNECT)":
                url = NAMED  # of an address it would ask a resolver whose name that is
                hosts = f"{HOST} controller.example\n"
                standing = stack.enter_context(squid(hosts=hosts, host=HOST, prefix=prefix))
                env["FOREPOST_UPLINK__PROXY"] = standing.url()
            case "microsocks (SOCKS5)":
                standing = stack.enter_context(microsocks(host=HOST, prefix=prefix))
                env["FOREPOST_UPLINK__PROXY"] = standing.url("socks5h")
            case "an IPv6 address that is dead":
                url = NAMED
                stack.enter_context(resolver(near, far, {A: HOST, AAAA: "2001:db8::2"}))
                far.run(
                    "nft",
                    "-f",
                    "-",
                    stdin="table inet t { chain c { type filter hook input priority 0; "
                    "ip6 daddr 2001:db8::2 drop; }; }",
                )
            case "64 kbit/s":
                bucket = ["tbf", "rate", "64kbit", "burst", "4kb", "latency", "400ms"]
                for side in (near, far):
                    side.run("tc", "qdisc", "add", "dev", "cable", "root", *bucket)
        with far.inside():
            listening = create_server((HOST, PORT))
        stack.enter_context(
            forwarding(listening, lambda: create_connection(("127.0.0.1", to_port)))
        )
        with near.inside():
            ledger, port = stack.enter_context(numbering())
        agent = person.agent(person.workspace(line))
        probe = person.probe(
            agent,
            type="HTTP",
            targets=[f"http://127.0.0.1:{port}/"],
            interval_sec=1,
            timeout_sec=1,
        )
        process = AgentProcess(folder, url, agent, **env)
        process.prefix = ["ip", "netns", "exec", near.name]
        stack.callback(process.end)
        yield Cell(line, process.start(), agent, probe, ledger), near, far


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()


@pytest.mark.timeout(400)
def test_every_line_is_noticed_within_a_minute_and_brings_all_home_in_order(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    with ExitStack() as stack:
        places = [
            stack.enter_context(agent_behind(line, controller, person, tmp_path / f"agent{n}"))
            for n, line in enumerate(LINES)
        ]
        cells = [cell for cell, _, _ in places]
        for cell in cells:
            until(lambda c=cell: len(c.kept(person)) > 2, 60, lambda c=cell: c.process.output)
            until(cell.process.drained, 60, lambda c=cell: f"{c.line}: {c.process.status()}")
        with ExitStack() as cuts:
            for cell, near, far in places:
                longest = 600 if cell.line == "an MTU that is not told" else 0
                cuts.enter_context(cut(near, far, longer_than=longest))
            since = time.monotonic()
            while time.monotonic() - since < CUT_SEC:
                for cell in cells:
                    cell.look(since)
                time.sleep(0.5)
        for cell in cells:
            until(cell.process.drained, 120, lambda c=cell: f"{c.line}: {c.process.status()}")
        figures = [judged(cell, person) for cell in cells]
    print("\n" + "\n".join(str(one) for one in figures))
    assert [one for one in figures if not one["well"]] == []


def judged(cell: Cell, person: Person) -> dict[str, Any]:
    path = f"/workspaces/{cell.agent.workspace}/agents/{cell.agent.id}/probes/{cell.probe}"
    person.call("PATCH", path, {"enabled": False})
    until(lambda: cell.process.status()["probes"] <= 2, 30, lambda: str(cell.process.status()))
    until(cell.process.drained, 60, lambda: str(cell.process.status()))
    kept = [number for number in cell.kept(person) if number]
    answered = sorted(cell.ledger.answered)
    # What was being measured when the probe was switched off is nobody's result.
    found = {
        "line": cell.line,
        "answered": len(answered),
        "in order": kept == sorted(kept),
        "once": len(kept) == len(set(kept)),
        "missing": sorted(set(answered[:-1]) - set(kept)),
        "lost": cell.process.status()["spool"]["lost"],
        "noticed_sec": round(cell.noticed_sec, 1),
    }
    found["well"] = (
        found["in order"]
        and found["once"]
        and not found["missing"]
        and found["lost"] == 0
        and 0 < cell.noticed_sec <= NOTICED_SEC + BUSY_SEC
        and len(answered) > CUT_SEC / 2
    )
    return found
