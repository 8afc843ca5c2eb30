"""What the slice of workloads asks of a container engine, in its own words.

Every member of the Protocols raises EngineAway where the engine does not answer, and EngineRefused
where it answers and will not.
"""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, Protocol

import msgspec

from forepost.wire.workloads.delivery import LogLine, Registry
from forepost.wire.workloads.manifest import Microservice


class EngineAway(Exception):
    """The engine does not answer: nothing is known of its containers. The text says why."""


class EngineRefused(Exception):
    """The engine answers, and will not do it; the text is its own. `kind` says what it is about."""

    def __init__(self, reason: str, kind: "RefusalKind" = "other") -> None:
        super().__init__(reason)
        self.kind = kind


RefusalKind = Literal[
    "registry", "no_image", "architecture", "space", "conflict", "gone", "site", "other"
]
"""registry: it is out of reach or wants a password. conflict: a name or a port is taken. gone:
there is no such container. site: rules are
against it, of this site or of what its engine can do."""


AddedEnvironment = Callable[[str], Mapping[str, str]]
"""What a microservice, by its uuid, has in its environment beside what its manifest says."""


def nothing_added(_uuid: str) -> Mapping[str, str]:
    return {}


class EngineFacts(msgspec.Struct, frozen=True, kw_only=True):
    kind: Literal["docker", "process"] = "docker"
    version: str
    api_version: str
    architecture: str
    root_dir: str
    """Where it keeps images and volumes."""
    free_bytes: int = 0
    """Of the disk of `root_dir`; 0 with `size_bytes` 0: it is not known."""
    size_bytes: int = 0
    gateways: tuple[str, ...] = ()
    """Addresses of this host in the usual network."""


class SeenContainer(msgspec.Struct, frozen=True, kw_only=True):
    """A container of this agent, as the engine shows it."""

    container_id: str
    uuid: str
    fingerprint: str
    """Of the manifest that it was made of; from its label."""
    replaces: str = ""
    """The id of the container that it is to replace when it has shown that it works; from its
    label. Once there is no such container it is what counts."""
    beside: bool = False
    """Whether another of its kind may run at the same time: it has no port, no volume that it
    writes to, and a network of its own; from its label."""
    lock: str = ""
    """Where it holds a lock; from its label."""
    name: str = ""
    """Of the microservice, when it was made."""
    image: str = ""
    image_id: str = ""
    state: Literal["created", "running", "restarting", "paused", "exited", "dead", "removing"]
    health: Literal["none", "starting", "healthy", "unhealthy"] = "none"
    restarts: int = 0
    """How often the engine began it anew since somebody started it."""
    exit_code: int = 0
    error: str = ""
    """Why it could not be started the last time."""
    pid: int = 0
    """Of its first process, while it runs; 0: it is not known."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    addresses: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()


class SeenImage(msgspec.Struct, frozen=True, kw_only=True):
    image_id: str
    names: tuple[str, ...] = ()
    """With their tags."""
    size_bytes: int = 0
    architecture: str = ""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    cpu_sec: float
    """Since it was started."""
    memory_bytes: int


class EngineHint(msgspec.Struct, frozen=True, kw_only=True):
    """Something happened to a container; the truth is in `containers`."""

    uuid: str
    """"": to any."""
    action: str


LISTENING: Final = EngineHint(uuid="", action="")
"""The first hint: what happened before it was told to nobody."""


class StampedLine(msgspec.Struct, frozen=True):
    """A line of a log, and what tells it from all others of its container and stream."""

    stamp: str
    """The engine's time of it, to the nanosecond; "": it has none."""
    line: LogLine


class ContainerView(Protocol):
    """What there is. It changes nothing."""

    async def facts(self) -> EngineFacts:
        """Ask the engine about itself."""
        ...

    async def containers(self, uuid: str | None = None) -> Sequence[SeenContainer]:
        """Return all containers of this agent, or those of one microservice."""
        ...

    def still_runs(self, one: SeenContainer) -> bool:
        """Whether it goes on, without a new start, since it was seen: what is known of that without
        the engine. False: nothing is.
        """
        ...

    async def usage(self, container_id: str) -> Usage:
        """Return what a running container uses."""
        ...

    async def is_held(self, container_id: str, path: str) -> bool:
        """Return whether there is such a file in the container."""
        ...

    def hints(self) -> AsyncGenerator[EngineHint, None]:
        """Return what happens to containers of this agent from now on, after `LISTENING`."""
        ...


class ContainerWork(Protocol):
    """What can be done to containers of this agent. Doing it twice is as doing it once."""

    async def create(
        self, microservice: Microservice, image: str, replaces: str, wanted_by: str = ""
    ) -> str:
        """Make a container, which does not run yet; return its id. `image`: what `pull` returned.
        `replaces`: the id of the one that it is to replace, or "". `wanted_by`: whose its volumes
        are.
        """
        ...

    async def start(self, container_id: str) -> None:
        """Start a container, which the engine starts again when it ends."""
        ...

    async def stop(self, container_id: str) -> None:
        """Stop a container within the time that its manifest allows; it stays so."""
        ...

    async def remove(self, container_id: str) -> None:
        """Remove a container that does not run; its volumes stay."""
        ...


class ImageStore(Protocol):
    """The images of the engine."""

    async def image(
        self, microservice: Microservice, registry: Registry | None
    ) -> SeenImage | None:
        """Return the image that a microservice asks for; None: it has to be pulled."""
        ...

    async def pull(
        self,
        microservice: Microservice,
        registry: Registry | None,
        progress: Callable[[float], None],
    ) -> SeenImage:
        """Fetch an image; `progress` is called with percents."""
        ...

    async def images(self) -> Sequence[SeenImage]:
        """Return all images."""
        ...

    async def remove_image(self, name: str) -> None:
        """Take a name from an image, and with the last one the image; refused while a container of
        whomever uses it.
        """
        ...


class ContainerLogs(Protocol):
    """What containers write."""

    def lines(
        self, container_id: str, *, since: datetime | None, tail: int | None, follow: bool
    ) -> AsyncGenerator[StampedLine, None]:
        """Return lines with their times, from `since` on, of those the last `tail`; with `follow`
        also those that come until the container ends. A line may come twice, as Docker does it
        when it begins a new file.
        """
        ...


class ContainerEngine(ContainerView, ContainerWork, ImageStore, ContainerLogs, Protocol):
    """An engine, as a whole."""

    async def close(self) -> None:
        """Give back connections; whoever asks again has it open them anew."""
        ...
