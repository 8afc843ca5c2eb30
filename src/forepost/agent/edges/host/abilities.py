"""What this host lets us do, found out by doing it and nothing more: nothing is sent by any of it.

Each returns "" where it can be done, or the reason why not.
"""

import ctypes
import errno
import importlib.util
import os
import shutil
import socket
import ssl
import struct
import tempfile
from pathlib import Path
from typing import Final

from forepost.agent.edges.capture import kernel_table
from forepost.agent.edges.capture.link import open_packets
from forepost.agent.edges.icmp.socket import Denied, IcmpSocket, bind_to_interface

_IP_RECVERR: Final = 11
_STA_UNSYNC: Final = 0x40
_TIMEX: Final = struct.Struct("=i4xqqqqi")
"""The begin of struct timex (adjtimex(2), 64 bit): modes, offset, freq, maxerror, esterror, status.
"""
_TIMEX_BYTES: Final = 208
_MULTICAST: Final = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR."""


def icmp(family: socket.AddressFamily, interface: str = "") -> str:
    try:
        IcmpSocket(family, interface).close()
    except OSError as error:
        return str(error)
    return ""


def has_family(family: socket.AddressFamily) -> bool:
    """Whether this kernel has it at all."""
    try:
        socket.socket(family, socket.SOCK_DGRAM).close()
    except OSError as error:
        return error.errno != errno.EAFNOSUPPORT
    return True


def binding(kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as opened:
        try:
            bind_to_interface(opened, "lo")
        except Denied as error:
            return str(error)
    return ""


def hears_errors(kind: socket.SocketKind) -> str:
    """What traces by UDP and TCP need: the kernel's error queue and a TTL of one's own."""
    with socket.socket(socket.AF_INET, kind) as opened:
        try:
            opened.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 3)
        except OSError as error:
            return os.strerror(error.errno or errno.EIO).lower()
    return ""


def hears_routes() -> str:
    """Changes of addresses, links and routes, as they happen."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as opened:
            opened.bind((0, _MULTICAST))
    except OSError as error:
        return os.strerror(error.errno or errno.EIO).lower()
    return ""


def sees_packets() -> str:
    try:
        open_packets().close()
    except OSError as error:
        return os.strerror(error.errno or errno.EIO).lower()
    return ""


def counts_in_kernel() -> str:
    """Whether the program of the flow meter is taken by the kernel, and its maps are."""
    try:
        kernel_table.try_out()
    except OSError as error:
        return os.strerror(error.errno or errno.EIO).lower()
    return ""


def port(host: str, number: int, kind: socket.SocketKind) -> str:
    """Whether it can be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, kind) as opened:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((host, number))
            if kind == socket.SOCK_STREAM:
                opened.listen(1)
    except OSError as error:
        return os.strerror(error.errno or errno.EIO).lower() if error.errno else str(error)
    return ""


def ephemeral_ports() -> tuple[range, str]:
    """Which ports this host gives to connections that go out, and which of them it keeps back, as
    `ip_local_reserved_ports` writes it.
    """
    folder = Path("/proc/sys/net/ipv4")
    try:
        first, last = map(int, (folder / "ip_local_port_range").read_text().split())
        return range(first, last + 1), (folder / "ip_local_reserved_ports").read_text().strip()
    except (OSError, ValueError):
        return range(0), ""


def folder(path: Path) -> tuple[str, int]:
    """Why nothing can be written there, and how many bytes are free.

    Of a folder that does not exist yet, the one above it that does is asked.
    """
    at = path
    while not at.exists() and at != at.parent:
        at = at.parent
    try:
        with tempfile.TemporaryFile(dir=at):
            pass
        return "", shutil.disk_usage(at).free
    except OSError as error:
        return f"{at}: {os.strerror(error.errno or errno.EIO).lower()}", 0


def clock_state() -> tuple[bool, float]:
    """Whether something keeps the clock right, and how wrong it may be (s)."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    if ctypes.CDLL(None).adjtimex(buffer) < 0:
        return False, 0.0
    _, _, _, most_us, _, status = _TIMEX.unpack_from(buffer)
    return not status & _STA_UNSYNC, most_us / 1e6


def trusted_authorities() -> int:
    """How many certificates this host's TLS accepts; those of a folder are not counted."""
    context = ssl.create_default_context()
    found = int(context.cert_store_stats()["x509_ca"])
    paths = ssl.get_default_verify_paths()
    if not found and paths.capath and any(Path(paths.capath).glob("*.0")):
        return 1
    return found


def has_module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def resolves(name: str) -> str:
    try:
        socket.getaddrinfo(name, None)
    except (OSError, ValueError) as error:
        return f"{name}: {getattr(error, 'strerror', None) or error}".lower()
    return ""


def answers(path: Path) -> bool:
    """Whether somebody listens on this Unix socket."""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.settimeout(1)
        try:
            opened.connect(str(path))
        except OSError:
            return False
    return True


def inotify_limit(name: str, root: Path = Path("/")) -> int:
    """How many `watches` (of files and folders) or `instances` (of programs and jobs that look on)
    one user may have; 0: this kernel watches nothing.
    """
    try:
        return int((root / f"proc/sys/fs/inotify/max_user_{name}").read_text())
    except (OSError, ValueError):
        return 0


def others_may_write(path: Path) -> bool:
    """Whether users who are neither root nor ours may write there. Raises OSError."""
    found = path.stat()
    return bool(found.st_mode & 0o022) or found.st_uid not in (0, os.geteuid())
