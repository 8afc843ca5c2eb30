"""The wanted documents of this agent: assembled, applied, kept on disk, told to the controller."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.agent.document import Document, DocumentRefused
from forepost.agent.uplink.document_parts import DocumentParts
from forepost.agent.uplink.former_files import FormerFiles, remove_documents
from forepost.agent.uplink.kept_document import (
    KeptDocument,
    file_of,
    remove_half_written,
)
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.uplink.documents import HaveDocument, WantDocument
from forepost.wire.uplink.messages import LONGEST_REASON, MOST_REASONS

SETTLE_SEC: Final = 5.0

_log = logging.getLogger(__name__)


class _Subject:
    """One document: its file, its parts on their way, and what this agent has of it."""

    def __init__(self, document: Document, folder: Path) -> None:
        self.document = document
        self.file = file_of(folder, document.name, document.most_bytes)
        self.former = FormerFiles(document.name, folder)
        self.parts = DocumentParts(document.most_bytes)
        self.have = HaveDocument(document=document.name, revision="")
        self.writing = anyio.Lock()
        """One writes at a time, so that the newest is what is there at last."""

    @property
    def ill(self) -> str:
        """The subject under which health is told of it."""
        return f"document {self.document.name}"


class Documents:
    """Keeps each wanted document of this agent as its controller gave it last.

    A document that cannot be used changes nothing: the one before stays in use and on disk. A disk
    that is full changes nothing either: the new one is in use, and is written when there is room.
    """

    def __init__(self, folder: Path, documents: Sequence[Document], health: Health) -> None:
        """`folder`: the state folder of the agent. `documents`: at most one of a name."""
        self._folder, self._health = folder, health
        self._subjects = {one.name: _Subject(one, folder) for one in documents}

    @property
    def names(self) -> frozenset[str]:
        """The documents that this agent takes."""
        return frozenset(self._subjects)

    @property
    def have(self) -> list[HaveDocument]:
        """What this agent has of each document; revision "" where it never had one."""
        return [one.have for one in self._subjects.values()]

    def have_of(self, name: str) -> HaveDocument | None:
        """What this agent has of one document; None where it takes no such document."""
        one = self._subjects.get(name)
        return one.have if one is not None else None

    async def restore(self) -> None:
        """Apply what is kept on disk: once, at the start, before the first conversation."""
        await anyio.to_thread.run_sync(remove_half_written, self._folder)
        for one in self._subjects.values():
            kept = None
            if one.former.are_newer_than(one.file.path):
                kept = one.former.recall(self._health)
            if kept is None:
                kept = one.file.recall(self._health)
            if kept is None:
                continue
            await self._use(one, kept)
            if one.have.state == "failed":  # it is to be given again
                one.have = HaveDocument(document=one.document.name, revision="")
            elif one.former.are_there:
                await self._keep(one, kept)

    def begin(self) -> None:
        """Forget the parts of a conversation that has ended; called when one begins."""
        for one in self._subjects.values():
            one.parts.forget()

    async def take(self, part: WantDocument) -> HaveDocument | None:
        """Take a part of a document that is among `names`; return what this agent has of it after
        the last part. Its `state` is "failed" where it cannot be used, and `problems` say why.

        Raises TooMuch.
        """
        one = self._subjects[part.document]
        parts = one.parts.take(part)
        if parts is None:
            return None
        kept = KeptDocument(revision=part.revision, parts=parts)
        await self._use(one, kept)
        if one.have.state == "applied":
            await self._keep(one, kept)
        return one.have

    async def clear(self) -> None:
        """Want nothing any more of any document, also of subjects that are off: the controller has
        removed this agent.
        """
        nothing = KeptDocument(revision="", parts=[])
        for one in self._subjects.values():
            one.parts.forget()
            await self._use(one, nothing)
            async with one.writing:
                await anyio.to_thread.run_sync(one.file.remove, self._health)
                one.former.remove(self._health)
        await anyio.to_thread.run_sync(self._remove_others)

    def _remove_others(self) -> None:
        try:
            remove_documents(self._folder)
        except OSError as error:
            self._health.ill("documents", f"cannot be removed: {error}")

    async def settle(self, clock: Clock) -> None:
        """Keep what a full disk did not take, when it does; for ever."""
        while True:
            await clock.sleep(SETTLE_SEC)
            for one in self._subjects.values():
                async with one.writing:
                    if await anyio.to_thread.run_sync(one.file.settle, self._health):
                        self._is_kept(one)

    async def _use(self, one: _Subject, kept: KeptDocument) -> None:
        why = ""
        problems: list[str] = []
        try:
            problems = await one.document.apply(kept.parts)
        except (DocumentRefused, msgspec.MsgspecError, RecursionError) as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - no fault of a subject ends the conversation
            _log.debug("%s failed", one.ill, exc_info=True)
            why = f"{type(error).__name__}: {error}"
        if why:
            problems = [why]
            self._health.ill(one.ill, f"not used, the one before stays: {why[:LONGEST_REASON]}")
        else:
            self._health.well(one.ill)
        one.have = HaveDocument(
            document=one.document.name,
            revision=kept.revision,
            state="failed" if why else "applied",
            problems=[text[:LONGEST_REASON] for text in problems[:MOST_REASONS]],
        )

    async def _keep(self, one: _Subject, kept: KeptDocument) -> None:
        """Write what is in use, also where a conversation ends meanwhile: nobody gives it again."""

        def write() -> bool:
            return one.file.keep(msgspec.json.encode(kept), self._health)

        with anyio.CancelScope(shield=True):
            async with one.writing:
                if await anyio.to_thread.run_sync(write):
                    self._is_kept(one)

    def _is_kept(self, one: _Subject) -> None:
        if one.former.are_there:
            one.former.remove(self._health)
