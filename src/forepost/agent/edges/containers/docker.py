"""An engine that speaks Docker's API: containers of this agent, known by their labels."""

import os
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from forepost.agent.cores.container_body import (
    AGENT,
    GATEWAY,
    USUAL_NETWORK,
    UUID,
    container_body,
    container_name,
    wants_gateway,
)
from forepost.agent.cores.container_log import LogFrames, WrongFrames
from forepost.agent.edges.containers.answers import (
    ContainerEvent,
    ContainerStats,
    EngineInfo,
    InspectedContainer,
    InspectedNetwork,
    read,
)
from forepost.agent.edges.containers.connection import DockerConnection
from forepost.agent.edges.containers.images import STALL_SEC, DockerImages
from forepost.agent.edges.containers.seen import listed, seen
from forepost.agent.edges.containers.volumes import VolumeOwner, have_volumes
from forepost.agent.ports.containers import (
    LISTENING,
    AddedEnvironment,
    EngineAway,
    EngineFacts,
    EngineHint,
    EngineRefused,
    SeenContainer,
    StampedLine,
    Usage,
    nothing_added,
)
from forepost.kit import files
from forepost.wire.workloads.manifest import Microservice

MOST_GROUPS: Final = 16 << 10
STOP_SEC: Final = 660.0
"""Longer than a manifest may have a container take."""
_HINTS: Final = ("start", "die", "oom", "destroy", "health_status", "pause", "unpause", "rename")


