"""What is remembered of workloads over a restart of the agent: one file."""

from pathlib import Path

import msgspec

from forepost.agent.workloads.history import Refusal
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile


class MemoryRecord(msgspec.Struct):
    refusals: dict[str, Refusal] = {}
    """By uuid."""
    pulled: dict[str, str] = {}
    """Images that this agent pulled: by number, the name."""
    now: dict[str, str] = {}
    """By uuid, the image that counts."""
    before: dict[str, str] = {}
    """By uuid, the one that counted before."""


class WorkloadMemory:
    """Written whenever it changes. What cannot be written is said, and tried again."""

    def __init__(self, path: Path, health: Health) -> None:
        self._health = health
        self._file = StateFile(path, msgspec.json.Decoder(MemoryRecord).decode)
        self._known = self._file.recall(health) or MemoryRecord()

    def refusal(self, uuid: str) -> Refusal | None:
        return self._known.refusals.get(uuid)

    def refuse(self, uuid: str, refusal: Refusal | None) -> None:
        """Remember a refusal; None: there is none any more."""
        if self._known.refusals.get(uuid) == refusal:
            return
        if refusal is None:
            del self._known.refusals[uuid]
        else:
            self._known.refusals[uuid] = refusal
        self.keep()

    def pulled(self, image_id: str, name: str) -> None:
        if self._known.pulled.get(image_id) != name:
            self._known.pulled[image_id] = name
            self.keep()

    def counts(self, uuid: str, image_id: str) -> None:
        """The container that counts is of this image."""
        now = self._known.now.get(uuid)
        if now == image_id:
            return
        if now is not None:
            self._known.before[uuid] = now
        self._known.now[uuid] = image_id
        self.keep()

    def forget(self, uuid: str) -> None:
        """It is not wanted, and nothing of it is there any more."""
        tables = (self._known.refusals, self._known.now, self._known.before)
        if any(uuid in table for table in tables):
            for table in tables:
                table.pop(uuid, None)
            self.keep()

    def gone(self, image_id: str) -> None:
        """An image was removed."""
        if self._known.pulled.pop(image_id, None) is not None:
            self.keep()

    @property
    def own_images(self) -> dict[str, str]:
        return dict(self._known.pulled)

    @property
    def needed_images(self) -> set[str]:
        """What counts, and what counted before."""
        return {*self._known.now.values(), *self._known.before.values()}

    def keep(self) -> None:
        self._file.keep(msgspec.json.encode(self._known), self._health)

    def settle(self) -> None:
        """Write what could not be written before."""
        self._file.settle(self._health)
