"""SQL of microservices, registries and roll-outs, on each database that they may be in."""

from collections.abc import AsyncIterator
from datetime import timedelta

import anyio
import msgspec
import pytest
from sqlalchemy import func, insert, select, update

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.workloads import (
    agent_microservices,
    image_registries,
    microservice_agents,
    microservice_rollouts,
    microservices,
)
from forepost.controller.db.tables.workspaces import workspaces
from forepost.controller.workloads.registry_store import RegistryStore
from forepost.controller.workloads.rollout import Release
from forepost.controller.workloads.rollout_store import Rollouts
from forepost.controller.workloads.room import MOST_CHARS
from forepost.controller.workloads.store import Microservices, drop_of_agent
from forepost.kit.errors import Conflict, Invalid, NotFound
from forepost.wire.workloads.manifest import Microservice
from forepost.wire.workloads.rest import (
    MicroservicePatch,
    NewMicroservice,
    NewRegistry,
    RegistryPatch,
    RolloutRule,
)
from tests.rows import THEN, home

pytestmark = pytest.mark.anyio
LATER = THEN + timedelta(minutes=1)
SECRET = "not for everybody"


@pytest.fixture
async def db(metadata_url: str) -> AsyncIterator[Database]:
    found = Database.at(metadata_url)
    await home(found)
    async with found.write() as connection:
        for number in (2, 3):
            await connection.execute(
                insert(agents).values(
                    id=number,
                    workspace_id=1,
                    name=f"edge-{number}",
                    description="",
                    location="",
                    public_ip_override="",
                    version="",
                    psk_sha256="",
                    labels={"site": "north"},
                    created_at=THEN,
                    updated_at=THEN,
                )
            )
    yield found
    await found.close()


async def test_what_an_agent_is_to_have_is_of_one_moment(db: Database) -> None:
    store, registries = Microservices(db), RegistryStore(db)
    await registries.add(1, NewRegistry(name="ours", url="h", password=SECRET), THEN)
    await registries.add(1, NewRegistry(name="unused", url="h", password=SECRET), THEN)
    config: dict[str, object] = {"text": "naïve \n\t\x1f 😀", "n": 1e300}
    new = NewMicroservice(name="a", image="a:1", registry="ours", config=config, agents=[1])
    named = await store.add(1, new, THEN)
    await store.add(1, NewMicroservice(name="b", labels={"site": "north"}), THEN)
    await store.add(1, NewMicroservice(name="for nobody"), THEN)
    first = await store.due(1, 1, "")
    (manifest,) = (msgspec.json.decode(one, type=Microservice) for one in first.manifests)
    assert (manifest.uuid, manifest.config) == (named.head.uuid, config)
    assert [(one.name, one.password) for one in first.registries] == [("ours", SECRET)]
    same = await store.due(1, 1, first.revision)
    assert (same.revision, same.manifests) == (first.revision, ())
    assert len((await store.due(1, 2, "")).manifests) == 1
    assert (await store.due(1, 2, "")).revision == (await store.due(1, 3, "")).revision
    with pytest.raises(NotFound):
        await store.due(1, 99, "")
    await registries.change(1, 1, RegistryPatch(password="new"), LATER)
    assert (await store.due(1, 1, "")).revision != first.revision


async def test_a_rollout_gives_back_what_was_before(db: Database) -> None:
    store, rollouts = Microservices(db), Rollouts(db)
    rule = RolloutRule(waves=[50, 100])
    new = NewMicroservice(name="a", image="a:1", agents=[1, 2], rollout=rule)
    made = await store.add(1, new, THEN)
    changed = await store.change(1, made.head.id, MicroservicePatch(image="a:2"), LATER)
    assert changed.head.on(1).fingerprint == made.head.wanted.fingerprint
    (running,) = await rollouts.running()
    assert await rollouts.release(running, Release(1, frozenset({1})), LATER)
    before, after = await store.due(1, 2, ""), await store.due(1, 1, "")
    assert ('"a:1"' in before.manifests[0], '"a:2"' in after.manifests[0]) == (True, True)
    with pytest.raises(Conflict):
        await store.change(1, made.head.id, MicroservicePatch(image="a:3"), LATER)
    await store.change(1, made.head.id, MicroservicePatch(agents=[1]), LATER)
    # Now all that are to have it have it: another may follow.
    patch = MicroservicePatch(image="a:3", name="z")
    third = await store.change(1, made.head.id, patch, LATER + timedelta(seconds=1))
    assert third.spec.image == "a:3"
    assert not await rollouts.well(running, LATER)  # it is not that one any more
    (running,) = await rollouts.running()
    await store.add(1, NewMicroservice(name="a"), THEN)
    assert await rollouts.go_back(running, "returned", "why", LATER)
    assert not await rollouts.go_back(running, "returned", "why", LATER)
    back = await store.get(1, made.head.id)
    assert (back.spec.image, back.spec.name, back.head.released) == ("a:2", "z", None)
    assert await rollouts.failed(1) == {made.head.id}
    assert await rollouts.running() == []
    await store.delete(1, made.head.id)
    async with db.read() as connection:
        for table in (microservice_rollouts, microservice_agents):
            assert await connection.scalar(select(func.count()).select_from(table)) == 0


