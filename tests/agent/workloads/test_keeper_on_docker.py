"""The keeper over a real engine, which is killed, filled, and kept from its registry."""

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args

import anyio
import anyio.to_thread
import pytest

from forepost.wire.workloads.delivery import MicroserviceStatus, Registry
from forepost.wire.workloads.manifest import HealthCheck, PortMapping, UpdateRules
from tests.fakes.containers import Verb
from tests.lab.container_engine import BRIDGE, IMAGE, WAITS, ContainerEngine, docker_archive
from tests.lab.image_registry import PASSWORD, USER, registry
from tests.lab.microservices import (
    QUICK,
    Call,
    HookedEngine,
    Kept,
    beside,
    kept,
    ours,
    wanted,
)
from tests.running import until

pytestmark = pytest.mark.anyio

PORTS: Final = [PortMapping(internal=80, external=8080)]
ENDS: Final = ["sh", "-c", "sleep 0.3; exit 3"]


@pytest.fixture
async def site(docker: ContainerEngine, tmp_path: Path) -> AsyncIterator[Kept]:
    docker.clear()
    async with kept(docker, tmp_path) as one:
        yield one


async def test_what_is_wanted_runs_and_others_are_left_alone(
    docker: ContainerEngine, site: Kept
) -> None:
    theirs = {"Image": IMAGE, "Labels": {"org.forepost.agent": "another"}}
    docker.ask("POST", "/containers/create", params={"name": "theirs"}, json=theirs)
    await site.runs(wanted("a"), wanted("b", ports=PORTS))
    assert ours(docker) == [("running", IMAGE)] * 2
    status = await site.until("a", lambda status: status.memory_bytes)
    assert status.container_id
    address = docker.ask("GET", f"/containers/{status.container_id}/json")["NetworkSettings"]
    assert site.keeper.at(address["IPAddress"]) == "a"
    assert address["Gateway"] in site.keeper.gateways()
    await site.want(wanted("b", ports=PORTS))
    await site.until_gone("a")
    assert ours(docker) == [("running", IMAGE)]
    assert [one["Names"] for one in docker.containers("org.forepost.agent=another")] == [
        ["/theirs"]
    ]
    docker.ask("DELETE", "/containers/theirs")


async def test_an_equal_one_is_left_alone_by_the_next_agent(
    docker: ContainerEngine, tmp_path: Path
) -> None:
    docker.clear()
    async with kept(docker, tmp_path) as site:
        await site.runs(wanted("a"))
        before = docker.containers()[0]
    async with kept(docker, tmp_path) as site:
        await site.runs(wanted("a", config={"x": 1}))
    after = docker.containers()[0]
    assert (before["Id"], before["Created"]) == (after["Id"], after["Created"])
    assert after["State"] == "running"


@pytest.mark.parametrize("more", [{}, {"ports": PORTS}])
async def test_the_old_one_runs_again_where_the_new_one_does_not(
    docker: ContainerEngine, site: Kept, more: dict[str, Any]
) -> None:
    await site.runs(wanted("a", **more))
    (old,) = docker.containers()
    await site.want(wanted("a", cmd=ENDS, **more))
    status = await site.until("a", lambda status: status.refused and status.state == "RUNNING")
    assert "ended by itself" in status.problem
    await site.until_rest(lambda: len(docker.containers()) == 1)
    assert [(one["Id"], one["State"]) for one in docker.containers()] == [(old["Id"], "running")]
    await site.runs(wanted("a", cmd=["sh", "-c", "exec sleep 1000"], **more))
    await site.until_rest(lambda: len(docker.containers()) == 1)
    assert docker.containers()[0]["Id"] != old["Id"]


async def test_health_that_never_comes_brings_the_old_one_back(
    docker: ContainerEngine, site: Kept
) -> None:
    await site.runs(wanted("a", ports=PORTS))
    never = HealthCheck(test=["CMD-SHELL", "sleep 100"], interval=0.5, timeout=60, window=3)
    await site.want(wanted("a", ports=PORTS, health=never))
    status = await site.until("a", lambda status: status.refused and status.state == "RUNNING")
    assert status.problem == "it was not healthy within 3 s"
    fails = HealthCheck(test=["false"], interval=0.3, timeout=1, retries=1, window=60)
    await site.want(wanted("a", ports=PORTS, health=fails))
    status = await site.until(
        "a", lambda status: status.refused and status.problem == "its health check fails"
    )
    works = HealthCheck(test=["true"], interval=0.3, window=60)
    await site.runs(wanted("a", ports=PORTS, health=works))
    await site.until("a", lambda status: status.health == "healthy")


