"""Named volumes: made where they are missing, and never somebody else's by accident."""

import pytest

from forepost.agent.edges.containers.docker import DockerEngine
from forepost.agent.edges.containers.volumes import OURS
from forepost.agent.ports.containers import EngineRefused
from forepost.wire.workloads.manifest import Microservice, VolumeMapping
from tests.lab.container_engine import IMAGE, ContainerEngine

pytestmark = pytest.mark.anyio


def asks(volume: str) -> Microservice:
    mapping = VolumeMapping(source=volume, target="/d")
    return Microservice(uuid="asks", image=IMAGE, volumes=[mapping])


async def test_a_volume_of_others_is_refused_unless_the_site_allows_it(
    docker: ContainerEngine,
) -> None:
    docker.clear()
    docker.ask("POST", "/volumes/create", json={"Name": "theirs"})
    engine = DockerEngine(docker.url, "agent-1", lambda: "")
    allowing = DockerEngine(docker.url, "agent-2", lambda: "", volumes=["theirs"])
    another = DockerEngine(docker.url, "agent-3", lambda: "")
    try:
        with pytest.raises(EngineRefused, match="theirs is not forepost's") as refused:
            await engine.create(asks("theirs"), IMAGE, "")
        assert refused.value.kind == "site"
        assert docker.containers() == []
        await engine.remove(await engine.create(asks("ours"), IMAGE, ""))
        await engine.remove(await engine.create(asks("ours"), IMAGE, ""))
        with pytest.raises(EngineRefused, match="ours is another agent's"):
            await another.create(asks("ours"), IMAGE, "")
        await allowing.remove(await allowing.create(asks("theirs"), IMAGE, ""))
        names = {one["Name"] for one in docker.ask("GET", "/volumes")["Volumes"]}
        assert names >= {"ours", "theirs"}
    finally:
        for one in (engine, allowing, another):
            await one.close()


async def test_what_one_side_made_is_no_other_sides_unless_the_site_allows_it(
    docker: ContainerEngine,
) -> None:
    docker.clear()
    docker.ask("POST", "/volumes/create", json={"Name": "old", "Labels": {OURS: "yes"}})
    engine = DockerEngine(docker.url, "agent-1", lambda: "")
    allowing = DockerEngine(docker.url, "agent-1", lambda: "", volumes=["v-controller"])
    said = {"folder": "this host's own", "controller": "the controller", "iofog": "ioFog"}
    try:
        for side in said:
            await engine.remove(await engine.create(asks(f"v-{side}"), IMAGE, "", side))
            await engine.remove(await engine.create(asks("old"), IMAGE, "", side))
        for side, whose in said.items():
            for other in said.keys() - {side}:
                with pytest.raises(EngineRefused, match=f"v-{side} is of .*{whose}") as refused:
                    await engine.create(asks(f"v-{side}"), IMAGE, "", other)
                assert refused.value.kind == "site"
        await allowing.remove(await allowing.create(asks("v-controller"), IMAGE, "", "folder"))
    finally:
        await engine.close()
        await allowing.close()
