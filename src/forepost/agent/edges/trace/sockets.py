"""What carries the packets of traces: a socket shared by all runs, or a SYN on a socket each."""

import asyncio
import contextlib
import errno
import os
import secrets
import socket
import struct
from typing import Any, Final, Protocol

from forepost.agent.cores.stamps.departures import Departures, Moment, moment
from forepost.agent.cores.stamps.messages import Trouble
from forepost.agent.cores.trace.extension import extensions
from forepost.agent.cores.trace.packet import (
    SECRET_BITS,
    DatagramStyle,
    EchoStyle,
    HopAnswer,
    Mark,
    Style,
    said,
    token,
)
from forepost.agent.cores.trace.run import Shot
from forepost.agent.edges.icmp.socket import Denied, IcmpSocket, bind_to_interface
from forepost.agent.edges.icmp.stamped_socket import StampedSocket
from forepost.kit.clock import Clock

READ: Final = 4_096
_LINGER: Final = struct.pack("ii", 1, 0)
_TCP_HEADERS: Final = {socket.AF_INET: 20, socket.AF_INET6: 40}

To = tuple[Any, ...]


class Carrier(Protocol):
    """Carries the packets of traces, and hands answers to the run that waits for each."""

    def send(self, shot: Shot, to: To) -> None:
        """Raises OSError: this host's own refusal."""
        ...

    def collect(self) -> None:
        """Hand what came in to the runs that it belongs to."""
        ...

    def forget(self, shots: list[Shot]) -> None:
        """Nobody waits for them any more."""
        ...


class SharedSocket:
    """One socket for all runs of a flow, ICMP or UDP."""

    def __init__(self, opened: StampedSocket, style: Style, clock: Clock) -> None:
        self.socket = opened
        self._style, self._clock = style, clock
        self._line: Departures[Shot] = Departures()
        self._secret = secrets.randbits(SECRET_BITS)
        self._watched = False
        opened.ask_for_extensions()

    def close(self) -> None:
        """Runs that still use it lose what is not answered yet, and are told with the next send."""
        self._watch(False)
        self._line.in_flight.clear()
        self.socket.close()

    def send(self, shot: Shot, to: To) -> None:
        seq = self._line.take_seq()
        if seq is None:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
        shot.seq, shot.token = seq, token(self._secret, seq, shot.flow)
        packet = self._style.packet(seq, shot.token, shot.run.plan.size)
        self._line.in_flight[seq] = shot
        try:
            self._leave(shot, packet, to)
        except OSError:
            # It may be the error of an earlier packet, which the kernel reports at any call: it is
            # this packet's own where it comes again.
            self._drain()
            self._restart()
            self._leave(shot, packet, to)

    def collect(self) -> None:
        if self._line.in_flight:
            self._drain()

    def forget(self, shots: list[Shot]) -> None:
        for shot in shots:
            if self._line.in_flight.get(shot.seq) is shot:
                del self._line.in_flight[shot.seq]
            self._line.gone(shot)
        if not self._line.in_flight:
            self._watch(False)

    def _leave(self, shot: Shot, packet: bytes, to: To) -> None:
        self.socket.clear_error()
        now = moment(self._clock)
        self._line.leaves(shot, now.mono_ns, now.offset_ns)
        try:
            self.socket.send_with_ttl(packet, to, shot.ttl)
        except OSError:
            self._restart()  # whether the kernel counted the packet is unknown
            raise

    def _restart(self) -> None:
        self._line.restart_keys()
        self.socket.restart_keys()

    def _watch(self, watched: bool) -> None:
        if watched == self._watched:
            return
        self._watched = watched
        loop = asyncio.get_running_loop()
        if watched:
            loop.add_reader(self.socket.fileno(), self._drain)
        else:
            loop.remove_reader(self.socket.fileno())

    def _drain(self) -> None:
        # Answers first: a departure is in the error queue before its answer can come.
        replies = self.socket.replies(READ)
        left, troubles = self.socket.outcomes(READ)
        now = moment(self._clock)
        self._line.stamped(left)
        for data, source, rx_ns in replies:
            shot = self._shot(self._style.replied(data))
            if shot is not None:  # the token says so, whichever address the target answers from
                self._answered(shot, source, HopAnswer("reached"), rx_ns, now, [])
        for trouble, data, target in troubles:
            shot = self._shot(self._style.quoted(data))
            if shot is None or target != shot.run.plan.address or not trouble.offender:
                continue
            found = said(trouble, target, v6=":" in target)
            if found is not None:
                more = extensions(data, trouble.extension_at, self._style.headers)
                self._answered(shot, trouble.offender, found, trouble.rx_ns, now, more)

    def _shot(self, mark: Mark | None) -> Shot | None:
        if mark is None:
            return None
        shot = self._line.in_flight.get(mark[0])
        return shot if shot is not None and mark[1] in (None, shot.token) else None

    def _answered(
        self,
        shot: Shot,
        host: str,
        found: HopAnswer,
        rx_ns: int | None,
        now: Moment,
        more: list[str],
    ) -> None:
        # A kernel that stamps nothing: from now on it has to be read at once.
        if rx_ns is None:
            self._watch(True)
        shot.run.answered(shot, host, found, shot.rtt_ns(rx_ns, now), more)


