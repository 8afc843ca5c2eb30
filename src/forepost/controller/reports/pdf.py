"""PDF, in a process of its own for each report: it can be ended, and its memory goes with it."""

import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Final

import anyio
import msgspec
from anyio.abc import ByteReceiveStream, Process

from forepost.controller.reports.document import ReportDocument
from forepost.kit.errors import Unavailable

LONGEST_SEC: Final = 60.0
LARGEST: Final = 16 << 20
"""Bytes of a PDF: one that is as large is none."""
LONGEST_SAID: Final = 4_000
"""Letters of what it complains of, in the log."""
NOT_INSTALLED: Final = "PDF: is not installed (forepost[pdf]); HTML is there"
_COMMAND: Final = (sys.executable, "-I", "-B", "-m", "forepost.controller.reports.pdf_child")
# Nothing of ours: no keys, no home with files of configuration.
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

_log = logging.getLogger(__name__)


class Typesetter:
    def __init__(self, longest_sec: float = LONGEST_SEC, command: Sequence[str] = _COMMAND) -> None:
        self._longest_sec, self._command = longest_sec, command

    @property
    def is_installed(self) -> bool:
        return find_spec("typst") is not None

    async def set(self, document: ReportDocument) -> bytes:
        """Raises Unavailable."""
        if not self.is_installed:
            raise Unavailable(NOT_INSTALLED)
        try:
            status, made, said = await self._run(msgspec.json.encode(document))
        except TimeoutError:
            raise Unavailable("PDF: took too long; HTML is there") from None
        if LARGEST in (len(made), len(said)):
            raise Unavailable(f"PDF: has more than {LARGEST >> 20} MiB; HTML is there")
        is_whole = made.startswith(b"%PDF") and made.rstrip().endswith(b"%%EOF")
        if status or not is_whole:
            _log.error("PDF: status %d: %s", status, said.decode(errors="replace")[:LONGEST_SAID])
            what = f"ended with status {status}" if status else "what was made is none"
            raise Unavailable(f"PDF: {what}; HTML is there")
        return made

    async def _run(self, order: bytes) -> tuple[int, bytes, bytes]:
        """Its status, and what it wrote and complained of. Whoever stops waiting ends it. Raises
        TimeoutError.
        """
        with anyio.CancelScope(shield=True):  # one that is begun in part is nobody's to end
            process = await anyio.open_process(self._command, env=_ENVIRONMENT)
        made, said = bytearray(), bytearray()
        try:
            with anyio.fail_after(self._longest_sec):
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(_read, process, process.stdout, made)
                    tasks.start_soon(_read, process, process.stderr, said)
                    assert process.stdin is not None
                    with suppress(anyio.BrokenResourceError):  # its status says why
                        await process.stdin.send(order)
                    await process.stdin.aclose()
                return await process.wait(), bytes(made), bytes(said)
        finally:
            with anyio.CancelScope(shield=True):
                if process.returncode is None:
                    process.kill()
                await process.aclose()


async def _read(process: Process, stream: ByteReceiveStream | None, found: bytearray) -> None:
    """One that never stops is ended."""
    assert stream is not None
    async for part in stream:
        found += part[: LARGEST - len(found)]
        if len(found) == LARGEST:
            process.kill()
            return
