"""What the engines ask of a socket: packets with a TTL of their own, kernel timestamps, errors."""

import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from forepost.agent.cores.stamps import messages
from forepost.agent.cores.stamps.messages import Received, Sent, Trouble

_PACKET_BYTES: Final = 2048
"""More than any reply we look at: only the first 16 bytes of ICMP matter, and 576 of an error."""
_CONTROL_BYTES: Final = 256
_IPV6_HOPLIMIT: Final = 52
_INT: Final = struct.Struct("@i")
_RECVERR_RFC4884: Final = {socket.AF_INET: 26, socket.AF_INET6: 31}
"""Linux 5.9 and later: says where in an error the extensions begin."""


class StampedSocket:
    """Takes over an open socket that never blocks."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._v6 = opened.family == socket.AF_INET6
        self.send: Callable[[bytes, tuple[Any, ...]], int] = opened.sendto
        """Raises OSError: this host's own refusal."""

    def listen(self, *, numbered: bool = True) -> None:
        """Ask for the error queue and for timestamps: of TCP only for those of what comes in."""
        for_errors = (
            (socket.IPPROTO_IPV6, messages.IPV6_RECVERR)
            if self._v6
            else (socket.IPPROTO_IP, messages.IP_RECVERR)
        )
        self._socket.setsockopt(*for_errors, 1)
        if numbered:
            self.restart_keys()
        else:
            self._socket.setsockopt(
                socket.SOL_SOCKET, messages.SO_TIMESTAMPING, messages.SOFTWARE_BOTH_WAYS
            )

    def ask_for_extensions(self) -> None:
        level = socket.IPPROTO_IPV6 if self._v6 else socket.IPPROTO_IP
        try:
            self._socket.setsockopt(level, _RECVERR_RFC4884[self._socket.family], 1)
        except OSError:
            return  # an older kernel: hops are measured, and have no extensions

    def send_with_ttl(self, packet: bytes, to: tuple[Any, ...], ttl: int) -> int:
        """Raises OSError: this host's own refusal."""
        level, kind = (
            (socket.IPPROTO_IPV6, _IPV6_HOPLIMIT)
            if self._v6
            else (socket.IPPROTO_IP, socket.IP_TTL)
        )
        return self._socket.sendmsg([packet], [(level, kind, _INT.pack(ttl))], 0, to)

    def clear_error(self) -> None:
        """Let the next call not fail for an earlier packet, which has its error in the queue."""
        self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def raw(self) -> bool:
        return self._socket.type == socket.SOCK_RAW

    def close(self) -> None:
        self._socket.close()

    def restart_keys(self) -> None:
        """Let the kernel number packets from 0: it does so when numbering is switched on."""
        for flags in (messages.SOFTWARE_BOTH_WAYS, messages.NUMBERED):
            self._socket.setsockopt(socket.SOL_SOCKET, messages.SO_TIMESTAMPING, flags)

    def replies(self, most: int) -> list[Received]:
        """Read what came in, `most` at most."""
        got: list[Received] = []
        receive = self._socket.recvmsg
        for _ in range(most):
            try:
                data, ancillary, _, source = receive(_PACKET_BYTES, _CONTROL_BYTES)
            except BlockingIOError:
                break
            except OSError:
                # The error of an earlier packet; its particulars are in the error queue.
                continue
            got.append((data, source[0], messages.arrival_ns(ancillary)))
        return got

    def outcomes(self, most: int) -> tuple[list[Sent], list[tuple[Trouble, bytes, str]]]:
        """Read the error queue, `most` at most: departures; errors with the part of our packet
        that they quote and the address that it went to.
        """
        left: list[Sent] = []
        troubles: list[tuple[Trouble, bytes, str]] = []
        receive = self._socket.recvmsg
        for _ in range(most):
            try:
                data, ancillary, _, target = receive(
                    _PACKET_BYTES, _CONTROL_BYTES, socket.MSG_ERRQUEUE
                )
            except BlockingIOError:
                break
            what = messages.outcome(ancillary)
            if isinstance(what, Trouble):
                troubles.append((what, data, target[0] if target else ""))
            elif what is not None:
                left.append(what)
        return left, troubles
