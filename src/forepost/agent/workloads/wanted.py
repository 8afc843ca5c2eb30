"""What is to run here: what a controller wants (the document `workloads`), and what others do."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from forepost.agent.document import DocumentRefused, check_text, why_not
from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.wire.workloads.delivery import (
    MOST_MICROSERVICES,
    MOST_REGISTRIES,
    WORKLOADS,
    Registry,
    WantedBy,
    WorkloadsPart,
)
from forepost.wire.workloads.manifest import Microservice

MOST_BYTES: Final = 64 << 20
NAMELESS: Final = "without a uuid"

_part = msgspec.json.Decoder(WorkloadsPart)
_microservice = msgspec.json.Decoder(Microservice)


class WantedList(msgspec.Struct, frozen=True, kw_only=True):
    """What one side wants."""

    microservices: list[Microservice] = []
    registries: list[Registry] = []
    problems: list[str] = []
    """What of it is not understood: it does not run."""
    unclear: list[str] = []
    """The uuids of those: what runs of them is left as it is."""


def read_parts(parts: Sequence[msgspec.Raw]) -> WantedList:
    """Return the whole list. Raises DocumentRefused, msgspec.ValidationError."""
    found = WantedList()
    for part in parts:
        check_text(part)
        read = _part.decode(part)
        found.registries.extend(read.registries)
        for raw in read.microservices:
            try:
                found.microservices.append(_microservice.decode(raw))
            except (msgspec.ValidationError, RecursionError) as error:
                uuid = _uuid_in(raw)
                found.unclear.append(uuid)
                found.problems.append(
                    f"microservice {uuid or NAMELESS}: {why_not(error, Microservice)}"
                )
        if len(found.microservices) + len(found.problems) > MOST_MICROSERVICES:
            raise DocumentRefused(f"more than {MOST_MICROSERVICES} microservices")
        if len(found.registries) > MOST_REGISTRIES:
            raise DocumentRefused(f"more than {MOST_REGISTRIES} registries")
    return found


def _uuid_in(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=_Named).uuid[:64]
    except (msgspec.MsgspecError, RecursionError):
        return ""


class _Named(msgspec.Struct):
    uuid: str


def combined(
    sides: Iterable[tuple[WantedBy, Iterable[Microservice]]],
    refusal: Callable[[Microservice], str],
) -> list[WantedMicroservice]:
    """Return all that is wanted; of one uuid the first side's counts. Pure."""
    found: dict[str, WantedMicroservice] = {}
    for wanted_by, microservices in sides:
        for one in microservices:
            if one.uuid not in found:
                found[one.uuid] = WantedMicroservice(
                    microservice=one, wanted_by=wanted_by, refused=refusal(one)
                )
    return list(found.values())


class WantedWorkloads:
    """A Document: what the controller wants of this site."""

    name: Final = WORKLOADS
    most_bytes: Final = MOST_BYTES

    def __init__(self, refusal: Callable[[Microservice], str], news: Callable[[], None]) -> None:
        """`refusal`: what the site has against it. `news`: called when another list counts."""
        self._refusal, self._news = refusal, news
        self.list = WantedList()
        self.is_known = False
        """Whether `list` is what the controller said last. False: nothing was applied yet."""

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        """Want exactly this from now on; return what of it is not understood, or not allowed."""
        self.list, self.is_known = read_parts(parts), True
        self._news()
        refused = ((one.uuid, self._refusal(one)) for one in self.list.microservices)
        return self.list.problems + [f"microservice {uuid}: {why}" for uuid, why in refused if why]
