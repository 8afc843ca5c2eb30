"""Apprise, in a process of its own for each delivery.

Loading all its services costs 44 MiB and half a second: a controller that sends a few notices a
day would carry them for good. A thread of it could not be stopped, and in its own process every
connection it makes can be looked at (`apprise_child`).
"""

import logging
import sys
from typing import Final

import anyio
import msgspec

from forepost.controller.notify.outcome import Outcome, shortened
from forepost.controller.notify.store import Outgoing
from forepost.wire.notify import AppriseOrder, AppriseReport

AT_ONCE: Final = 2
LONGEST_SEC: Final = 60.0
_COMMAND: Final = [sys.executable, "-I", "-B", "-m", "forepost.controller.notify.apprise_child"]
# Nothing of ours: no proxies, no keys, no home with files of configuration.
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

_log = logging.getLogger(__name__)


class Apprises:
    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._processes = anyio.CapacityLimiter(AT_ONCE)

    async def send(self, row: Outgoing) -> Outcome:
        order = AppriseOrder(
            url=row.destination, title=row.title, body=row.body, allow_private=self._allow_private
        )
        try:
            with anyio.fail_after(LONGEST_SEC):
                async with self._processes:
                    report = await _run(msgspec.json.encode(order))
        except TimeoutError:
            return Outcome("again", "apprise: no answer in time")
        if report.sent:
            return Outcome("sent")
        return Outcome("never" if report.hopeless else "again", shortened(report.error))


async def _run(order: bytes) -> AppriseReport:
    done = await anyio.run_process(_COMMAND, input=order, env=_ENVIRONMENT, check=False)
    try:
        return msgspec.json.decode(done.stdout, type=AppriseReport)
    except msgspec.DecodeError:
        _log.error("apprise: status %d: %s", done.returncode, done.stderr.decode(errors="replace"))
        return AppriseReport(sent=False, error=f"apprise: ended with status {done.returncode}")
