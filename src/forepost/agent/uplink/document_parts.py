"""The parts of a wanted document, put together as they come. Pure."""

import msgspec

from forepost.agent.talk import TooMuch
from forepost.wire.uplink.documents import WantDocument


class DocumentParts:
    """The parts of one revision, as far as they have come; `most_bytes` of them at most."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._revision, self._parts = "", 0
        self._bodies: list[msgspec.Raw] = []
        self._bytes = 0

    def take(self, part: WantDocument) -> list[msgspec.Raw] | None:
        """Return the bodies of all parts after the last one.

        Part 1 begins anew. A part that does not follow is passed over: it is of a document whose
        beginning was not for us. Raises TooMuch, and forgets all of them.
        """
        if part.part == 1:
            self.forget()
            self._revision, self._parts = part.revision, part.parts
        elif (part.part, part.revision, part.parts) != self._next:
            return None
        self._bodies.append(part.body)
        self._bytes += len(bytes(part.body))
        if self._bytes > self._most_bytes:
            self.forget()
            raise TooMuch(f"document {part.document}: more than {self._most_bytes:,} bytes")
        if part.part < part.parts:
            return None
        whole = self._bodies
        self.forget()
        return whole

    @property
    def _next(self) -> tuple[int, str, int] | None:
        """Which part would follow."""
        if not self._bodies:
            return None
        return len(self._bodies) + 1, self._revision, self._parts

    def forget(self) -> None:
        self._revision, self._parts = "", 0
        self._bodies = []
        self._bytes = 0
