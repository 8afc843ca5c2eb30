"""TAP devices: Ethernet as a file. Needs /dev/net/tun and CAP_NET_ADMIN.

Linux: Documentation/networking/tuntap.rst, include/uapi/linux/if_tun.h.
"""

import fcntl
import os
import stat
import struct
from pathlib import Path
from typing import Final

from tests.lab.net import Namespace

DEVICE: Final = Path("/dev/net/tun")
TUNSETIFF: Final = 0x4004_54CA
IFF_TAP: Final = 0x0002
IFF_NO_PI: Final = 0x1000
QUEUE: Final = 2_000
"""Frames that the kernel keeps until the file is read."""


def open_tap(namespace: Namespace, device: str, mac: str, mtu: int = 1500) -> int:
    """A device of the namespace, down and without addresses; it is gone with its descriptor."""
    node()
    with namespace.inside():
        opened = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            flags = IFF_TAP | IFF_NO_PI
            fcntl.ioctl(opened, TUNSETIFF, struct.pack("16sH22x", device.encode(), flags))
            namespace.ip(f"link set {device} address {mac} mtu {mtu} txqueuelen {QUEUE}")
        except BaseException:
            os.close(opened)
            raise
    return opened


def node() -> None:
    """Containers often have the driver and not its file."""
    if not DEVICE.exists():
        DEVICE.parent.mkdir(exist_ok=True)
        os.mknod(DEVICE, stat.S_IFCHR | 0o600, os.makedev(10, 200))
