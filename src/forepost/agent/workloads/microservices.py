"""What the Local API, the talk and the command ask of whoever keeps the microservices running."""

from collections.abc import AsyncGenerator, Collection, Sequence
from typing import Protocol

import msgspec

from forepost.wire.workloads.delivery import (
    EngineStatus,
    LogLine,
    MicroserviceStatus,
    WantedBy,
)
from forepost.wire.workloads.manifest import Microservice


class NoSuchMicroservice(Exception):
    """Neither uuid nor name of one that is wanted, or runs; the text says so."""


class NotNow(Exception):
    """It cannot be done as things are (the engine is away, say); the text says why."""


class WantedMicroservice(msgspec.Struct, frozen=True, kw_only=True):
    """A microservice that is to run here."""

    microservice: Microservice
    wanted_by: WantedBy
    refused: str = ""
    """What the rules of the site say against it; "": nothing. An older container goes on, one of
    this manifest does not.
    """


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    images: int
    bytes: int


class Microservices(Protocol):
    """All microservices of this site, as they are now. What it answers is in RAM."""

    def engine(self) -> EngineStatus:
        """What is known of the engine."""
        ...

    def statuses(self) -> Sequence[MicroserviceStatus]:
        """Every one that is wanted, and every one that still runs though it is not."""
        ...

    def config_of(self, uuid: str) -> str | None:
        """The configuration of one that is wanted, as JSON; None: there is none of this uuid."""
        ...

    def routes_of(self, uuid: str) -> Collection[str]:
        """To whom the messages of this one go on the bus."""
        ...

    def at(self, address: str) -> str | None:
        """The uuid of the microservice whose container has this address now."""
        ...

    def is_on_host(self, uuid: str) -> bool:
        """Whether this one has no address of its own: it shares the host's network, or is a process
        of the host.
        """
        ...

    def gateways(self) -> Collection[str]:
        """Addresses of this host in the networks of the containers; none while it is not known."""
        ...

    def host_names(self) -> Collection[str]:
        """What containers call this host besides its addresses: `iofog`, and names of `extra_hosts`
        that lead to a gateway.
        """
        ...

    async def ready(self) -> None:
        """Return once it is known what is wanted here, and whether the engine answers: before that
        nothing is there for those who ask.
        """
        ...

    async def changed(self) -> None:
        """Return at the next change of statuses, configurations, addresses or gateways."""
        ...

    async def restart(self, uuid_or_name: str) -> None:
        """Stop and start its container. Raises NoSuchMicroservice, NotNow."""
        ...

    def logs(self, uuid_or_name: str, tail: int, *, follow: bool) -> AsyncGenerator[LogLine, None]:
        """The last `tail` lines, and with `follow` those that come, each once, also of the
        containers that come after this one. Whoever reads closes it (`contextlib.aclosing`).
        Raises NoSuchMicroservice, NotNow.
        """
        ...

    async def prune(self) -> Pruned:
        """Remove the images that the agent pulled and nobody needs any more. Raises NotNow."""
        ...
