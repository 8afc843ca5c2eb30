"""What became of a root that was made here: what is told of it, and what is not made yet."""

from collections import deque
from typing import Final

import msgspec

from forepost.agent.transfer.row import shown
from forepost.wire.jobs.folder import Row

MOST_FATES: Final = 10_000
"""That are told together: the newest."""


class Fate(msgspec.Struct, frozen=True):
    """What became of a path, for the log of the job."""

    path: bytes
    kind: str
    """As of TransferEvent."""
    text: str = ""

    @property
    def shown(self) -> str:
        return shown(self.path) + (f" -> {self.text}" if self.text else "")


class Outcome(msgspec.Struct):
    """Of one root; of the folder's thread."""

    look_again: set[bytes] = set()
    """Paths where the disk was not as the index has it."""
    blocked: dict[bytes, Row] = {}
    """Files and links in whose place there is a folder yet that is not empty."""
    clashes: dict[bytes, bytes] = {}
    """Paths that are one with another here, and which."""
    fates: deque[Fate] = msgspec.field(default_factory=lambda: deque(maxlen=MOST_FATES))

    @property
    def is_whole(self) -> bool:
        return not self.look_again and not self.blocked
