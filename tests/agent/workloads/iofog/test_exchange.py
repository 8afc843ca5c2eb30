"""The exchange with an ioFog Controller, 3.0 and 3.7, over real HTTP."""

import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import pytest

from forepost.agent.way import Way
from forepost.agent.workloads.iofog.bodies import IofogChanges
from forepost.agent.workloads.iofog.client import IofogClient, IofogRefused
from forepost.agent.workloads.iofog.exchange import (
    SUBJECT,
    IofogAgent,
    IofogExchange,
    bounded,
)
from forepost.agent.workloads.iofog.kept import WANTED, IofogKept
from forepost.agent.workloads.iofog.refusals import FOR_SEC, MOST, Refusals
from forepost.agent.workloads.iofog.report import BusFigures, status_of
from forepost.agent.workloads.iofog.volume_mounts import FOLDER, VolumeMountFolder
from forepost.agent.workloads.local_api.report import AgentFacts
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from forepost.kit.http import Unreachable
from forepost.wire.workloads.delivery import EngineStatus, MicroserviceStatus
from tests.fakes.iofog_controller import IofogController, Version
from tests.fakes.served import served

pytestmark = pytest.mark.anyio
LONG_SEC = 30
CLOCK = SystemClock()


class IofogSite:
    """An agent as the exchange sees it, with everything that it was told."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.health = Health(logging.getLogger("test"))
        self.configured: list[dict[str, Any]] = []
        self.edge_resources: list[Sequence[Mapping[str, Any]]] = []
        self.restarted: list[str] = []
        self.pruned = 0
        self.client = IofogClient(Way(proxy="none"), CLOCK)
        self.exchange = self.begun()

    def begun(self) -> IofogExchange:
        """As at a start of the agent."""
        self.exchange = IofogExchange(
            self.client,
            IofogKept(self.state, self.health),
            VolumeMountFolder(self.state),
            self._agent(),
            CLOCK,
            self.health,
        )
        return self.exchange

    def _agent(self) -> IofogAgent:
        async def configured(said: Mapping[str, Any]) -> None:
            self.configured.append(dict(said))

        async def restart(uuid: str) -> None:
            self.restarted.append(uuid)

        async def prune() -> None:
            self.pruned += 1

        def status(registries: Sequence[int]) -> Mapping[str, Any]:
            now = CLOCK.now()
            found = MicroserviceStatus(uuid="one", state="RUNNING", started_at=now)
            facts = AgentFacts(version="0.1.0")
            return status_of(facts, now, EngineStatus(), [found], registries, BusFigures(), now)

        return IofogAgent(
            status=status,
            configured=configured,
            settings=lambda: {"memoryLimit": 4096},
            edge_resources=self.edge_resources.append,
            restart=restart,
            prune=prune,
            status_sec=lambda: 0.05,
            changes_sec=lambda: 0.05,
            news=lambda: None,
        )

    async def provisioned(self, controller: IofogController) -> None:
        base = await self.client.base_of(controller.url)
        self.exchange.come(await self.client.provision(base, controller.key))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.exchange.run)
            yield
            tasks.cancel_scope.cancel()

    @property
    def uuids(self) -> list[str]:
        return [one.uuid for one in self.exchange.list.microservices]


@pytest.fixture(params=["3.0", "3.7"])
def controller(request: pytest.FixtureRequest) -> Iterator[IofogController]:
    version: Version = request.param
    with IofogController(version).serving() as controller:
        yield controller


@pytest.fixture
def site(tmp_path: Path) -> IofogSite:
    return IofogSite(tmp_path)


async def until(condition: Any) -> None:
    with anyio.fail_after(LONG_SEC):
        while not condition():  # noqa: ASYNC110 - another thread
            await anyio.sleep(0.02)


async def test_all_that_is_wanted_comes_and_how_it_is_goes(
    controller: IofogController, site: IofogSite
) -> None:
    controller.want(uuid="one", config='{"a": 1}', env=[{"key": "A", "value": None}])
    controller.edge_resources = [{"id": 1, "name": "camera"}]
    await site.provisioned(controller)
    async with site.running():
        await until(lambda: site.uuids == ["one"] and controller.statuses)
        assert site.exchange.is_connected
        [one] = site.exchange.list.microservices
        assert (one.image, one.config_text, one.env) == ("box:1", '{"a": 1}', {"A": ""})
        assert "latitude" not in site.configured[0]
        assert site.configured[0]["statusFrequency"] == 10
        await until(lambda: site.edge_resources == [[{"id": 1, "name": "camera"}]])
        assert controller.settings == {"memoryLimit": 4096}
        told = json.loads(controller.statuses[-1]["microserviceStatus"])
        assert [(status["id"], status["status"]) for status in told] == [("one", "RUNNING")]
        controller.want(uuid="one", config='{"a": 2}')
        controller.want(uuid="two", rebuild=True)
        controller.flag("prune", "reboot", "somethingNew")
        await until(lambda: site.uuids == ["one", "two"] and site.pruned)
        await until(lambda: site.restarted == ["two"])
        await until(lambda: controller.flags == set())
        controller.microservices.clear()
        controller.flag("microserviceList")
        await until(lambda: site.uuids == [])
    assert site.health.problems == {}


async def test_config_maps_and_secrets_are_folders_that_microservices_read(
    site: IofogSite,
) -> None:
    with IofogController("3.7").serving() as controller:
        text = base64.b64encode(b"word").decode()
        controller.volume_mounts = [
            {"uuid": "u", "name": "secret", "version": 1, "data": {"pass": text, "old": text}},
            {"uuid": "v", "name": "../key", "version": 1, "data": {"pass": text}},
            {"uuid": "w", "name": "wrong", "version": 1, "data": {"pass": "?"}},
        ]
        volumes = [
            {"hostDestination": "secret", "containerDestination": "/s", "type": "volumeMount"},
            {"hostDestination": "$VolumeMount/secret", "containerDestination": "/t", "type": None},
        ]
        controller.want(uuid="one", volumeMappings=volumes)
        await site.provisioned(controller)
        folder = site.state / FOLDER
        async with site.running():
            await until(lambda: site.uuids == ["one"])
            [one] = site.exchange.list.microservices
            assert {(v.source, v.type, v.read_only) for v in one.volumes} == {
                (f"{folder}/secret", "bind", True)
            }
            assert (folder / "secret/pass").read_bytes() == b"word"
            assert (folder / "secret/pass").stat().st_mode & 0o777 == 0o644
            assert [path.name for path in folder.iterdir()] == ["secret"]
            assert not (site.state / "key").exists()
            controller.volume_mounts[0]["data"] = {"pass": base64.b64encode(b"new").decode()}
            controller.flag("volumeMounts")
            await until(lambda: not (folder / "secret/old").exists())
            assert (folder / "secret/pass").read_bytes() == b"new"
            await site.exchange.leave()
            assert list(folder.iterdir()) == []


async def test_a_start_without_the_controller_wants_what_was_wanted(
    controller: IofogController, site: IofogSite
) -> None:
    controller.want(uuid="one")
    await site.provisioned(controller)
    async with site.running():
        await until(lambda: site.uuids == ["one"])
    assert site.begun().is_known
    assert site.uuids == ["one"]
    (site.state / WANTED).write_bytes(b"spoilt")
    assert not site.begun().is_known
    async with site.running():
        await until(lambda: site.exchange.is_known and site.uuids == ["one"])


async def test_a_refusal_ends_nothing(controller: IofogController, site: IofogSite) -> None:
    controller.want(uuid="one")
    await site.provisioned(controller)
    controller.refuses = 30
    async with site.running():
        await until(lambda: SUBJECT in site.health.problems)
        assert "Invalid credentials" in site.health.problems[SUBJECT]
        await until(lambda: site.uuids == ["one"])
        await until(lambda: site.health.problems == {})
    assert site.exchange.account is not None


class SetClock(SystemClock):
    """Somebody set the wall clock; it is `wrong` by so much."""

    wrong = timedelta()

    def now(self) -> datetime:
        return super().now() + self.wrong


@pytest.mark.parametrize("hours", [-30, 30])
async def test_a_clock_that_is_wrong_by_hours_is_no_reason_to_be_unknown(hours: int) -> None:
    clock = SetClock()
    client = IofogClient(Way(proxy="none"), clock)
    with IofogController("3.7").serving() as controller:
        account = await client.provision(await client.base_of(controller.url), controller.key)
        for wrong in (timedelta(), timedelta(hours=hours), timedelta()):
            clock.wrong = wrong
            for _ in range(2):
                await client.get(account, "agent/config/changes", IofogChanges)
        controller.refuses = 2
        with pytest.raises(IofogRefused):
            await client.get(account, "agent/config/changes", IofogChanges)


async def test_a_key_is_good_once(controller: IofogController, site: IofogSite) -> None:
    base = await site.client.base_of(controller.url)
    assert base == f"{controller.url}/api/v3/"
    with pytest.raises(IofogRefused, match="Invalid Provisioning Key") as refused:
        await site.client.provision(base, "wrong")
    assert refused.value.status == 404
    await site.client.provision(base, controller.key)
    with pytest.raises(IofogRefused, match="Invalid Provisioning Key"):
        await site.client.provision(base, controller.key)


async def test_an_agent_that_leaves_wants_nothing_any_more(
    controller: IofogController, site: IofogSite
) -> None:
    controller.want(uuid="one")
    await site.provisioned(controller)
    async with site.running():
        await until(lambda: site.uuids == ["one"])
        await site.exchange.leave()
        assert controller.deprovisioned == ["one"]
        assert (site.uuids, site.exchange.account) == ([], None)
    assert site.begun().account is None


class _Slow(IofogController):
    """Its answer about microservices is on its way until a test lets it arrive."""

    def __init__(self) -> None:
        super().__init__("3.7")
        self.arrives = Event()

    def answer(self, method: str, path: str, authorization: str, body: Any) -> tuple[int, Any]:
        found = super().answer(method, path, authorization, body)
        if path == "agent/microservices":
            self.arrives.wait(LONG_SEC)
        return found


async def test_an_answer_that_was_on_its_way_when_an_agent_left_is_not_wanted(
    site: IofogSite,
) -> None:
    with _Slow().serving() as controller:
        assert isinstance(controller, _Slow)
        controller.want(uuid="one")
        await site.provisioned(controller)
        try:
            async with site.running():
                await until(lambda: "GET agent/microservices" in controller.asked)
                await site.exchange.leave()
                assert site.exchange.account is None
                controller.arrives.set()
                for _ in range(20):
                    assert site.uuids == []
                    await anyio.sleep(0.02)
        finally:
            controller.arrives.set()
    assert not (site.state / WANTED).exists()
    assert site.begun().list.microservices == []


async def test_a_node_that_is_deleted_leaves(controller: IofogController, site: IofogSite) -> None:
    controller.want(uuid="one")
    await site.provisioned(controller)
    async with site.running():
        await until(lambda: site.uuids == ["one"])
        controller.flag("deleteNode")
        await until(lambda: site.exchange.account is None)
        assert site.uuids == []
    assert controller.deprovisioned == []


async def test_what_is_no_iofog_controller_is_told_apart(site: IofogSite) -> None:
    with served(lambda _: b'{"status": "online"}') as url:
        assert await site.client.base_of(url) == ""
    with pytest.raises(Unreachable):
        await site.client.base_of(url)


@pytest.mark.parametrize("answer", [b"", b"[]", b'{"microservices": 7}', b"[" * 100_000])
async def test_an_answer_that_is_none_ends_nothing(site: IofogSite, answer: bytes) -> None:
    with IofogController("3.0").serving() as controller:
        controller.want(uuid="one")
        await site.provisioned(controller)
        async with site.running():
            await until(lambda: site.uuids == ["one"])
        port = controller.port
    with served(lambda _: answer, port):
        site.begun()
        async with site.running():
            await until(lambda: SUBJECT in site.health.problems)
            assert site.uuids == ["one"]


def test_no_controller_makes_an_agent_deaf() -> None:
    assert [bounded(said) for said in (10.0, 600.0, 601.0, 1e300)] == [10.0, 600.0, 600.0, 600.0]


def test_only_ten_refusals_in_ten_minutes_mean_that_an_agent_is_not_known() -> None:
    refusals = Refusals()
    assert not any(refusals.count(401, float(second)) for second in range(500))
    assert refusals.count(403, FOR_SEC)
    assert not refusals.count(500, FOR_SEC)
    assert not refusals.count(401, 2 * FOR_SEC)
    assert not any(refusals.count(401, 10 * FOR_SEC + minute) for minute in range(MOST - 2))
