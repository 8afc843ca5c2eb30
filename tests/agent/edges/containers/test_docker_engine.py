"""The edge to Docker, against a real engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from forepost.agent.edges.containers.docker import DockerEngine
from forepost.agent.ports.containers import LISTENING, EngineAway, EngineHint, EngineRefused
from forepost.wire.workloads.manifest import (
    HealthCheck,
    LogBounds,
    Microservice,
    PortMapping,
    UpdateRules,
    VolumeMapping,
    WorkloadLimits,
    fingerprint,
)
from tests.lab.container_engine import BRIDGE, IMAGE, WAITS, ContainerEngine
from tests.lab.engine_front import front

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(url: str, agent: str = "agent-1") -> AsyncIterator[DockerEngine]:
    engine = DockerEngine(url, agent, lambda: "Europe/Berlin")
    try:
        yield engine
    finally:
        await engine.close()


async def made(engine: DockerEngine, microservice: Microservice, *, run: bool = True) -> str:
    container = await engine.create(microservice, microservice.image, "")
    if run:
        await engine.start(container)
    return container


async def said(engine: DockerEngine, container: str, enough: int) -> list[str]:
    """The first lines that it writes."""
    with anyio.fail_after(30):
        while True:
            lines = [
                one.line.text
                async for one in engine.lines(container, since=None, tail=None, follow=False)
            ]
            if len(lines) >= enough:
                return lines
            await anyio.sleep(0.1)


async def test_all_that_a_manifest_says_is_enforced(docker: ContainerEngine) -> None:
    docker.clear()
    command = (
        "id -u; echo $SELFNAME $TZ $COLOUR; cat /etc/hosts | grep iofog; touch /x 2>&1;"
        " touch /kept/x 2>&1; touch /own/x && echo own; grep Cap /proc/self/status; sleep 9999"
    )
    asked = Microservice(
        uuid="all",
        name="All of it",
        image=IMAGE,
        cmd=["sh", "-c", command],
        env={"COLOUR": "red"},
        ports=[PortMapping(internal=80, external=8080), PortMapping(internal=53, external=5353,
                                                                    protocol="udp")],
        volumes=[
            VolumeMapping(source="kept", target="/kept", read_only=True),
            VolumeMapping(source="own", target="/own"),
        ],
        extra_hosts=["other:198.18.9.9"],
        user="0",
        limits=WorkloadLimits(memory_mb=32, cpus=0.5, pids=20),
        health=HealthCheck(test=["true"], interval=7, timeout=3, retries=2),
        cap_add=["NET_ADMIN"],
        cap_drop=["ALL"],
        read_only=True,
        stop_sec=7,
        log=LogBounds(max_kb=64, files=3),
        update=UpdateRules(lock="/tmp/lock"),
    )  # fmt: skip
    async with opened(docker.url) as engine:
        container = await made(engine, asked)
        lines = await said(engine, container, 10)
        (seen,) = await engine.containers("all")
        assert await engine.is_held(container, "/bin/busybox")
        assert not await engine.is_held(container, "/tmp/lock")
        usage = await engine.usage(container)
    assert lines[:2] == ["0", "all Europe/Berlin red"]
    assert lines[2].split() == [BRIDGE, "iofog"]
    assert "Read-only file system" in lines[3]
    assert "Read-only file system" in lines[4]
    assert lines[5] == "own"
    assert "CapEff:\t0000000000001000" in lines
    assert usage.memory_bytes > 0
    facts = docker.ask("GET", f"/containers/{container}/json")
    host = facts["HostConfig"]
    assert (host["Memory"], host["MemorySwap"]) == (32 << 20, 32 << 20)
    assert (host["NanoCpus"], host["PidsLimit"]) == (500_000_000, 20)
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "64k"}
    assert host["PortBindings"] == {
        "80/tcp": [{"HostIp": "", "HostPort": "8080"}],
        "53/udp": [{"HostIp": "", "HostPort": "5353"}],
    }
    assert host["ExtraHosts"] == ["other:198.18.9.9", f"iofog:{BRIDGE}"]
    assert not host["Privileged"]
    assert facts["Config"]["StopTimeout"] == 7
    assert facts["Config"]["Healthcheck"] == {
        "Test": ["CMD", "true"], "Interval": 7 * 10**9, "Timeout": 3 * 10**9, "Retries": 2
    }  # fmt: skip
    assert (seen.uuid, seen.name, seen.fingerprint) == ("all", "All of it", fingerprint(asked))
    assert (seen.state, seen.beside, seen.lock) == ("running", False, "/tmp/lock")
    assert seen.gateways == (BRIDGE,)
    assert len(seen.addresses) == 1


@pytest.mark.parametrize(
    ("more", "hosts"),
    [
        ({"network": "host"}, None),
        ({"network": "none"}, None),
        ({"extra_hosts": ["iofog:198.18.7.7"]}, ["iofog:198.18.7.7"]),
        ({"extra_hosts": ["my-iofog:198.18.7.7"]}, ["my-iofog:198.18.7.7"]),
        ({}, [f"iofog:{BRIDGE}"]),
    ],
)
async def test_the_name_of_this_host(
    docker: ContainerEngine, more: dict[str, Any], hosts: list[str] | None
) -> None:
    docker.clear()
    async with opened(docker.url) as engine:
        container = await made(engine, Microservice(uuid="h", image=IMAGE, **more), run=False)
    found = docker.ask("GET", f"/containers/{container}/json")["HostConfig"]["ExtraHosts"]
    assert (found or None) == hosts


async def test_the_gateway_is_that_of_its_own_network(docker: ContainerEngine) -> None:
    docker.clear()
    docker.ask("POST", "/networks/create", json={"Name": "plant"})
    async with opened(docker.url) as engine:
        container = await made(engine, Microservice(uuid="n", image=IMAGE, network="plant"))
        (seen,) = await engine.containers()
        facts = await engine.facts()
    found = docker.ask("GET", f"/containers/{container}/json")["HostConfig"]["ExtraHosts"]
    assert seen.gateways
    assert found == [f"iofog:{seen.gateways[0]}"]
    assert seen.gateways != facts.gateways == (BRIDGE,)


async def test_a_network_is_named_and_not_numbered(docker: ContainerEngine) -> None:
    """What a site allows goes by names."""
    docker.clear()
    numbers = {one["Name"]: one["Id"] for one in docker.ask("GET", "/networks")}
    async with opened(docker.url) as engine:
        for number in (numbers["host"], numbers["host"][:12], numbers["bridge"]):
            with pytest.raises(EngineRefused, match=r"network: .* is the number of"):
                await made(engine, Microservice(uuid="n", image=IMAGE, network=number))
        for name in ("", "bridge", "none"):
            await made(engine, Microservice(uuid=f"n{name}", image=IMAGE, network=name))


async def test_a_time_zone_of_the_manifest_goes_first(docker: ContainerEngine) -> None:
    docker.clear()
    asked = Microservice(uuid="z", image=IMAGE, env={"TZ": "Asia/Tokyo", "SELFNAME": "another"})
    async with opened(docker.url) as engine:
        container = await made(engine, asked, run=False)
    env = docker.ask("GET", f"/containers/{container}/json")["Config"]["Env"]
    assert [one for one in env if not one.startswith("PATH=")] == ["SELFNAME=z", "TZ=Asia/Tokyo"]


async def test_containers_of_others_are_not_seen(docker: ContainerEngine) -> None:
    docker.clear()
    docker.ask("POST", "/containers/create", params={"name": "theirs"}, json={"Image": IMAGE})
    async with opened(docker.url) as engine, opened(docker.url, "agent-2") as other:
        await made(other, Microservice(uuid="same", image=IMAGE), run=False)
        assert await engine.containers() == []
        await made(engine, Microservice(uuid="same", image=IMAGE), run=False)
        assert [one.uuid for one in await other.containers()] == ["same"]


async def test_what_is_done_twice_is_done_once(docker: ContainerEngine) -> None:
    docker.clear()
    async with opened(docker.url) as engine:
        asked = Microservice(uuid="t", image=IMAGE, cmd=list(WAITS))
        container = await made(engine, asked)
        with pytest.raises(EngineRefused) as refused:
            await made(engine, asked)
        assert refused.value.kind == "conflict"
        await engine.start(container)
        for _ in range(2):
            await engine.stop(container)
        assert [one.state for one in await engine.containers()] == ["exited"]
        for _ in range(2):
            await engine.remove(container)
            await engine.stop(container)
        assert await engine.containers() == []
        with pytest.raises(EngineRefused) as gone:
            await engine.start(container)
        assert gone.value.kind == "gone"


async def test_a_port_that_is_taken_is_a_conflict(docker: ContainerEngine) -> None:
    docker.clear()
    ports = [PortMapping(internal=80, external=8081)]
    async with opened(docker.url) as engine:
        await made(engine, Microservice(uuid="p1", image=IMAGE, ports=ports))
        with pytest.raises(EngineRefused) as refused:
            await made(engine, Microservice(uuid="p2", image=IMAGE, ports=ports))
        assert refused.value.kind == "conflict"


async def test_events_are_hints(docker: ContainerEngine) -> None:
    docker.clear()
    heard: list[EngineHint] = []

    async with opened(docker.url) as engine, anyio.create_task_group() as tasks:
        listening = anyio.Event()

        async def listen() -> None:
            listening.set()
            async for hint in engine.hints():
                heard.append(hint)  # noqa: PERF401 - a test looks at it meanwhile

        tasks.start_soon(listen)
        await listening.wait()
        with anyio.fail_after(30):
            while not {"start", "die"} <= {one.action for one in heard}:
                container = await made(engine, Microservice(uuid="e", image=IMAGE))
                await engine.stop(container)
                await engine.remove(container)
        tasks.cancel_scope.cancel()
    assert heard[0] == LISTENING
    assert {one.uuid for one in heard[1:]} == {"e"}


async def test_an_engine_that_is_killed_is_away_and_comes_back(docker: ContainerEngine) -> None:
    docker.clear()
    async with opened(docker.url) as engine:
        await made(engine, Microservice(uuid="k", image=IMAGE))
        async with anyio.create_task_group() as tasks:
            ended = anyio.Event()

            async def listen() -> None:
                with suppress(EngineAway):  # or the stream simply ends
                    async for _ in engine.hints():
                        pass
                ended.set()

            tasks.start_soon(listen)
            await anyio.sleep(0.5)
            docker.kill()
            with anyio.fail_after(30):
                await ended.wait()
        with pytest.raises(EngineAway):
            await engine.containers()
        docker.start()
        assert [one.uuid for one in await engine.containers()] == ["k"]


async def test_without_the_engine_it_is_known_what_still_runs(docker: ContainerEngine) -> None:
    docker.clear()
    async with opened(docker.url) as engine:
        number = await made(engine, Microservice(uuid="s", image=IMAGE))
        (seen,) = await engine.containers("s")
        assert seen.pid > 1
        assert engine.still_runs(seen)
        await engine.stop(number)
        await engine.start(number)
        assert not engine.still_runs(seen)
        (again,) = await engine.containers("s")
        assert engine.still_runs(again)
        await engine.stop(number)
        (ended,) = await engine.containers("s")
        assert not engine.still_runs(ended)
        assert not engine.still_runs(again)


async def test_an_engine_that_is_not_there_is_away(tmp_path: Path) -> None:
    async with opened(f"unix://{tmp_path}/none") as engine:
        with pytest.raises(EngineAway, match="none"):
            await engine.facts()


@pytest.mark.parametrize(
    ("oldest", "newest", "spoken"), [(44, 52, "1.47"), (24, 41, "1.41"), (44, 44, "1.44")]
)
async def test_the_version_of_the_api_is_agreed_on(
    docker: ContainerEngine, oldest: int, newest: int, spoken: str
) -> None:
    docker.clear()
    with front(docker, oldest=oldest, newest=newest) as (url, server):
        async with opened(url) as engine:
            await made(engine, Microservice(uuid="v", image=IMAGE))
            seen = await engine.containers()
            facts = await engine.facts()
    assert [one.uuid for one in seen] == ["v"]
    assert facts.api_version == spoken
    assert server.refused == []


async def test_an_engine_that_became_newer_meanwhile_is_asked_again(
    docker: ContainerEngine,
) -> None:
    docker.clear()
    with front(docker, oldest=24, newest=41) as (url, server):
        async with opened(url) as engine:
            await engine.containers()
            server.oldest, server.newest = 44, 52
            with pytest.raises(EngineAway, match="too old"):
                await engine.containers()
            assert await engine.containers() == []
            assert len(server.refused) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"500 Internal Server Error\r\nContent-Length: 7\r\n\r\nbroken\n",
        b'200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"Id":1}',
    ],
)
async def test_a_container_that_cannot_be_shown_hides_no_other(
    docker: ContainerEngine, answer: bytes
) -> None:
    docker.clear()
    with front(docker, oldest=24, newest=41) as (url, server):
        async with opened(url) as engine:
            numbers = [await made(engine, Microservice(uuid=uuid, image=IMAGE)) for uuid in "ab"]
            server.broken[numbers[0]] = answer
            seen = {one.uuid: one for one in await engine.containers()}
    assert [seen[uuid].container_id for uuid in "ab"] == numbers
    assert [seen[uuid].state for uuid in "ab"] == ["running", "running"]
    assert len(seen["a"].fingerprint) == 16


async def test_an_engine_with_unknown_versions_is_away(docker: ContainerEngine) -> None:
    with front(docker, oldest=90, newest=99) as (url, _):
        async with opened(url) as engine:
            with pytest.raises(EngineAway, match=r"API 1\.90 to 1\.99"):
                await engine.facts()
