"""The slice of jobs of one agent, in a thread of the test: its Agent API, runs, job files."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from logging import getLogger
from pathlib import Path
from typing import Any, NamedTuple, cast

import anyio
import anyio.abc
import msgspec
from anyio.from_thread import BlockingPortal, start_blocking_portal

from forepost.agent.jobs.build import SiteJobs
from forepost.agent.node import Identity, Node
from forepost.agent.settings import AgentApiSection, JobsSection, Settings
from forepost.agent.slices import Built, Enrolment, Site
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.health import Health
from tests.fakes.transfers import SaidTransfers
from tests.free_ports import free_port
from tests.running import until

LONG_SEC = 30


class Heard(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


class LonelyEnrolment:
    """An Enrolment of an agent without a controller."""

    identity: Identity | None = None

    async def provision(self, url: str, key: str) -> str:
        return ""

    async def deprovision(self) -> None:
        """There is none."""


class JobsSite:
    def __init__(self, folder: Path, **section: Any) -> None:
        self.folder, self.jobs = folder, folder / "jobs.d"
        self.jobs.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.needs_token = True
        self.section: dict[str, Any] = {"dir": str(self.jobs), "allow_scripts": True} | section
        self.health: Health
        self.engine: SaidTransfers
        self.url, self.connected = "", False
        self.time: datetime | None = None
        self.portal: BlockingPortal
        self.slice: SiteJobs
        self.built: Built

    def job(self, file: str, **job: Any) -> Path:
        """Write a job file, whole."""
        path = self.jobs / file
        new = path.with_name(f".{file}")
        new.write_text(json.dumps(job))
        new.replace(path)
        return path

    def script(self, file: str, command: Any, name: str = "", **script: Any) -> Path:
        said = {"command": command, **script}
        path = str(self.folder)
        return self.job(file, name=name or file, type="script", path=path, script=said)

    @contextmanager
    def running(self, ready: Callable[[], bool] | None = None) -> Iterator["JobsSite"]:
        """`ready`: what is waited for; usually that the Agent API answers."""
        self.health, self.engine = Health(getLogger("test")), SaidTransfers()
        with start_blocking_portal() as self.portal:
            self.built = self.portal.call(self._made)
            future, scope = self.portal.start_task(self._serve)
            try:
                until(ready or self._answers, LONG_SEC, lambda: self.health.problems)
                yield self
            finally:
                self.portal.call(scope.cancel)
                future.result(20)

    @property
    def token(self) -> str:
        return str(self.ask("GET", "/api/v3/token").body["token"])

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        at: str = "127.0.0.1",
    ) -> Heard:
        """`body`: text as it is, anything else as JSON."""
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        line = http.client.HTTPConnection(at, self.port, timeout=20)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            text = answer.read()
        finally:
            line.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Heard(answer.status, json.loads(text) if text else None, found)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Heard:
        """With the token."""
        said = "&".join(f"{name}={value}" for name, value in {"token": self.token, **query}.items())
        return self.ask(method, f"{path}?{said}", body)

    def runs(self) -> dict[str, Any]:
        """By name."""
        return {one["name"]: one for one in self.call("GET", "/api/v3/runs").body}

    def status(self, name: str) -> Any:
        return self.runs().get(name, {}).get("status")

    def until_status(self, name: str, status: str) -> Any:
        until(lambda: self.status(name) == status, LONG_SEC, self.runs)
        return self.runs()[name]

    def say(self, key: str, status: str, **fields: Any) -> None:
        """The engine says this of a task, once it has it."""
        until(lambda: key in self.engine.tasks, LONG_SEC, lambda: self.engine.tasks)
        self.portal.call(lambda: self.engine.say(key, status, **fields))

    def _made(self) -> Built:
        state_dir = self.folder / "state"
        state_dir.mkdir(mode=0o700, exist_ok=True)
        settings = Settings(
            jobs=JobsSection(**self.section),
            agent_api=AgentApiSection(
                client_api_enabled=True,
                client_api_port=self.port,
                client_api_token_auth=self.needs_token,
            ),
        )
        site = msgspec.structs.replace(
            site_of(state_dir, SystemClock(), settings),
            health=self.health,
            controller_url=lambda: self.url,
            is_connected=lambda: self.connected,
            known_time=lambda: self.time,
        )
        self.slice = SiteJobs(site, self.engine)
        return self.slice.built

    async def _serve(self, *, task_status: anyio.abc.TaskStatus[anyio.CancelScope]) -> None:
        async with anyio.create_task_group() as tasks:
            for service in self.built.services.values():
                tasks.start_soon(serve, service)
            task_status.started(tasks.cancel_scope)

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/api/v3/token").status == 200
        except ConnectionError:
            return False


def site_of(state_dir: Path, clock: Clock, settings: Settings | None = None) -> Site:
    """What a slice of an agent without a controller is built with."""
    return Site(
        settings=settings or Settings(),
        node=Node(name="north", version="1", state_dir=state_dir, started_at=clock.now()),
        clock=clock,
        health=Health(getLogger("test")),
        edges=cast("Any", None),
        tasks=cast("Any", None),
        deliver=cast("Any", None),
        controller_url=lambda: "",
        is_connected=lambda: False,
        enrolment=cast("Enrolment", LonelyEnrolment()),
        known_time=lambda: None,
    )


async def serve(service: Callable[[], Any]) -> None:
    await service()