class Syns:
    """TCP: a socket for each packet, as two with one pair of addresses and ports cannot be open at
    once. So each has a source port of its own, and parallel ways show as several hosts of a hop.
    """

    def __init__(self, family: socket.AddressFamily, interface: str, clock: Clock) -> None:
        self._family, self._interface, self._clock = family, interface, clock
        self._open: dict[Shot, tuple[socket.socket, asyncio.TimerHandle]] = {}

    def send(self, shot: Shot, to: To) -> None:
        v6 = self._family == socket.AF_INET6
        opened = socket.socket(self._family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            if self._interface:
                bind_to_interface(opened, self._interface)
            level, ttl = (
                (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS)
                if v6
                else (socket.IPPROTO_IP, socket.IP_TTL)
            )
            opened.setsockopt(level, ttl, shot.ttl)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            listener = StampedSocket(opened)
            listener.listen(numbered=False)
            listener.ask_for_extensions()
            now = moment(self._clock)
            shot.sent_ns, shot.offset_ns = now.mono_ns, now.offset_ns
            with contextlib.suppress(BlockingIOError):
                opened.connect(to)
        except BaseException:
            opened.close()
            raise
        loop = asyncio.get_running_loop()
        # No longer than its timeout: the kernel would send again after a second.
        timer = loop.call_later(shot.run.plan.timeout_sec, self._close, shot)
        self._open[shot] = opened, timer
        # An error alone is readable, a connection writable.
        loop.add_reader(opened.fileno(), self._ready, shot, listener)
        loop.add_writer(opened.fileno(), self._ready, shot, listener)

    def collect(self) -> None:
        """Connections and refusals were heard as they came: they carry no stamps."""

    def forget(self, shots: list[Shot]) -> None:
        for shot in shots:
            self._close(shot)

    def _close(self, shot: Shot) -> None:
        found = self._open.pop(shot, None)
        if found is None:
            return
        opened, timer = found
        timer.cancel()
        loop = asyncio.get_running_loop()
        loop.remove_reader(opened.fileno())
        loop.remove_writer(opened.fileno())
        opened.close()

    def _ready(self, shot: Shot, listener: StampedSocket) -> None:
        if shot not in self._open:
            return
        now = moment(self._clock)
        target = shot.run.plan.address
        _, troubles = listener.outcomes(READ)
        if troubles:
            trouble, data, _ = troubles[0]
            self._refused(shot, trouble, data)
        else:
            number = self._open[shot][0].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if number in (0, errno.ECONNREFUSED):
                rtt_ns = shot.rtt_ns(None, now)
                shot.run.answered(shot, target, HopAnswer("reached"), rtt_ns, [])
        self._close(shot)

    def _refused(self, shot: Shot, trouble: Trouble, data: bytes) -> None:
        target = shot.run.plan.address
        v6 = self._family == socket.AF_INET6
        found = said(trouble, target, v6=v6)
        if found is not None and trouble.offender:
            more = extensions(data, trouble.extension_at, _TCP_HEADERS[self._family])
            rtt_ns = shot.rtt_ns(trouble.rx_ns, moment(self._clock))
            shot.run.answered(shot, trouble.offender, found, rtt_ns, more)


def shared_icmp(family: socket.AddressFamily, interface: str, clock: Clock) -> SharedSocket:
    """Raises OSError, with a text for people."""
    opened = IcmpSocket(family, interface)
    return SharedSocket(opened, EchoStyle(opened.form, opened.ident), clock)


def shared_udp(family: socket.AddressFamily, interface: str, clock: Clock) -> SharedSocket:
    """Needs no privilege. Raises OSError, with a text for people."""
    try:
        opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        name = "IPv6" if family == socket.AF_INET6 else "IPv4"
        raise Denied(f"{name}: {os.strerror(error.errno or errno.EIO)}") from None
    try:
        if interface:
            bind_to_interface(opened, interface)
        opened.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))  # noqa: S104
        stamped = StampedSocket(opened)
        stamped.listen()
        return SharedSocket(stamped, DatagramStyle(v6=family == socket.AF_INET6), clock)
    except BaseException:
        opened.close()
        raise