async def test_the_manifests_of_one_agent_have_room_in_its_document(db: Database) -> None:
    store = Microservices(db)
    large = {f"E{n}": "x" * (30 << 10) for n in range(16)}
    made = []
    for n in range(31):
        new = NewMicroservice(name=f"m{n}", env=large, agents=[1, 2])
        made.append(await store.add(1, new, THEN))
    small = await store.add(1, NewMicroservice(name="small", agents=[1]), THEN)
    with pytest.raises(Invalid, match="agents: all manifests of agent 1 together"):
        await store.add(1, NewMicroservice(name="more", env=large, agents=[3, 1]), THEN)
    with pytest.raises(Invalid, match="agents: all manifests of agent 1 together"):
        await store.change(1, small.head.id, MicroservicePatch(env=large), LATER)
    await store.change(1, made[0].head.id, MicroservicePatch(env={}), LATER)
    await store.change(1, small.head.id, MicroservicePatch(env=large), LATER)
    assert sum(map(len, (await store.due(1, 1, "")).manifests)) <= MOST_CHARS


async def test_two_who_change_one_thing_lose_nothing(db: Database) -> None:
    store = Microservices(db)
    made = await store.add(1, NewMicroservice(name="a"), THEN)
    patches = [
        MicroservicePatch(image="x"),
        MicroservicePatch(user="y"),
        MicroservicePatch(network="z"),
    ]

    async def change(patch: MicroservicePatch) -> None:
        await store.change(1, made.head.id, patch, LATER)

    async with anyio.create_task_group() as tasks:
        for patch in patches:
            tasks.start_soon(change, patch)
    found = await store.get(1, made.head.id)
    assert (found.spec.image, found.spec.user, found.spec.network) == ("x", "y", "z")
    assert found.revision == 4


async def test_a_registry_that_is_used_stays(db: Database) -> None:
    store, registries = Microservices(db), RegistryStore(db)
    await registries.add(1, NewRegistry(name="old", url="h"), THEN)
    await registries.add(1, NewRegistry(name="new", url="h"), THEN)
    rule = RolloutRule(waves=[100])
    body = NewMicroservice(name="a", registry="old", agents=[1], rollout=rule)
    made = await store.add(1, body, THEN)
    await store.change(1, made.head.id, MicroservicePatch(registry="new"), LATER)
    for registry_id in (1, 2):  # one of them is of the former manifest
        with pytest.raises(Conflict, match="names this registry"):
            await registries.delete(1, registry_id)
    with pytest.raises(Invalid, match="has no registry"):
        await store.change(1, made.head.id, MicroservicePatch(registry="none"), LATER)
    await store.delete(1, made.head.id)
    await registries.delete(1, 1)


async def test_what_hangs_on_an_agent_or_a_workspace_goes_with_it(db: Database) -> None:
    store, registries = Microservices(db), RegistryStore(db)
    await registries.add(1, NewRegistry(name="r", url="h", password=SECRET), THEN)
    await store.add(1, NewMicroservice(name="a", agents=[1, 2]), THEN)
    async with db.write() as connection:
        for number in (1, 2):
            await connection.execute(
                insert(agent_microservices).values(agent_id=number, report="{}", said_at=THEN)
            )
        await drop_of_agent(connection, 1)
    (head,) = (await store.layout(1)).heads
    assert head.agent_ids == {2}
    await store.forget_lost_workspaces()
    assert await store.workspaces() == [1]
    async with db.write() as connection:
        await connection.execute(update(workspaces).values(deleted_at=LATER))
    assert await store.workspaces() == []
    await store.forget_lost_workspaces()
    tables = microservices, microservice_agents, image_registries, agent_microservices
    async with db.read() as connection:
        for table in tables:
            assert await connection.scalar(select(func.count()).select_from(table)) == 0
