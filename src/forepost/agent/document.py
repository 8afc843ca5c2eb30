"""What a controller may want of an agent, whole and once for each subject: wanted documents."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from forepost.wire.base import complaint


class DocumentRefused(ValueError):
    """The document is not understood, or more than an agent takes; the text says why."""


def check_text(part: msgspec.Raw) -> None:
    """Raises DocumentRefused where a part is not UTF-8, as JSON is (RFC 8259)."""
    try:
        bytes(part).decode()
    except UnicodeDecodeError:
        raise DocumentRefused("a part that is not UTF-8, as JSON is (RFC 8259)") from None


def why_not(error: msgspec.ValidationError | RecursionError, kind: Any = None) -> str:
    """What a part of a document that could not be read is told to be. `kind`: its type."""
    return "nested too deeply" if isinstance(error, RecursionError) else complaint(error, kind)


class Document(Protocol):
    """A document is what one subject is to do, all of it: the newest replaces all before it.

    `uplink.documents.Documents` has it assembled, applied, kept on disk, applied again at the next
    start, told to the controller, and cleared when the controller removes this agent. The subject
    only applies it.
    """

    @property
    def name(self) -> str:
        """The name of the document on the wire and, as `wanted-NAME.json`, on disk."""
        ...

    @property
    def most_bytes(self) -> int:
        """How many bytes of JSON all parts together may have; more is refused as it comes."""
        ...

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        """Use this whole document from now on; return in words what of it cannot be done.

        No parts: nothing is wanted any more. Called with one document at a time, also at the start
        before any service runs. The conversation waits for it: what takes longer than seconds is
        done by a service afterwards.

        Raises DocumentRefused or msgspec.ValidationError where it is not understood or too much:
        nothing of it is used then, and the one before stays in use.
        """
        ...
