"""Documents that note what is wanted of them, and an uplink that takes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from forepost.agent.document import DocumentRefused
from forepost.agent.node import Node
from forepost.agent.uplink.address import Moves
from forepost.agent.uplink.documents import Documents
from forepost.agent.uplink.link import Uplink
from forepost.agent.uplink.needs import UplinkNeeds
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.kit.clock import Clock
from forepost.kit.health import Health


class NotedDocument:
    """Keeps what it was given, as JSON; does as it is told with the next."""

    def __init__(self, name: str = "made_up", most_bytes: int = 1 << 20) -> None:
        self.name, self.most_bytes = name, most_bytes
        self.applied: list[list[Any]] = []
        self.problems: list[str] = []
        self.refuses = ""
        self.fault: Exception | None = None

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        if self.fault is not None:
            raise self.fault
        if self.refuses:
            raise DocumentRefused(self.refuses)
        self.applied.append([msgspec.json.decode(part) for part in parts])
        return self.problems


def uplink(
    node: Node,
    spool: Spool,
    clock: Clock,
    health: Health,
    documents: Documents | None = None,
    **more: Any,
) -> Uplink:
    """One that takes these documents, or none."""
    return Uplink(
        UplinkNeeds(
            node=node,
            spool=spool,
            documents=documents or Documents(node.state_dir, [], health),
            keeper=Timekeeper(clock, health),
            moves=Moves(node, clock, health, allowed=False, allow_plain=False),
            clock=clock,
            health=health,
            **more,
        )
    )


def documents_of(folder: Path, health: Health, *documents: NotedDocument) -> Documents:
    return Documents(folder, documents, health)
