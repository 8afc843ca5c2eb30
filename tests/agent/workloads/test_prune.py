"""When old images go, and which."""

import logging
from pathlib import Path

import pytest

from forepost.agent.ports.containers import EngineFacts, SeenImage
from forepost.agent.workloads.memory import WorkloadMemory
from forepost.agent.workloads.prune import AGAIN_SEC, Pruner, superfluous
from forepost.kit.health import Health
from forepost.wire.workloads.manifest import Microservice, UpdateRules
from tests.fakes.clock import FakeClock
from tests.fakes.containers import FakeEngine
from tests.fakes.keeping import keeping, wanted

pytestmark = pytest.mark.anyio


def facts(free_percent: int) -> EngineFacts:
    return EngineFacts(
        version="1",
        api_version="1.41",
        architecture="amd64",
        root_dir="/",
        free_bytes=free_percent,
        size_bytes=100,
    )


def memory(folder: Path) -> WorkloadMemory:
    return WorkloadMemory(folder / "workloads.json", Health(logging.getLogger("test")))


def test_neither_what_others_brought_nor_what_is_needed() -> None:
    images = [SeenImage(image_id=name) for name in "abcd"]
    own = {name: name for name in "abc"}
    assert [one.image_id for one in superfluous(images, own, {"b"})] == ["a", "c"]


async def test_it_is_due_where_space_is_short_or_time_has_come(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = FakeEngine(clock)
    by_space = Pruner(engine, memory(tmp_path), clock)
    assert not by_space.is_due(facts(0))
    by_space.prune_by(20, 0)
    assert not by_space.is_due(facts(20))
    assert by_space.is_due(facts(19))
    await by_space.prune((), ())
    assert not by_space.is_due(facts(1))
    await clock.advance(AGAIN_SEC)
    assert by_space.is_due(facts(1))
    by_time = Pruner(engine, memory(tmp_path), clock)
    by_time.prune_by(0, 2)
    assert not by_time.is_due(facts(1))
    await clock.advance(7_200)
    assert by_time.is_due(facts(99))
    await by_time.prune((), ())
    assert not by_time.is_due(facts(99))
    by_time.prune_by(0, 0)
    await clock.advance(1e6)
    assert not by_time.is_due(facts(0))


async def test_an_image_that_somebody_elses_container_uses_stays(tmp_path: Path) -> None:
    clock = FakeClock()
    engine, known = FakeEngine(clock), memory(tmp_path)
    engine.local |= {"good:1", "good:2"}
    for name in ("good:1", "good:2", "good:3"):
        known.pulled(f"sha256:{name}", name)
    await engine.create(Microservice(uuid="theirs", image="good:1"), "good:1", "")
    pruned = await Pruner(engine, known, clock).prune((), ())
    assert (pruned.images, engine.local) == (1, {"good:1"})
    assert set(known.own_images) == {"sha256:good:1"}


async def test_what_was_pulled_and_waits_to_be_used_stays(tmp_path: Path) -> None:
    async with keeping(tmp_path) as site:
        lock = UpdateRules(lock="/lock")
        await site.want(wanted("a", update=lock))
        site.engine.held.add("a")
        site.engine.local.add("good:2")
        site.keeper._memory.pulled("sha256:good:2", "good:2")
        await site.want(wanted("a", "good:2", update=lock))
        assert (await site.keeper.prune()).images == 0
        assert site.engine.local == {"good:1", "good:2"}


async def test_the_keeper_prunes_by_itself(tmp_path: Path) -> None:
    async with keeping(tmp_path) as site:
        site.keeper.prune_by(0, 1)
        for number in (1, 2, 3):
            await site.want(wanted("a", f"good:{number}"))
            await site.clock.advance(60)
        await site.clock.advance(3_700)
        assert site.engine.local == {"good:2", "good:3"}
        await site.crash()
        site.keeper.prune_by(0, 1)
        await site.want()
        await site.clock.advance(3_700)
        assert site.engine.local == set()
