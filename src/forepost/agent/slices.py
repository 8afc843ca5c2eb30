"""The slices of the agent, how each is built, and what it brings along."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, Final, Protocol

import anyio
import msgspec
from anyio.abc import TaskGroup

from forepost.agent.document import Document
from forepost.agent.edges.local.control_socket import Verb
from forepost.agent.node import Identity, Node
from forepost.agent.ports.edges import Edges
from forepost.agent.settings import Settings
from forepost.agent.talk import Talk
from forepost.kit.clock import Clock
from forepost.kit.errors import Conflict
from forepost.kit.health import Health
from forepost.wire.uplink.messages import ProbePost

Service = Callable[[], Awaitable[None]]
"""Runs for ever; one that fails is begun anew, after a growing pause (kit/tasks.py)."""
Deliver = Callable[[ProbePost], Awaitable[None]]
"""Takes a result on its way to the controller: it is kept until the controller has it."""


class EnrolmentRefused(Conflict):
    """The agent does not come to a controller, or leave it; the text says why."""

    def __init__(self, reason: str, *, is_refused: bool = False) -> None:
        """`is_refused`: the controller itself has refused."""
        super().__init__(reason)
        self.is_refused = is_refused


class Enrolment(Protocol):
    """Brings this agent to a controller, and away from it. The agent begins anew soon after."""

    @property
    def identity(self) -> Identity | None:
        """Who this agent is; None: it is not provisioned."""
        ...

    async def provision(self, url: str, key: str) -> str:
        """Become the agent that a provisioning key is of, and return what it is called there:
        WORKSPACE-AGENT. `url`: of the controller; "": that of the settings.

        Raises EnrolmentRefused within ten seconds: nothing has changed then.
        """
        ...

    async def deprovision(self) -> None:
        """Leave the controller: it ends the key, and what it wanted is not wanted any more. Where
        it is out of reach only this side ends. Raises EnrolmentRefused where there is none.
        """
        ...


class Quiet:
    """Whether this agent measures nothing for now: said by one slice, followed by others."""

    def __init__(self) -> None:
        self._is_on = False
        self._followers: list[Callable[[], None]] = []

    @property
    def is_on(self) -> bool:
        return self._is_on

    def follow(self, changed: Callable[[], None]) -> None:
        """Have `changed` called whenever it begins or ends."""
        self._followers.append(changed)

    def set(self, *, is_on: bool) -> None:
        if is_on != self._is_on:
            self._is_on = is_on
            for changed in self._followers:
                changed()


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What a slice is built with: the one of each that the whole agent has."""

    settings: Settings
    node: Node
    clock: Clock
    health: Health
    edges: Edges
    tasks: TaskGroup
    """Ends with the agent, before `flush` is called."""
    deliver: Deliver
    controller_url: Callable[[], str]
    """Where this agent talks now; "" where there is no controller."""
    is_connected: Callable[[], bool]
    """Whether it talks with its controller just now."""
    enrolment: Enrolment
    known_time: Callable[[], datetime | None]
    """What the controller's clock shows; None while nobody knows."""
    rest: Quiet = msgspec.field(default_factory=Quiet)


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """A slice, ready to be joined to the others."""

    services: Mapping[str, Service] = {}
    """By the names under which health is told of them; started when every document is restored."""
    documents: Sequence[Document] = ()
    talks: Sequence[Talk] = ()
    status: Callable[[], Mapping[str, Any]] | None = None
    """Returns the fields of `Status` (wire/local/status.py) that the slice fills; called for each
    question on the status socket."""
    verbs: Mapping[str, Verb[Any]] = {}
    """What the slice does for `forepost` on the control socket, as `subject.verb`."""
    reload: Service | None = None
    """Reads files of the site again; called on SIGHUP."""
    restart_wanted: anyio.Event | None = None
    """Set when somebody wants the agent to begin anew."""
    flush: Service | None = None
    """Keeps what is only in RAM; called once at the end, when no service runs any more, in the
    order of the slices."""


def always(_settings: Settings) -> bool:
    return True


class AgentSlice(msgspec.Struct, frozen=True):
    """A slice by the name of its module, which has `async def build(site: Site) -> Built`."""

    module: str
    is_on: Callable[[Settings], bool] = always
    """Whether these settings want it; the module of one that is off is never imported."""

    async def build(self, site: Site) -> Built:
        """Import the slice and build it. Raises WrongSettings, CannotStart."""
        built: Built = await import_module(self.module).build(site)
        return built


def _has_flows(settings: Settings) -> bool:
    return bool(settings.flows.interfaces or settings.socket.path)


def _has_workloads(settings: Settings) -> bool:
    return settings.workloads.engine != "off" or settings.local_api.enabled is True


def _has_jobs(settings: Settings) -> bool:
    return settings.has_jobs


SLICES: Final = (
    AgentSlice("forepost.agent.probes.build"),
    AgentSlice("forepost.agent.speedtests.build"),
    AgentSlice("forepost.agent.flows.build", _has_flows),
    AgentSlice("forepost.agent.workloads.build", _has_workloads),
    AgentSlice("forepost.agent.jobs.build", _has_jobs),
)
"""In the order in which they are built, restore their documents, and flush."""
