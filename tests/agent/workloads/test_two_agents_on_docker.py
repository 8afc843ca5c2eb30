"""Two agents, each with a state folder of its own, on one engine: neither touches the other's."""

from pathlib import Path

import pytest

from forepost.agent.edges.containers.docker import DockerEngine
from forepost.wire.workloads.manifest import VolumeMapping
from tests.lab.container_engine import ContainerEngine
from tests.lab.image_registry import registry
from tests.lab.microservices import Kept, kept, wanted

pytestmark = pytest.mark.anyio


def engine_of(docker: ContainerEngine, agent: str) -> DockerEngine:
    return DockerEngine(docker.url, agent, lambda: "", stall_sec=3)


def of(docker: ContainerEngine, agent: str) -> dict[str, str]:
    return {one["Id"]: one["State"] for one in docker.containers(f"org.forepost.agent={agent}")}


async def at_rest(site: Kept, docker: ContainerEngine, agent: str) -> dict[str, str]:
    await site.until_rest(lambda: [*of(docker, agent).values()] == ["running"])
    return of(docker, agent)


async def test_the_same_uuid_on_both(docker: ContainerEngine, tmp_path: Path) -> None:
    docker.clear()
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    with registry(tmp_path, docker) as images:
        names = [images.put(f"both:{number}", more=b"b%d" % number) for number in range(4)]
        mine = [VolumeMapping(source="mine", target="/d")]
        theirs = [VolumeMapping(source="theirs", target="/d")]
        async with (
            kept(docker, tmp_path / "1", engine_of(docker, "one")) as one,
            kept(docker, tmp_path / "2", engine_of(docker, "two")) as two,
        ):
            await one.runs(wanted("a", names[0], volumes=mine))
            await two.runs(wanted("a", names[0], volumes=theirs))
            other = await at_rest(two, docker, "two")
            for number in (1, 2, 3):
                # what the first pulled, and has no use for any more, is in use at the second
                await one.runs(wanted("a", names[number], volumes=mine))
                await one.keeper.restart("a")
                await one.until("a", lambda status: status.state == "RUNNING")
                await one.keeper.prune()
                assert of(docker, "two") == other
            here = await at_rest(one, docker, "one")
            await two.want(wanted("a", names[3], volumes=mine))
            await two.until("a", lambda status: status.problem)
            status = two.status("a")
            assert status is not None
            assert "mine is another agent's" in status.problem
            assert of(docker, "two") == other
            await two.want()
            await two.until_gone("a")
            await two.keeper.prune()
            assert of(docker, "one") == here
            assert of(docker, "two") == {}
    there = {name for image in docker.ask("GET", "/images/json") for name in image["RepoTags"]}
    assert there >= {names[3], names[2]}
    assert {v["Name"] for v in docker.ask("GET", "/volumes")["Volumes"]} >= {"mine", "theirs"}