class DockerEngine(DockerImages):
    """`agent`: the label of this agent, so that the containers of others are never touched."""

    def __init__(
        self,
        url: str,
        agent: str,
        time_zone: Callable[[], str],
        *,
        volumes: Collection[str] = (),
        environment: AddedEnvironment = nothing_added,
        stall_sec: float = STALL_SEC,
    ) -> None:
        """`volumes`: names of those of others that microservices may use; "*": all.
        `environment`: what each gets beside that of its manifest.
        """
        self._connection = DockerConnection(url)
        self._volumes, self._environment = volumes, environment
        super().__init__(self._connection, stall_sec=stall_sec)
        self._agent, self._time_zone = agent, time_zone

    async def close(self) -> None:
        await self._connection.close()

    async def facts(self) -> EngineFacts:
        versions = await self._connection.versions()
        async with self._connection.asked() as docker:
            info = read(await docker.system.info(), EngineInfo)
            spoken = docker.api_version.removeprefix("v")
        free, size = _disk(info.docker_root_dir)
        return EngineFacts(
            version=versions.version,
            api_version=spoken,
            architecture=versions.arch or info.architecture,
            root_dir=info.docker_root_dir,
            free_bytes=free,
            size_bytes=size,
            gateways=tuple(_gateways(await self._network(USUAL_NETWORK))),
        )

    async def containers(self, uuid: str | None = None) -> Sequence[SeenContainer]:
        labels = [f"{AGENT}={self._agent}", *([f"{UUID}={uuid}"] if uuid is not None else [])]
        filters = msgspec.json.encode({"label": labels}).decode()
        async with self._connection.asked() as docker:
            every = await docker.containers.list(all=1, filters=filters)
            numbers = [str(one.id) for one in every]
        found: list[SeenContainer] = []
        gateways: dict[str, Sequence[str]] = {}
        for number, one in zip(numbers, every, strict=True):
            try:
                async with self._connection.asked() as docker:
                    answer = await docker.containers.container(number).show()
                shown = read(answer, InspectedContainer)
                has_moved = await self._has_moved(shown, gateways)
                found.append(seen(shown, has_moved=has_moved))
            except EngineRefused as refused:
                if refused.kind != "gone":
                    found.append(listed(one))
            except msgspec.ValidationError:
                found.append(listed(one))
        return found

    def still_runs(self, one: SeenContainer) -> bool:
        """A first process with another number is another start."""
        try:
            groups = files.read(Path(f"/proc/{one.pid}/cgroup"), MOST_GROUPS)
        except OSError:
            return False
        return bool(one.pid) and one.container_id.encode() in groups

    async def _has_moved(
        self, container: InspectedContainer, known: dict[str, Sequence[str]]
    ) -> bool:
        """Whether this host has another address in the network than the container was told."""
        network, _, told = (container.config.labels or {}).get(GATEWAY, "").partition(" ")
        if not told:
            return False
        if network not in known:
            known[network] = _gateways(await self._network(network))
        return bool(known[network]) and told not in known[network]

    async def usage(self, container_id: str) -> Usage:
        params = {"stream": "false", "one-shot": "true"}
        path = f"containers/{container_id}/stats"
        async with self._connection.streamed("GET", path, params) as response:
            stats = msgspec.json.decode(await response.read(), type=ContainerStats)
        memory = stats.memory_stats
        # as `docker stats` counts: without what the kernel may drop
        cache = (memory.stats or {}).get("total_inactive_file") or (memory.stats or {}).get(
            "inactive_file", 0
        )
        return Usage(
            cpu_sec=stats.cpu_stats.cpu_usage.total_usage / 1e9,
            memory_bytes=max(0, memory.usage - cache),
        )

    async def is_held(self, container_id: str, path: str) -> bool:
        async with self._connection.asked() as docker:
            url = URL(
                f"{docker.docker_host}/{docker.api_version}/containers/{container_id}/archive"
            )
            async with docker.session.head(url, params={"path": path}) as response:
                return response.status == 200

    async def hints(self) -> AsyncGenerator[EngineHint, None]:
        filters = {
            "type": ["container"],
            "event": list(_HINTS),
            "label": [f"{AGENT}={self._agent}"],
        }
        params = {"filters": msgspec.json.encode(filters).decode()}
        async with self._connection.streamed("GET", "events", params) as response:
            yield LISTENING
            while line := await _line_of(response):
                with suppress(msgspec.MsgspecError, RecursionError):
                    told = msgspec.json.decode(line, type=ContainerEvent)
                    uuid = (told.actor.attributes or {}).get(UUID, "")
                    yield EngineHint(uuid=uuid, action=told.action)

    async def create(
        self, microservice: Microservice, image: str, replaces: str, wanted_by: str = ""
    ) -> str:
        network = microservice.network or USUAL_NETWORK
        found = await self._network(network)
        if found is not None and found.name != network and found.id.startswith(network):
            # by its number the host's network, say, would be another one for the rules of the site
            raise EngineRefused(f"network: {network} is the number of {found.name}: name that")
        gateways = _gateways(found) if wants_gateway(microservice) else ()
        body = container_body(
            microservice,
            image=image,
            agent=self._agent,
            replaces=replaces,
            gateway=next((one for one in gateways if ":" not in one), ""),
            time_zone=self._time_zone(),
            environment=self._environment(microservice.uuid),
        )
        owner = VolumeOwner(self._agent, wanted_by)
        await have_volumes(self._connection, microservice, owner, self._volumes)
        async with self._connection.asked() as docker:
            name = container_name(microservice, self._agent, replaces)
            made = await docker.containers.create(body, name=name)
            return made.id

    async def start(self, container_id: str) -> None:
        async with self._connection.asked() as docker:
            await docker.containers.container(container_id).start()

    async def stop(self, container_id: str) -> None:
        with _unless_gone():
            async with self._connection.asked(STOP_SEC) as docker:
                await docker.containers.container(container_id).stop()

    async def remove(self, container_id: str) -> None:
        with _unless_gone():
            async with self._connection.asked() as docker:
                await docker.containers.container(container_id).delete(force=True)

    async def lines(
        self, container_id: str, *, since: datetime | None, tail: int | None, follow: bool
    ) -> AsyncGenerator[StampedLine, None]:
        async with self._connection.asked() as docker:
            shown = read(await docker.containers.container(container_id).show(), InspectedContainer)
        params = {
            "stdout": "true",
            "stderr": "true",
            "timestamps": "true",
            "follow": "true" if follow else "false",
            "tail": "all" if tail is None else str(tail),
            "since": "0" if since is None else f"{since.timestamp():.6f}",
        }
        frames = LogFrames(framed=not shown.config.tty)
        path = f"containers/{container_id}/logs"
        try:
            async with self._connection.streamed("GET", path, params) as response:
                async for data in response.content.iter_any():
                    for line in frames.feed(data):
                        yield line
        except WrongFrames as wrong:
            raise EngineAway(str(wrong)) from wrong
        for line in frames.end():
            yield line

    async def _network(self, network: str) -> InspectedNetwork | None:
        try:
            async with self._connection.asked() as docker:
                shown = await (await docker.networks.get(network)).show()
                return read(shown, InspectedNetwork)
        except EngineRefused:
            return None  # there is none: making the container says so


def _gateways(network: InspectedNetwork | None) -> Sequence[str]:
    ranges = (network.i_p_a_m.config if network is not None else None) or ()
    return [one.gateway.partition("/")[0] for one in ranges if one.gateway]


@contextmanager
def _unless_gone() -> Iterator[None]:
    """A container that is gone is as one that was stopped and removed."""
    try:
        yield
    except EngineRefused as refused:
        if refused.kind != "gone":
            raise


async def _line_of(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await response.content.readline()
    except ValueError as error:  # longer than aiohttp reads
        raise EngineAway(f"an event is too long: {error}") from None


def _disk(folder: str) -> tuple[int, int]:
    """Free bytes and all bytes; an engine elsewhere has another disk."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0, 0
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
