"""What all sides want together, handed on at every change, and whether that is all."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from forepost.agent.edges.files.manifest_folder import ManifestFolder
from forepost.agent.workloads.all_wanted import LOOK_SEC, AllWanted, Spared
from forepost.agent.workloads.local_manifests import KEPT, LocalManifests
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.agent.workloads.wanted import WantedList
from forepost.kit.health import Health
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.manifest import Microservice
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio
LONG_SEC = 20


class Side:
    """A controller that wants what a test says."""

    def __init__(self) -> None:
        self.list = WantedList()
        self.is_known = True


class Handed:
    """What was handed on, and by whom."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.state = tmp_path / "workloads.d", tmp_path / "state"
        self.folder.mkdir()
        self.state.mkdir()
        self.clock = FakeClock()
        self.side = Side()
        self.all: list[tuple[list[str], list[str], Spared]] = []
        self.refused: list[str] = []
        self.wanted = self.begun()

    def begun(self) -> AllWanted:
        health = Health(logging.getLogger("test"))
        manifests = LocalManifests(ManifestFolder(self.folder), self.state, health)
        manifests.start()
        self.wanted = AllWanted(
            manifests, [("controller", self.side)], self._refusal, self._take, self.clock
        )
        return self.wanted

    def _refusal(self, one: Microservice) -> str:
        return "no" if one.privileged else ""

    async def _take(
        self, wanted: Sequence[WantedMicroservice], registries: Sequence[Registry], spared: Spared
    ) -> None:
        uuids = [one.microservice.uuid for one in wanted]
        self.refused = [one.microservice.uuid for one in wanted if one.refused]
        self.all.append((uuids, [one.name for one in registries], spared))

    def put(self, uuid: str) -> None:
        (self.folder / f"{uuid}.json").write_text(f'{{"uuid": "{uuid}", "image": "x"}}')

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.wanted.run)
            yield
            tasks.cancel_scope.cancel()

    async def hands(self, count: int) -> tuple[list[str], list[str], Spared]:
        with anyio.fail_after(LONG_SEC):
            while len(self.all) < count:  # noqa: ASYNC110 - a thread reads the folder
                await anyio.sleep(0.01)
        return self.all[-1]


@pytest.fixture
def handed(tmp_path: Path) -> Handed:
    return Handed(tmp_path)


async def test_every_change_of_any_side_is_handed_on(handed: Handed) -> None:
    handed.put("own")
    async with handed.running():
        assert await handed.hands(1) == (["own"], [], frozenset())
        handed.side.list = WantedList(
            microservices=[Microservice(uuid="far"), Microservice(uuid="root", privileged=True)],
            unclear=["newer"],
            registries=[Registry(name="ours", url="registry.example.com")],
        )
        handed.wanted.look()
        assert await handed.hands(2) == (["own", "far", "root"], ["ours"], frozenset({"newer"}))
        assert handed.refused == ["root"]
        handed.wanted.look()
        (handed.folder / "own.json").unlink()
        handed.wanted.look()
        assert await handed.hands(3) == (["far", "root"], ["ours"], frozenset({"newer"}))


async def test_what_a_side_lost_is_not_taken_for_nothing(handed: Handed) -> None:
    handed.put("own")
    handed.side.is_known = False
    async with handed.running():
        assert await handed.hands(1) == (["own"], [], None)
        handed.side.is_known = True
        handed.wanted.look()
        assert await handed.hands(2) == (["own"], [], frozenset())


async def test_a_folder_that_is_away_and_was_forgotten_is_not_taken_for_empty(
    handed: Handed,
) -> None:
    handed.folder.rename(handed.folder.with_name("elsewhere"))
    (handed.state / KEPT).write_text("spoilt")
    handed.begun()
    async with handed.running():
        assert await handed.hands(1) == ([], [], None)


def test_a_manifest_counts_within_five_seconds() -> None:
    assert LOOK_SEC <= 5
