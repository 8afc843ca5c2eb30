"""Nothing that was measured is lost, and nothing is stored twice, whoever dies in between."""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import msgspec
import pytest

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.node import Identity, Node
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.uplink.record import decode
from forepost.agent.uplink.spool import Spool
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.wire.probes.probe import Probe, ProbeTarget
from forepost.wire.uplink.messages import ProbePost
from tests.fakes.clock import START, FakeClock
from tests.fakes.documents import uplink
from tests.fakes.net import FakeNet, fake_edges
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, until

DAYS_SEC = 30 * 86_400


@contextmanager
def running(agent: AgentProcess) -> Iterator[AgentProcess]:
    agent.start()
    try:
        yield agent
    finally:
        agent.end()


def in_spool(folder: Path) -> list[str]:
    """`created_at` of every whole PING that lies in a spool folder."""
    times = []
    for path in sorted((folder / "spool").iterdir()):
        boot = int(path.name.split("-")[1], 16)
        for found in decode(path.read_bytes(), boot):
            post = msgspec.json.decode(found.record.data) if found.record else {}
            if post.get("type") == "PING":
                times.append(post["created_at"])
    return times


def stored(person: Person, agent: NewAgent, probe: int) -> Counter[str]:
    return Counter(row["created_at"] for row in person.results(agent, probe))


def once_each(
    process: AgentProcess, person: Person, agent: NewAgent, probe: int, times: set[str]
) -> None:
    """Wait until the agent owes nothing; all of `times` are stored then, and nothing is twice."""
    until(process.drained, 15, lambda: f"{process.status()}\n{process.output}")
    found = stored(person, agent, probe)
    assert times <= set(found), f"lost: {sorted(times - set(found))[:5]} of {len(times)}"
    assert set(found.values()) == {1}


@pytest.mark.parametrize("moment_sec", [0.1, 0.4, 0.8])
def test_the_agent_is_killed_in_the_middle_of_its_rounds(
    controller: ControllerProcess, tmp_path: Path, moment_sec: float
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(
        agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=4, timeout_sec=1
    )
    process = AgentProcess(tmp_path / "agent", controller.url, agent)
    with running(process):
        until(lambda: stored(person, agent, probe), 15, lambda: process.output)
        controller.kill()
        time.sleep(1.5 + moment_sec)
        process.kill()
        seen = set(in_spool(process.folder))
        assert seen
        process.start()
        controller.start()
        once_each(process, person, agent, probe, seen)


def test_the_agent_measures_on_from_its_last_list_while_there_is_no_controller(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
    process = AgentProcess(tmp_path / "agent", controller.url, agent)
    with running(process):
        until(lambda: stored(person, agent, probe), 15, lambda: process.output)
        process.stop()
        controller.stop()
        before = len(in_spool(process.folder))
        process.start()
        until(lambda: len(in_spool(process.folder)) >= before + 2, 10, lambda: process.output)
        controller.start()
        once_each(process, person, agent, probe, set(in_spool(process.folder)))


def fill(folder: Path, probe: int, count: int) -> set[str]:
    """A spool as an agent leaves it behind."""
    spool = Spool(
        SpoolFolder(folder / "spool"),
        SystemClock(),
        Health(logging.getLogger("test")),
        max_bytes=1 << 30,
        max_age_sec=DAYS_SEC,
    )
    times = set()
    first = datetime.now(UTC) - timedelta(hours=1)
    for n in range(count):
        at = first + timedelta(milliseconds=n)
        post = ProbePost(
            probe_id=probe,
            created_at=at,
            type="PING",
            payload=msgspec.Raw(b'{"packets_sent":1,"packets_recv":1,"avg_rtt":%d}' % n),
            target="198.18.0.1",
        )
        spool.put(msgspec.json.encode(post))
        times.add(msgspec.to_builtins(at))
    spool.close()
    return times


def test_the_controller_is_killed_in_the_middle_of_batches(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"], enabled=False)
    process = AgentProcess(tmp_path / "agent", controller.url, agent)
    times = fill(process.folder, probe, 10_000)
    with running(process):
        for _ in range(2):
            time.sleep(0.4)
            controller.kill()
            controller.start()
        once_each(process, person, agent, probe, times)


@pytest.mark.anyio
async def test_a_controller_that_is_away_for_an_hour(
    controller: ControllerProcess, tmp_path: Path
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    number = person.probe(agent, type="PING", targets=["198.18.0.1"], enabled=False)
    clock = FakeClock(start=datetime.now(UTC) - timedelta(hours=1))
    health = Health(logging.getLogger("test"))
    spool = Spool(
        SpoolFolder(tmp_path / "spool"), clock, health, max_bytes=1 << 30, max_age_sec=DAYS_SEC
    )

    async def deliver(post: ProbePost) -> None:
        spool.put(msgspec.json.encode(post))

    async def nobody() -> None:
        return None

    target = ProbeTarget(id=1, created_at=START, updated_at=START, probe_id=1, target="198.18.0.1")
    probe = Probe(
        id=number,
        created_at=START,
        updated_at=START,
        workspace_id=agent.workspace,
        agent_id=agent.id,
        type="PING",
        interval_sec=5,
        count=5,
        targets=[target],
    )
    async with anyio.create_task_group() as tasks:
        edges = msgspec.structs.replace(fake_edges(FakeNet(clock)), host=LinuxHost())
        Scheduler(tasks, clock, edges, deliver, health=health).want([probe])
        for _ in range(60):
            await clock.advance(60)
        tasks.cancel_scope.cancel()
    measured = spool.status.pending
    assert 718 <= measured <= 720

    node = Node(name="n", version="0", state_dir=tmp_path, started_at=START)
    identity = Identity(
        url=controller.url, workspace_id=agent.workspace, agent_id=agent.id, psk=agent.psk
    )

    async with anyio.create_task_group() as tasks:
        link = uplink(node, spool, SystemClock(), health)
        tasks.start_soon(link.run, identity)
        with anyio.fail_after(20):
            while spool.status.pending:  # noqa: ASYNC110 - across a real socket
                await anyio.sleep(0.05)
        tasks.cancel_scope.cancel()
    found = stored(person, agent, number)
    assert len(found) == measured
    assert set(found.values()) == {1}
