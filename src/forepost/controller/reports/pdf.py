"""PDF, in a process of its own for each report: it can be ended, and its memory goes with it."""

import logging
import sys
from importlib.util import find_spec
from typing import Final

import anyio
import msgspec

from forepost.controller.reports.document import ReportDocument
from forepost.kit.errors import Unavailable

LONGEST_SEC: Final = 60.0
LARGEST: Final = 16 << 20
"""Bytes of a PDF."""
NOT_INSTALLED: Final = "PDF: is not installed (forepost[pdf]); HTML is there"
_COMMAND: Final = (sys.executable, "-I", "-B", "-m", "forepost.controller.reports.pdf_child")
# Nothing of ours: no keys, no home with files of configuration.
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

_log = logging.getLogger(__name__)


class Typesetter:
    def __init__(self, longest_sec: float = LONGEST_SEC) -> None:
        self._longest_sec = longest_sec

    @property
    def is_installed(self) -> bool:
        return find_spec("typst") is not None

    async def set(self, document: ReportDocument) -> bytes:
        """Raises Unavailable."""
        if not self.is_installed:
            raise Unavailable(NOT_INSTALLED)
        try:
            with anyio.fail_after(self._longest_sec):
                done = await anyio.run_process(
                    list(_COMMAND),
                    input=msgspec.json.encode(document),
                    env=_ENVIRONMENT,
                    check=False,
                )
        except TimeoutError:
            raise Unavailable("PDF: took too long; HTML is there") from None
        if done.returncode or not done.stdout.startswith(b"%PDF"):
            _log.error("PDF: status %d: %s", done.returncode, done.stderr.decode(errors="replace"))
            raise Unavailable(f"PDF: ended with status {done.returncode}; HTML is there")
        if len(done.stdout) > LARGEST:
            raise Unavailable(f"PDF: has more than {LARGEST >> 20} MiB; HTML is there")
        return done.stdout
