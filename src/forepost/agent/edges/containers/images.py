"""Images of an engine that speaks Docker's API."""

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Final

import aiohttp
import anyio
import msgspec

from forepost.agent.cores.engine_answer import refusal_kind
from forepost.agent.cores.image_name import FROM_CACHE, WrongRegistry, reference
from forepost.agent.edges.containers.answers import InspectedImage, PullProgress, read
from forepost.agent.edges.containers.connection import DockerConnection
from forepost.agent.ports.containers import EngineAway, EngineRefused, SeenImage
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.manifest import Microservice

STALL_SEC: Final = 120.0
"""A pull that does not move for so long is given up."""
BEGIN_SEC: Final = 300.0
"""The engine asks the registry before it answers at all, and gives that up itself."""


class DockerImages:
    def __init__(self, connection: DockerConnection, *, stall_sec: float = STALL_SEC) -> None:
        self._connection, self._stall_sec = connection, stall_sec

    async def image(
        self, microservice: Microservice, registry: Registry | None
    ) -> SeenImage | None:
        name = _named(microservice, registry)
        try:
            async with self._connection.asked() as docker:
                return _seen(read(await docker.images.inspect(name), InspectedImage))
        except EngineRefused as refused:
            if refused.kind == "no_image":
                return None
            raise

    async def pull(
        self,
        microservice: Microservice,
        registry: Registry | None,
        progress: Callable[[float], None],
    ) -> SeenImage:
        name = _named(microservice, registry)
        if microservice.registry == FROM_CACHE:
            raise EngineRefused(f"{name} is not here, and is not to be pulled", "no_image")
        repository, tag = _tagged(name)
        layers: dict[str, float] = {}
        async with self._connection.streamed(
            "POST",
            "images/create",
            {"fromImage": repository, "tag": tag},
            _password(registry),
            begins_within_sec=BEGIN_SEC,
        ) as response:
            async for one in self._told(response):
                if one.error:
                    text = one.error_detail.message if one.error_detail else one.error
                    raise EngineRefused(text or one.error, refusal_kind(0, text or one.error))
                if one.id and one.status != f"Pulling from {repository}":
                    layers[one.id] = _share(one, layers.get(one.id, 0.0))
                    progress(100 * sum(layers.values()) / len(layers))
        found = await self.image(microservice, registry)
        if found is None:
            raise EngineAway(f"{name} was pulled, and is not here")
        return found

    async def _told(self, response: aiohttp.ClientResponse) -> AsyncIterator[PullProgress]:
        while True:
            try:
                with anyio.fail_after(self._stall_sec):
                    line = await response.content.readline()
            except TimeoutError:
                text = f"the registry sent nothing for {self._stall_sec:g} s"
                raise EngineRefused(text, "registry") from None
            if not line:
                return
            with suppress(msgspec.MsgspecError, RecursionError):
                yield msgspec.json.decode(line, type=PullProgress)

    async def images(self) -> Sequence[SeenImage]:
        async with self._connection.asked() as docker:
            return [_seen(read(one, InspectedImage)) for one in await docker.images.list()]

    async def remove_image(self, name: str) -> None:
        try:
            async with self._connection.asked() as docker:
                await docker.images.delete(name)
        except EngineRefused as refused:
            if refused.kind != "no_image":
                raise


def _named(microservice: Microservice, registry: Registry | None) -> str:
    try:
        return reference(microservice.image, registry)
    except WrongRegistry as wrong:
        raise EngineRefused(str(wrong), "registry") from None


def _tagged(name: str) -> tuple[str, str]:
    """What comes before and after the tag; a digest is taken as one."""
    if "@" in name:
        before, _, digest = name.partition("@")
        return before, digest
    before, _, tag = name.rpartition(":")
    return before, tag


def _password(registry: Registry | None) -> dict[str, str]:
    if registry is None or not registry.username:
        return {}
    said = {
        "username": registry.username,
        "password": registry.password,
        "serveraddress": registry.url,
    }
    return {"X-Registry-Auth": base64.urlsafe_b64encode(msgspec.json.encode(said)).decode()}


def _share(told: PullProgress, before: float) -> float:
    """How far a layer is: half of its way is the download."""
    detail = told.progress_detail
    part = detail.current / detail.total if detail.total else 0.0
    match told.status:
        case "Downloading":
            return 0.5 * part
        case "Extracting":
            return 0.5 + 0.5 * part
        case "Pull complete" | "Already exists":
            return 1.0
        case _:
            return before


def _seen(image: InspectedImage) -> SeenImage:
    return SeenImage(
        image_id=image.id,
        names=tuple(name for name in image.repo_tags or () if name != "<none>:<none>"),
        size_bytes=image.size,
        architecture=image.architecture,
    )
