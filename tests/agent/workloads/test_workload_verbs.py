"""`forepost ms deploy`: which microservice a manifest without a uuid is."""

import json
import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forepost.agent.edges.files.manifest_folder import ManifestFolder
from forepost.agent.workloads.local_manifests import LocalManifests
from forepost.agent.workloads.no_microservices import NoMicroservices
from forepost.agent.workloads.verbs import WorkloadVerbs
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.wire.local import workloads as local

pytestmark = pytest.mark.anyio


class Host:
    def __init__(self, path: Path) -> None:
        self.folder = path / "workloads.d"
        self.folder.mkdir()
        self.manifests = LocalManifests(
            ManifestFolder(self.folder), path, Health(logging.getLogger("x"))
        )
        self.manifests.start()
        self.verbs = WorkloadVerbs(
            NoMicroservices(), self.manifests, lambda _: "", lambda: None, _no_key, _no_end
        )

    async def deploy(self, **manifest: Any) -> str:
        asked = local.DeployedManifest(manifest=msgspec.Raw(json.dumps(manifest).encode()))
        found = await self.verbs.verbs[local.DEPLOY].run(
            msgspec.Raw(msgspec.json.encode(asked)), _says_nothing
        )
        return str(found.uuid)


async def _no_key(_key: str, _url: str) -> str:
    raise AssertionError


async def _no_end() -> None:
    raise AssertionError


async def _says_nothing(_: object) -> None:
    raise AssertionError


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


async def test_a_file_that_is_deployed_twice_is_one_microservice(host: Host) -> None:
    first = await host.deploy(name="pump", image="box:1")
    assert await host.deploy(name="pump", image="box:2") == first  # not yet read
    host.manifests.look()
    assert await host.deploy(name="pump", image="box:3") == first
    assert [one.name for one in host.folder.iterdir()] == [f"{first}.json"]
    assert await host.deploy(name="valve", image="box:1") != first


async def test_the_one_of_its_name_is_replaced_and_of_two_neither(host: Host) -> None:
    await host.deploy(uuid="a1", name="pump", image="box:1")
    host.manifests.look()
    assert await host.deploy(name="pump", image="box:2") == "a1"
    await host.deploy(uuid="b2", name="pump", image="box:1")
    host.manifests.look()
    with pytest.raises(Invalid, match="pump: 2 have this name"):
        await host.deploy(name="pump", image="box:3")
