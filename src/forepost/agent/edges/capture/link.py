"""The interface that a meter listens to."""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Final

import msgspec

_SIOCGIFHWADDR: Final = 0x8927
_SIOCGIFMTU: Final = 0x8921
_ETHERNET, _LOOPBACK = 1, 772
ETH_P_ALL: Final = 3
_CLONE_NEWNET: Final = 0x4000_0000
_NAMESPACES: Final = Path("/run/netns")


class CaptureLink(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    ethernet: bool
    """Whether packets have an Ethernet header (loopback has one, of zeros)."""
    loopback: bool
    mtu: int

    @property
    def address(self) -> tuple[str, int]:
        """What a packet socket is bound to."""
        return self.name, ETH_P_ALL


def find(interface: str) -> CaptureLink:
    """Look at NAME, or go into a network namespace for good and look there: NAME@NAMESPACE.

    Raises OSError: there is none, or no permission to go there (CAP_SYS_ADMIN).
    """
    name, _, namespace = interface.partition("@")
    if namespace:
        _enter(namespace)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        ask = struct.pack("16s24x", name.encode()[:15])
        try:
            raw = fcntl.ioctl(any_socket, _SIOCGIFHWADDR, ask)
            (mtu,) = struct.unpack_from("i", fcntl.ioctl(any_socket, _SIOCGIFMTU, ask), 16)
        except OSError as error:
            raise OSError(error.errno, f"interface {interface}: {error.strerror}") from None
    (kind,) = struct.unpack_from("H", raw, 16)
    return CaptureLink(
        name=name,
        ethernet=kind in (_ETHERNET, _LOOPBACK),
        loopback=kind == _LOOPBACK,
        mtu=mtu,
    )


def open_packets() -> socket.socket:
    """Return a packet socket that hears nothing until it is bound. Raises PermissionError."""
    return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)


def _enter(namespace: str) -> None:
    descriptor = os.open(_NAMESPACES / Path(namespace).name, os.O_RDONLY | os.O_CLOEXEC)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(descriptor, _CLONE_NEWNET) != 0:
            problem = ctypes.get_errno()
            raise OSError(problem, f"network namespace {namespace}: {os.strerror(problem)}")
    finally:
        os.close(descriptor)
