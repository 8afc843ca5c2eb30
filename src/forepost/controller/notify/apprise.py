"""Apprise, in a process of its own for each delivery.

Loading all its services costs 44 MiB and half a second: a controller that sends a few notices a
day would carry them for good. A thread of it could not be stopped, and in its own process every
connection it makes can be looked at (`apprise_child`).
"""

import logging
import sys
from typing import Final
from urllib.parse import quote

import anyio
import msgspec

from forepost.controller.notify.outcome import LONGEST_WISH_SEC, Outcome, shortened
from forepost.controller.notify.retry_after import wait_sec
from forepost.controller.notify.store import ClaimedDelivery
from forepost.controller.outgoing.route import DIRECT, Route
from forepost.kit.clock import Clock
from forepost.wire.rest.notify import AppriseOrder, AppriseReport

AT_ONCE: Final = 2
LONGEST_SEC: Final = 60.0
_COMMAND: Final = [sys.executable, "-I", "-B", "-m", "forepost.controller.notify.apprise_child"]
# Nothing of ours: no proxies, no keys, no home with files of configuration.
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

_log = logging.getLogger(__name__)


class Apprises:
    def __init__(
        self, clock: Clock, *, allow_private: bool, route: Route = DIRECT, ca_file: str = ""
    ) -> None:
        self._clock = clock
        self._allow_private, self._route, self._ca_file = allow_private, route, ca_file
        self._processes = anyio.CapacityLimiter(AT_ONCE)

    async def send(self, row: ClaimedDelivery) -> Outcome:
        if why := self._why_not():
            return Outcome("never", f"apprise: {why}")
        order = AppriseOrder(
            url=row.destination,
            title=row.title,
            body=row.body,
            allow_private=self._allow_private,
            proxy=self._route.proxy.url if self._route.proxy else "",
            no_proxy=list(self._route.exceptions),
            ca_file=self._ca_file,
        )
        try:
            with anyio.fail_after(LONGEST_SEC):
                async with self._processes:
                    report = await _run(msgspec.json.encode(order))
        except TimeoutError:
            return Outcome("again", "apprise: no answer in time")
        if report.sent:
            return Outcome("sent")
        error = shortened(self._said(report.error))
        if report.hopeless:
            return Outcome("never", error)
        wish = wait_sec(report.retry_after, self._clock.now(), LONGEST_WISH_SEC)
        return Outcome("again", error, wish_sec=wish)

    def _said(self, error: str) -> str:
        """Of its libraries nobody knows what they say of a proxy."""
        proxy = self._route.proxy
        for secret in (proxy.url, proxy.password, quote(proxy.password, "")) if proxy else ():
            error = error.replace(secret, "***") if secret else error
        return error

    def _why_not(self) -> str:
        """Its services hand names to a proxy, and know those of HTTP only."""
        proxy = self._route.proxy
        if proxy is None:
            return ""
        if proxy.scheme != "http":
            return "uses no SOCKS proxy (outgoing.proxy)"
        if not self._route.resolves:
            return "would have the proxy look its names up (outgoing.proxy_resolves)"
        return ""


async def _run(order: bytes) -> AppriseReport:
    done = await anyio.run_process(_COMMAND, input=order, env=_ENVIRONMENT, check=False)
    try:
        return msgspec.json.decode(done.stdout, type=AppriseReport)
    except msgspec.DecodeError:
        _log.error("apprise: status %d: %s", done.returncode, done.stderr.decode(errors="replace"))
        return AppriseReport(sent=False, error=f"apprise: ended with status {done.returncode}")
