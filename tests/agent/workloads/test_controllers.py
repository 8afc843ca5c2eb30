"""An agent comes to one controller at a time, however many keys it is given at once."""

import logging
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import msgspec
import pytest

from forepost.agent.node import Identity
from forepost.agent.settings import UplinkSection
from forepost.agent.slices import EnrolmentRefused
from forepost.agent.way import Way
from forepost.agent.workloads.controllers import Controllers
from forepost.agent.workloads.iofog.client import IofogClient
from forepost.agent.workloads.iofog.exchange import IofogAgent, IofogExchange
from forepost.agent.workloads.iofog.kept import ACCOUNT, IofogKept, IofogWanted
from forepost.agent.workloads.iofog.volume_mounts import VolumeMountFolder
from forepost.kit.clock import SystemClock
from forepost.kit.health import Health
from tests.fakes.iofog_controller import IofogController
from tests.fakes.served import served

pytestmark = pytest.mark.anyio
LONG_SEC = 30
CLOCK = SystemClock()


class _Nowhere:
    """An Enrolment of a host that has no controller of ours."""

    identity: Identity | None = None

    async def provision(self, url: str, key: str) -> str:
        if key == "good":
            return "1-7"
        raise EnrolmentRefused(f"{url}: {key}: there is none")

    async def deprovision(self) -> None:
        raise EnrolmentRefused("not provisioned")


class _TakesAll(IofogController):
    """Every key is good, and its answer is on its way until a test lets it arrive."""

    def __init__(self) -> None:
        super().__init__("3.0")
        self.traded: list[str] = []
        self.arrives = Event()

    def answer(self, method: str, path: str, authorization: str, body: Any) -> tuple[int, Any]:
        if path == "agent/provision":
            self.key = str(body["key"])
            self.traded.append(self.key)
            found = super().answer(method, path, authorization, body)
            self.arrives.wait(LONG_SEC)
            return found
        return super().answer(method, path, authorization, body)


async def _nothing(_: object = None) -> None:
    return None


def opened(state: Path) -> tuple[Controllers, IofogExchange]:
    health = Health(logging.getLogger("test"))
    client = IofogClient(Way(proxy="none"), CLOCK)
    agent = IofogAgent(
        status=lambda _: {},
        configured=_nothing,
        settings=dict,
        edge_resources=lambda _: None,
        restart=_nothing,
        prune=_nothing,
        status_sec=lambda: 1.0,
        changes_sec=lambda: 1.0,
        news=lambda: None,
    )
    exchange = IofogExchange(
        client, IofogKept(state, health), VolumeMountFolder(state), agent, CLOCK, health
    )
    section = UplinkSection(allow_plain=True)
    return Controllers(_Nowhere(), lambda: False, client, exchange, section, str), exchange


@pytest.mark.parametrize("verb", ["deprovision", "provision ours", "provision theirs"])
async def test_what_a_lost_account_wanted_goes_on_until_somebody_ends_it(
    tmp_path: Path, verb: str
) -> None:
    kept = IofogKept(tmp_path, Health(logging.getLogger("test")))
    lost = {"uuid": "lost", "imageId": "box:1"}
    kept.save_wanted(IofogWanted(microservices=[msgspec.Raw(msgspec.json.encode(lost))]))
    (tmp_path / ACCOUNT).write_bytes(b"spoilt")
    assert opened(tmp_path)[1].is_orphaned
    controllers, exchange = opened(tmp_path)
    assert [one.uuid for one in exchange.list.microservices] == ["lost"]
    assert exchange.is_orphaned
    with IofogController("3.0").serving() as controller, served(lambda _: b"{}") as other:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange.run)
            with anyio.fail_after(LONG_SEC):
                match verb:
                    case "deprovision":
                        await controllers.deprovision()
                    case "provision ours":
                        assert await controllers.provision("good", other) == "1-7"
                    case _:
                        await controllers.provision(controller.key, controller.url)
                while exchange.list.microservices:  # noqa: ASYNC110 - another thread
                    await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()
    assert not opened(tmp_path)[1].list.microservices


async def test_of_two_keys_at_once_one_is_used(tmp_path: Path) -> None:
    controllers, exchange = opened(tmp_path)
    said: dict[str, str] = {}

    async def come(key: str) -> None:
        try:
            said[key] = await controllers.provision(key, controller.url)
        except EnrolmentRefused as refused:
            said[key] = str(refused)

    with _TakesAll().serving() as controller:
        assert isinstance(controller, _TakesAll)
        try:
            with anyio.fail_after(LONG_SEC):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(come, "one")
                    while not controller.traded:  # noqa: ASYNC110 - another thread
                        await anyio.sleep(0.02)
                    tasks.start_soon(come, "two")
                    await anyio.sleep(0.5)
                    controller.arrives.set()
        finally:
            controller.arrives.set()
    assert controller.traded == ["one"]
    assert said["one"] == controller.uuid
    assert "deprovision it first" in said["two"]
    assert exchange.account is not None
