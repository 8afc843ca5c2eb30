"""A TCP connection through a proxy: CONNECT of HTTP, or SOCKS5 (RFC 1928, 1929). In a thread.

Whatever goes wrong is said with the proxy's place and the stage; its name and password never are.
"""

import base64
import errno
import re
import socket
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Final, TypeVar

from forepost.kit.clock import Clock, SystemClock
from forepost.kit.happy_eyeballs import dial, interleaved
from forepost.kit.idna_name import a_labels
from forepost.kit.name_lookup import NotReached, look_up
from forepost.kit.proxies import Proxy

T = TypeVar("T")
LONGEST_HEAD: Final = 64 << 10
LEAST_SEC: Final = 3.0
"""For one of many addresses: a proxy that is far away, or asks others first, takes its time."""
_HTTP: Final = b"HTTP/1."
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})(?: ([ -~]{0,100}))?")
_REFUSALS: Final = {
    1: "a general failure",
    2: "its rules do not allow it",
    3: "no network leads there",
    4: "the host cannot be reached",
    5: "the connection was refused",
    6: "it took too many hops",
    7: "it does not connect for others",
    8: "it knows no such kind of address",
}
"""RFC 1928, 6."""


class ProxyAway(NotReached):
    """The proxy itself did not answer; the text has its addresses."""


def reach(
    host: str, port: int, within_sec: float, proxy: Proxy | None = None, clock: Clock | None = None
) -> socket.socket:
    """A connection to a host, through the proxy where there is one; it waits without end. Raises
    NotReached, and gaierror where a name that we look up is not known.
    """
    clock = clock or SystemClock()
    if proxy is None:
        return dial(host, port, within_sec, clock=clock)
    until = clock.monotonic() + within_sec
    if proxy.scheme != "socks5":
        return through(proxy, [host], port, until, clock)
    goals = interleaved(look_up(host, port, until, clock))
    return through(proxy, [str(goal[1][0]) for goal in goals], port, until, clock)


def through(
    proxy: Proxy, hosts: Sequence[str], port: int, until: float, clock: Clock
) -> socket.socket:
    """To the first of these that the proxy reaches, one after the other: names that the proxy looks
    up, or addresses. Raises NotReached, and of those ProxyAway where none got as far as the proxy.
    """
    failed: list[NotReached] = []
    for number, host in enumerate(hosts):
        now = clock.monotonic()
        if failed and now >= until:
            break
        share_sec = max((until - now) / (len(hosts) - number), LEAST_SEC)
        try:
            return _through(proxy, host, port, min(now + share_sec, until), clock)
        except NotReached as error:
            failed.append(error)
    heard = [error for error in failed if not isinstance(error, ProxyAway)]
    text = "; ".join(dict.fromkeys(map(str, heard or failed))) or "it has no address"
    kind = ProxyAway if failed and not heard else NotReached
    raise kind(errno.ECONNREFUSED, text)


def _through(proxy: Proxy, host: str, port: int, until: float, clock: Clock) -> socket.socket:
    host = _ascii(host)
    try:
        opened = dial(proxy.host, proxy.port, until - clock.monotonic(), clock=clock)
    except (OSError, UnicodeError) as error:
        reason = str(getattr(error, "strerror", "") or error)
        raise ProxyAway(errno.ECONNREFUSED, f"the proxy {proxy}: {reason}") from None
    try:
        ask(opened, proxy, host, port, until, clock)
        opened.settimeout(None)
    except BaseException:
        opened.close()
        raise
    return opened


def ask(
    opened: socket.socket, proxy: Proxy, host: str, port: int, until: float, clock: Clock
) -> None:
    """Have a proxy to which this is connected connect it to a host. Raises NotReached."""
    talk = _Talk(opened, proxy, until, clock)
    if proxy.scheme == "http":
        _connect(talk, proxy, host, port)
    else:
        _socks(talk, proxy, host, port)


def _ascii(host: str) -> str:
    """As it is sent. Raises NotReached."""
    try:
        name = a_labels(host)
    except UnicodeError:
        name = ""
    if not 0 < len(name) < 256 or any(c.isspace() or not c.isprintable() for c in name):
        raise NotReached(errno.EINVAL, f"{host!r} is no host name")
    return name


def _failed(proxy: Proxy, reason: str) -> NotReached:
    return NotReached(errno.ECONNREFUSED, f"the proxy {proxy}: {reason}")


