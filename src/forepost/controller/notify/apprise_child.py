"""The process that runs Apprise once: an order on standard input, a report on standard output.

Python tells an audit hook of every connection, process and file before it is made; the hook cannot
be taken off. So addresses are checked where they are used: whatever a service of Apprise resolves,
and wherever a redirect leads it. A socket of a C library of its own would not be seen.
"""

import logging
import os
import signal
import socket
import sys
import sysconfig
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from forepost.controller.outgoing.addresses import why_not_public
from forepost.wire.rest.notify import AppriseOrder, AppriseReport

LONGEST_SEC: Final = 60
LONGEST_RETRY_AFTER: Final = 100
_READABLE: Final = (
    "/etc/ssl",
    "/etc/pki",
    "/usr/share",
    "/usr/lib",
    "/etc/mime.types",
    "/dev/null",
)
_PROCESSES: Final = frozenset(
    "subprocess.Popen os.system os.exec os.fork os.forkpty os.posix_spawn os.spawn "  # noqa: SIM905
    "pty.spawn syslog.openlog syslog.syslog".split()
)


class Guard:
    """An audit hook. What it refuses it keeps in words, and the caller sees a PermissionError."""

    def __init__(
        self, *, allow_private: bool, proxy: frozenset[tuple[str, int]] = frozenset()
    ) -> None:
        """`proxy`: where it may be connected to, wherever that is."""
        self._allow_private, self._proxy = allow_private, proxy
        folders = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *sys.path]
        self._readable = tuple({os.path.realpath(f) for f in (*folders, *_READABLE) if f})
        self.refused: list[str] = []

    def __call__(self, event: str, given: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            reason = self._why_not_to(given[1])
        elif event in _PROCESSES:
            reason = f"{event} is not allowed"
        elif event == "open":
            reason = self._why_not_open(given[0], given[2])
        else:
            return
        if reason:
            self.refused.append(reason)
            raise PermissionError(reason)

    def _why_not_to(self, address: Any) -> str | None:
        if address is None:  # of a socket that is connected
            return None
        if not isinstance(address, tuple):
            return "a socket of this machine is not allowed"
        if self._allow_private or (str(address[0]), address[1]) in self._proxy:
            return None
        host = str(address[0])
        try:
            kind = why_not_public(host)
        except ValueError:
            return f"{host} is not allowed: a name that nobody looked up"
        return f"{host} is not allowed: {kind} (alerts.allow_private_targets)" if kind else None

    def _why_not_open(self, path: Any, flags: int) -> str | None:
        if isinstance(path, int):
            return None
        real = os.path.realpath(os.fsdecode(path))
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and real != os.devnull:
            return "writing files is not allowed"
        if any(real == folder or real.startswith(folder + os.sep) for folder in self._readable):
            return None
        return f"{path} is not allowed: a file of this machine"


class AppriseComplaints(logging.Handler):
    """What Apprise complains of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def prepared(order: AppriseOrder) -> frozenset[tuple[str, int]]:
    """Tell `requests` of the proxy and of authorities, by its environment; where the proxy is."""
    if order.ca_file:
        import certifi  # noqa: PLC0415 - memory, where nobody needs it

        kept = os.memfd_create("authorities")  # a file that nobody else sees
        os.write(kept, certifi.contents().encode() + b"\n" + Path(order.ca_file).read_bytes())
        os.environ["REQUESTS_CA_BUNDLE"] = f"/proc/self/fd/{kept}"
    if not order.proxy:
        return frozenset()
    os.environ.update(http_proxy=order.proxy, https_proxy=order.proxy)
    os.environ["no_proxy"] = ",".join(order.no_proxy)
    at = urlsplit(order.proxy)
    found = socket.getaddrinfo(at.hostname, at.port, type=socket.SOCK_STREAM)
    return frozenset((str(to[0]), int(to[1])) for *_, to in found)


class LastAnswer:
    """What the last answer over HTTP said of the next try. Apprise keeps it to itself, so it is
    heard where `requests`, by which its services speak, makes a session.
    """

    def __init__(self) -> None:
        self.retry_after = ""

    def listen(self) -> None:
        from requests import sessions  # noqa: PLC0415 - after the guard stands

        vars(sessions)["default_hooks"] = lambda: {"response": [self._note]}

    def _note(self, response: Any, *_: Any, **__: Any) -> None:
        text = "" if response.ok else str(response.headers.get("Retry-After", ""))
        self.retry_after = text[:LONGEST_RETRY_AFTER]


def deliver(order: AppriseOrder, guard: Guard) -> AppriseReport:
    """Load Apprise and notify one URL."""
    import apprise  # noqa: PLC0415 - after the guard stands

    heard, last = AppriseComplaints(), LastAnswer()
    last.listen()
    logging.getLogger("apprise").addHandler(heard)
    asset = apprise.AppriseAsset(
        app_id="forepost",
        app_desc="forepost",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
    )
    sender = apprise.Apprise(asset=asset)
    if not sender.add(order.url):
        reason = guard.refused[0] if guard.refused else "the URL is not understood"
        return AppriseReport(sent=False, error=f"apprise: {reason}", hopeless=True)
    if sender.notify(title=order.title, body=order.body, body_format="text"):
        return AppriseReport(sent=True)
    if guard.refused:
        return AppriseReport(sent=False, error=f"apprise: {guard.refused[0]}", hopeless=True)
    said = "; ".join(heard.said) or "not sent"
    return AppriseReport(sent=False, error=f"apprise: {said}", retry_after=last.retry_after)


def main() -> None:
    signal.alarm(LONGEST_SEC)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=AppriseOrder)
    answers, sys.stdout = sys.stdout, sys.stderr
    guard = Guard(allow_private=order.allow_private, proxy=prepared(order))
    sys.addaudithook(guard)
    report = deliver(order, guard)
    answers.buffer.write(msgspec.json.encode(report))
    answers.flush()


if __name__ == "__main__":
    main()
