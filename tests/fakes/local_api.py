"""A Local API that runs in a thread of the test, on a port of its own, and how to ask it."""

import http.client
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from logging import getLogger
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from forepost.agent.settings import LocalApiSection, Settings
from forepost.agent.workloads.local_api.api import LocalApi, LocalApiNeeds
from forepost.agent.workloads.local_api.configuration import LocalConfig
from forepost.agent.workloads.local_api.report import AgentFacts
from forepost.kit.clock import SystemClock
from forepost.kit.errors import Conflict
from forepost.kit.health import Health
from tests.fakes.microservices import SiteMicroservices
from tests.free_ports import free_port
from tests.lab.net import Namespace

KEY = "abcd1234"
"""The one that the controller of this site takes."""
GATEWAY = "198.18.7.1"


class Heard(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class LocalApiSite:
    def __init__(self, state_dir: Path, **section: Any) -> None:
        self.state_dir = state_dir
        self.port = free_port()
        section = {"listen": f"127.0.0.1:{self.port}"} | section
        self.settings = Settings(local_api=LocalApiSection(**section))
        self.microservices = SiteMicroservices()
        self.health = Health(getLogger("test"))
        self.facts = AgentFacts(
            version="3.0.0",
            memory_bytes=14_630_000,
            cpu_percent=0.5,
            available_disk_bytes=25 << 30,
            total_disk_bytes=100 << 30,
            available_memory_bytes=2 << 30,
            total_cpu_percent=12.345,
            ip_address="198.18.0.9",
            network_interface="eth0",
            architecture="x86_64",
        )
        self.applied: list[LocalConfig] = []
        self.provisioned = ""
        self.place: tuple[float, float] | None = None
        self.resources = "[]"
        self.api: LocalApi
        self.portal: BlockingPortal

    async def _provision(self, key: str) -> str:
        if key != KEY:
            raise Conflict("Invalid Provisioning Key")
        self.provisioned = key
        return "7Xh2"

    async def _deprovision(self) -> None:
        if not self.provisioned:
            raise Conflict("not provisioned")
        self.provisioned = ""

    def _made(self) -> LocalApi:
        needs = LocalApiNeeds(
            facts=lambda: self.facts,
            applied=self.applied.append,
            provision=self._provision,
            deprovision=self._deprovision,
            known_place=lambda: self.place,
            resources=lambda: self.resources,
        )
        return LocalApi(
            self.settings, self.state_dir, self.microservices, needs, SystemClock(), self.health
        )

    @contextmanager
    def running(
        self, inside: Namespace | None = None, ready: Callable[[], None] | None = None
    ) -> Iterator["LocalApiSite"]:
        """`inside`: its sockets, and those of this thread, are of this namespace. `ready`: what is
        done once it said that it cannot listen.
        """
        with ExitStack() as stack:
            self.portal = stack.enter_context(start_blocking_portal())
            if inside is not None:
                entered = inside.inside()
                self.portal.call(entered.__enter__)
                stack.callback(lambda: self.portal.call(entered.__exit__, None, None, None))
                stack.enter_context(inside.inside())
            self.api = self._made()
            future, scope = self.portal.start_task(self._serve)
            try:
                self._wait(ready)
                yield self
            finally:
                self.portal.call(scope.cancel)
                future.result(20)
                self.portal.call(self.api.flush)

    async def _serve(self, *, task_status: anyio.abc.TaskStatus[anyio.CancelScope]) -> None:
        async with anyio.create_task_group() as tasks:
            for service in self.api.services.values():
                tasks.start_soon(_until_cancelled, service)
            task_status.started(tasks.cancel_scope)

    def _wait(self, ready: Callable[[], None] | None) -> None:
        for _ in range(1_000):
            if ready is not None:
                self.portal.call(anyio.sleep, 0.02)
                if self.health.problems:
                    ready()
                    return
                continue
            try:
                self.ask("GET", "/")
            except ConnectionError:
                self.portal.call(anyio.sleep, 0.02)
            else:
                return
        raise AssertionError(self.health.problems)

    @property
    def token(self) -> str:
        return (self.state_dir / "local-api").read_text()

    def configure(self, uuid: str, config: str) -> None:
        self.portal.call(self.microservices.configure, uuid, config)

    def set(self, **fields: object) -> None:
        self.portal.call(lambda: self.microservices.set(**fields))

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        source: str = "",
        at: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
    ) -> Heard:
        """`body`: bytes as they are, anything else as JSON."""
        said = {"Host": f"iofog:{self.port}"} | ({} if token is None else {"Authorization": token})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            said["Content-Type"] = "application/json"
        line = http.client.HTTPConnection(
            at, self.port, timeout=20, source_address=(source, 0) if source else None
        )
        try:
            line.request(method, path, body, said | (headers or {}))
            answer = line.getresponse()
            text = answer.read()
        finally:
            line.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Heard(answer.status, json.loads(text) if text else None, found)


async def _until_cancelled(service: Callable[[], Awaitable[None]]) -> None:
    await service()