class _Talk:
    """Asks and is answered, within one deadline. Raises NotReached."""

    def __init__(self, opened: socket.socket, proxy: Proxy, until: float, clock: Clock) -> None:
        self._socket, self._proxy, self._until, self._clock = opened, proxy, until, clock
        self._within_sec = until - clock.monotonic()

    def say(self, data: bytes) -> None:
        self._do(partial(self._socket.sendall, data))

    def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self._do(partial(self._some, count - len(data), 0))
        return data

    def head(self) -> bytes:
        """Up to an empty line, and no byte of what follows."""
        data = b""
        while b"\r\n\r\n" not in data:
            seen = data + self._do(partial(self._some, LONGEST_HEAD, socket.MSG_PEEK))
            end = seen.find(b"\r\n\r\n")
            data += self.exactly((end + 4 if end >= 0 else len(seen)) - len(data))
            if not data.startswith(_HTTP[: len(data)]):
                break
            if len(data) > LONGEST_HEAD:
                raise _failed(self._proxy, "its answer has no end")
        return data

    def _some(self, count: int, flags: int) -> bytes:
        data = self._socket.recv(count, flags)
        if not data:
            raise _failed(self._proxy, "it closed the connection without an answer")
        return data

    def _do(self, act: Callable[[], T]) -> T:
        try:
            self._socket.settimeout(max(0.001, self._until - self._clock.monotonic()))
            return act()
        except TimeoutError:
            raise _failed(self._proxy, f"no answer in {self._within_sec:.0f} s") from None
        except NotReached:
            raise
        except OSError as error:
            raise _failed(self._proxy, (error.strerror or str(error)).lower()) from None


def _connect(talk: _Talk, proxy: Proxy, host: str, port: int) -> None:
    there = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {there} HTTP/1.1", f"Host: {there}", "User-Agent: forepost"]
    if proxy.user or proxy.password:
        pair = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {pair}")
    talk.say("\r\n".join([*lines, "", ""]).encode("latin-1"))
    found = _STATUS.match(talk.head())
    if found is None:
        raise _failed(proxy, "what answers there is no HTTP proxy")
    status, reason = int(found[1]), (found[2] or b"").decode("ascii").strip()
    if 200 <= status < 300:
        return
    said = f"{status} {reason}".strip()
    match status:
        case 407 if proxy.user or proxy.password:
            why = f"it does not take this name and password ({said})"
        case 407:
            why = f"it wants a name and a password ({said})"
        case 401 | 403 | 405:
            why = f"it does not allow CONNECT to {there} ({said})"
        case 500 | 502 | 503 | 504:
            why = f"it cannot reach {there} ({said})"
        case _:
            why = f"it answered CONNECT to {there} with {said}"
    raise _failed(proxy, why)


def _socks(talk: _Talk, proxy: Proxy, host: str, port: int) -> None:
    methods = b"\x00\x02" if proxy.user else b"\x00"
    talk.say(bytes((5, len(methods))) + methods)
    version, method = talk.exactly(2)
    if version != 5:
        raise _failed(proxy, "what answers there is no SOCKS5 proxy")
    if method == 2 and proxy.user:
        user, password = proxy.user.encode(), proxy.password.encode()
        talk.say(bytes((1, len(user))) + user + bytes((len(password),)) + password)
        if talk.exactly(2)[1] != 0:
            raise _failed(proxy, "it does not take this name and password")
    elif method == 0xFF:
        lacks = (
            "it does not take a name and a password"
            if proxy.user
            else "it wants a name and a password"
        )
        raise _failed(proxy, lacks)
    elif method != 0:
        raise _failed(proxy, "it chose a way of logging in that nobody offered")
    talk.say(b"\x05\x01\x00" + _address(host) + port.to_bytes(2, "big"))
    version, reply, _, kind = talk.exactly(4)
    if version != 5:
        raise _failed(proxy, "its answer is not SOCKS5")
    if reply != 0:
        why = _REFUSALS.get(reply, f"refusal {reply}")
        raise _failed(proxy, f"it cannot connect to {host}:{port}: {why}")
    length = {1: 4, 4: 16}.get(kind) or talk.exactly(1)[0]
    talk.exactly(length + 2)


def _address(host: str) -> bytes:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return bytes((3, len(host))) + host.encode("ascii")
    return bytes((1 if address.version == 4 else 4,)) + address.packed