async def test_stopped_or_killed_by_hand_it_is_started_again(
    docker: ContainerEngine, site: Kept
) -> None:
    await site.runs(wanted("a", cmd=list(WAITS)))
    for verb in ("stop", "kill"):
        began = site.status("a")
        assert began is not None
        docker.ask("POST", f"/containers/{began.container_id}/{verb}")
        await site.until("a", partial(_runs_anew, began))
        assert len(docker.containers()) == 1
    status = site.status("a")
    assert status is not None
    assert status.restarts == 2
    docker.ask("DELETE", f"/containers/{status.container_id}", params={"force": "1"})
    await site.until("a", partial(_runs_anew, status))


def _runs_anew(before: MicroserviceStatus, now: MicroserviceStatus) -> bool:
    return now.state == "RUNNING" and now.started_at != before.started_at


async def test_a_lock_in_the_container_is_respected(docker: ContainerEngine, site: Kept) -> None:
    lock = UpdateRules(lock="/tmp/lock")
    holds = ["sh", "-c", f"touch /tmp/lock; {WAITS[-1]}"]
    await site.runs(wanted("a", cmd=holds, update=lock))
    (old,) = docker.containers()
    await site.want(wanted("a", update=lock, env={"NEW": "1"}))
    await site.until("a", lambda status: "holds its lock /tmp/lock" in status.problem)
    assert [one["Id"] for one in docker.containers()] == [old["Id"]]
    made = docker.ask("POST", f"/containers/{old['Id']}/exec", json={"Cmd": ["rm", "/tmp/lock"]})
    docker.ask("POST", f"/exec/{made['Id']}/start", json={})
    await site.runs(wanted("a", update=lock, env={"NEW": "1"}))


async def test_a_registry_with_a_password_dead_and_slow(
    docker: ContainerEngine, tmp_path: Path
) -> None:
    docker.clear()
    async with kept(docker, tmp_path) as site:
        await site.runs(wanted("a", ports=PORTS))
        with registry(tmp_path, docker, locked=True) as images:
            two = images.put("box:2", more=b"2")
            knows = Registry(name="ours", url=images.host, username=USER, password=PASSWORD)
            lies = Registry(name="ours", url=images.host, username=USER, password="wrong")
            asked = wanted("a", two, ports=PORTS, registry="ours")
            await site.want(asked, registries=[lies])
            status = await site.until("a", lambda status: status.problem)
            assert status.state in ("RUNNING", "UPDATING")
            assert ours(docker) == [("running", IMAGE)]
            await site.want(asked, registries=[knows])
            await site.keeper.restart("a")
            await site.until("a", lambda one: one.state == "RUNNING" and one.running == one.wanted)
            assert ours(docker) == [("running", two)]
            three = images.put("box:3", more=b"3")
        await site.want(wanted("a", three, ports=PORTS, registry="ours"), registries=[knows])
        status = await site.until("a", lambda status: "refused" in status.problem)
        assert status.state == "RUNNING"
        assert ours(docker) == [("running", two)]
        with docker.place.inside():
            silent = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=images.port)
        async with silent:
            await site.keeper.restart("a")
            # the engine itself gives up after 15 s, by one of two timers (a race in Docker)
            gave_up = ("request canceled", "context deadline exceeded")
            await site.until("a", lambda status: any(why in status.problem for why in gave_up))
            assert ours(docker) == [("running", two)]
        images.start()
        try:
            await site.keeper.restart("a")
            await site.until("a", lambda one: one.state == "RUNNING" and one.running == one.wanted)
        finally:
            images.end()
    assert ours(docker) == [("running", three)]


async def test_an_image_of_another_architecture_is_refused(
    docker: ContainerEngine, site: Kept
) -> None:
    await site.runs(wanted("a"))
    docker.ask("POST", "/images/load", content=docker_archive("alien:1", architecture="arm64"))
    await site.want(wanted("a", "alien:1"))
    status = await site.until("a", lambda status: status.refused)
    assert status.problem == "the image is for arm64, this host is amd64"
    assert ours(docker) == [("running", IMAGE)]


@pytest.mark.parametrize("verb", get_args(Verb))
async def test_kill_9_of_the_engine_in_the_middle_of_each_step(
    docker: ContainerEngine, tmp_path: Path, verb: Verb
) -> None:
    docker.clear()
    engine = HookedEngine(docker)

    async def while_killed(call: Call) -> Any:
        async def kill() -> None:
            await anyio.sleep(0.02)
            await anyio.to_thread.run_sync(docker.kill)
            await anyio.to_thread.run_sync(docker.start)

        return await beside(call, kill)

    with registry(tmp_path, docker) as images:
        two = images.put(f"{verb}:2", more=verb.encode())
        async with kept(docker, tmp_path, engine) as site:
            await site.runs(wanted("a", ports=PORTS), wanted("b"))
            engine.once[verb] = while_killed
            await site.want(wanted("a", two, ports=PORTS), wanted("b"))
            await site.until_rest(lambda: not engine.once)
            await site.runs(wanted("a", two, ports=PORTS), wanted("b"))
            await site.until_rest(lambda: len(docker.containers()) == 2)
    assert ours(docker) == sorted([("running", two), ("running", IMAGE)])


