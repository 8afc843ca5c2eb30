"""What the phases of a speed test need of the other side, and what its two kinds share.

Here threads wait in the kernel: this is never imported by the agent's own process.
"""

import contextlib
import fcntl
import secrets
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, Protocol

import msgspec

from forepost.agent.cores.permission import Permission
from forepost.agent.edges.icmp.socket import bind_to_interface
from forepost.agent.edges.speed.process import CONNECT_SEC, SpeedPlan, Way
from forepost.kit.clock import SystemClock
from forepost.kit.dead_peers import give_up_dead
from forepost.kit.happy_eyeballs import connect_first
from forepost.kit.name_lookup import look_up

BLOCK: Final = 128 * 1024
PAYLOAD: Final = memoryview(secrets.token_bytes(BLOCK))
"""Random, so that nobody on the way can make it smaller."""
_TIOCOUTQ: Final = 0x5411
_TOTAL_RETRANS: Final = struct.Struct("=100xI")
"""tcpi_total_retrans of struct tcp_info, include/uapi/linux/tcp.h."""


class NoSpeed(Exception):
    """It cannot be measured there; the text says why."""


class Echo(msgspec.Struct, frozen=True):
    """A round trip. Where the other side counts: its time (s), and what it has received."""

    rtt_ns: int
    at_sec: float = 0.0
    received: int | None = None


class Counter:
    """Of one stream; written by its thread, read by another."""

    def __init__(self) -> None:
        self.moved = 0
        self.socket: socket.socket | None = None
        self.retransmits = 0
        self.error = ""

    @property
    def arrived(self) -> int:
        """Of an upload: without what the other side's kernel has not acknowledged yet."""
        with contextlib.suppress(OSError, ValueError):
            if self.socket is not None:
                (waiting,) = struct.unpack("i", fcntl.ioctl(self.socket, _TIOCOUTQ, b"\0" * 4))
                return self.moved - int(waiting)
        return self.moved

    @contextlib.contextmanager
    def using(self, opened: socket.socket) -> Iterator[None]:
        """Counts on this socket, and closes it."""
        self.socket = opened
        with opened:
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    info = opened.getsockopt(
                        socket.IPPROTO_TCP, socket.TCP_INFO, _TOTAL_RETRANS.size
                    )
                    self.retransmits += _TOTAL_RETRANS.unpack(info)[0]

    def cut(self) -> None:
        """Let a thread that waits on the socket go on; what it meets then is no error."""
        with contextlib.suppress(OSError):
            if self.socket is not None:
                self.socket.shutdown(socket.SHUT_RDWR)


class Peer(Protocol):
    """The other side of a speed test: a responder of ours, or a LibreSpeed server."""

    remote: str
    counts: bool
    """Whether echoes say what arrived."""

    def connect(self) -> None:
        """Raises NoSpeed and OSError."""
        ...

    def ping(self, gap_sec: float, stop: threading.Event, echo: Callable[[Echo], None]) -> None:
        """Round trips until `stop`. Raises NoSpeed and OSError."""
        ...

    def stream(self, way: Way, sec: float, counter: Counter, stop: threading.Event) -> None:
        """One connection that is busy until `stop`. Raises NoSpeed and OSError."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


def dial(host: str, port: int, plan: SpeedPlan) -> socket.socket:
    """To an address that this site allows. Raises NoSpeed and OSError."""
    permission = Permission(plan.allow, plan.deny, link_local=plan.allow_link_local)
    clock = SystemClock()
    until = clock.monotonic() + CONNECT_SEC
    try:
        found = look_up(host, port, until, clock)
    except OSError as error:
        raise NoSpeed(f"{host}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise NoSpeed(f"{host!r} is no host name: {error}") from None
    refusals = [permission.refusal("SPEEDTEST", str(goal[1][0]), port) for goal in found]
    allowed = [goal for goal, why in zip(found, refusals, strict=True) if not why]
    if found and not allowed:
        raise NoSpeed(refusals[0])
    prepare = partial(bind_to_interface, interface=plan.interface) if plan.interface else None
    opened = connect_first(allowed, until, clock, prepare=prepare, named=host)
    give_up_dead(opened)
    opened.settimeout(CONNECT_SEC)
    return opened


def shown(opened: socket.socket) -> str:
    host, port = opened.getpeername()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def words(error: Exception) -> str:
    if isinstance(error, TimeoutError | BlockingIOError):
        return f"no answer in {CONNECT_SEC:g} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