@pytest.mark.parametrize("verb", get_args(Verb))
@pytest.mark.parametrize("pause_sec", [0.0, 0.05])
async def test_the_agent_ends_in_the_middle_of_each_step(
    docker: ContainerEngine, tmp_path: Path, verb: Verb, pause_sec: float
) -> None:
    docker.clear()
    engine = HookedEngine(docker)
    with registry(tmp_path, docker) as images:
        two = images.put(f"{verb}:{pause_sec}", more=f"{verb} {pause_sec}".encode())
        async with kept(docker, tmp_path, engine) as site:
            await site.runs(wanted("a", ports=PORTS), wanted("b"))
            ended = anyio.Event()

            async def while_it_ends(call: Call) -> Any:
                async def end() -> None:
                    await anyio.sleep(pause_sec)
                    site.kill()

                try:
                    return await beside(call, end)
                finally:
                    ended.set()

            engine.once[verb] = while_it_ends
            await site.want(wanted("a", two, ports=PORTS), wanted("b"))
            await ended.wait()
        async with kept(docker, tmp_path) as site:
            await site.runs(wanted("a", two, ports=PORTS), wanted("b"))
            await site.until_rest(lambda: len(docker.containers()) == 2)
    assert ours(docker) == sorted([("running", two), ("running", IMAGE)])


async def test_while_the_engine_is_away_all_is_unknown(docker: ContainerEngine, site: Kept) -> None:
    await site.runs(wanted("a"))
    docker.kill()
    await site.until("a", lambda status: status.state == "UNKNOWN")
    assert not site.keeper.engine().reachable
    assert site.keeper.engine().since is not None
    await anyio.to_thread.run_sync(docker.start)
    await site.until("a", lambda status: status.state == "RUNNING")
    assert site.keeper.engine().reachable
    # an engine that comes back shows what it is about to stop as running, for a moment
    runs = [("running", IMAGE)]
    await anyio.to_thread.run_sync(until, lambda: ours(docker) == runs, 30, lambda: ours(docker))


def _hosts(docker: ContainerEngine) -> set[tuple[str, ...]]:
    """What containers call this host."""
    found: set[tuple[str, ...]] = set()
    for one in docker.containers():
        with suppress(AssertionError):  # it is gone meanwhile
            shown = docker.ask("GET", f"/containers/{one['Id']}/json")
            found.add(tuple(shown["HostConfig"]["ExtraHosts"] or ()))
    return found


async def test_where_this_host_moved_containers_are_told_by_new_ones(
    docker: ContainerEngine, tmp_path: Path
) -> None:
    docker.clear()
    async with kept(docker, tmp_path) as site:
        await site.runs(wanted("a", ports=PORTS), wanted("b", network="none"))
        before = docker.containers()
        await anyio.to_thread.run_sync(docker.stop)
        docker.bridge = "198.18.241.1"
        try:
            await anyio.to_thread.run_sync(docker.start)
            await site.until_rest(lambda: docker.bridge in site.keeper.gateways())
            there = {("iofog:198.18.241.1",), ()}
            await site.until_rest(lambda: _hosts(docker) == there and len(docker.containers()) == 2)
            await site.runs(wanted("a", ports=PORTS), wanted("b", network="none"))
            assert len({one["Id"] for one in before} & {o["Id"] for o in docker.containers()}) == 1
        finally:
            await anyio.to_thread.run_sync(docker.stop)
            docker.bridge = BRIDGE
            await anyio.to_thread.run_sync(docker.start)


async def test_pruning_leaves_what_others_have(docker: ContainerEngine, tmp_path: Path) -> None:
    docker.clear()
    with registry(tmp_path, docker) as images:
        names = [images.put(f"prune:{number}", more=b"p%d" % number) for number in range(4)]
        async with kept(docker, tmp_path) as site:
            for name in names:
                await site.runs(wanted("a", name, health=QUICK))
            pruned = await site.keeper.prune()
            assert pruned.images == 2
            assert pruned.bytes > 1_000_000
    there = {name for one in docker.ask("GET", "/images/json") for name in one["RepoTags"] or ()}
    assert there >= {*names[2:], IMAGE}
    assert there.isdisjoint(names[:2])


async def test_an_engine_that_shuts_down_in_order_is_not_disturbed(
    docker: ContainerEngine, tmp_path: Path
) -> None:
    """It stops all containers, and says so, before it is gone: nobody starts them meanwhile."""
    docker.clear()
    names = "abcdef"
    async with kept(docker, tmp_path) as site:
        await site.runs(*(wanted(name) for name in names))
        await anyio.to_thread.run_sync(docker.stop)
        await anyio.to_thread.run_sync(docker.start)
        for name in names:
            await site.until(name, lambda one: one.state == "RUNNING" and one.problem == "")
        assert ours(docker) == [("running", IMAGE)] * len(names)
