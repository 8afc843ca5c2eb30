"""Gives up what a meter does not need once it has its socket and its maps."""

import ctypes
import os
import struct
from pathlib import Path
from typing import Final

CAP_BPF: Final = 39
CAP_NET_RAW: Final = 13
NOBODY: Final = 65_534
_PR_SET_KEEPCAPS, _PR_SET_NO_NEW_PRIVS = 8, 38
_VERSION_3: Final = 0x2008_0522
_libc = ctypes.CDLL(None, use_errno=True)


def drop(keep: int = 1 << CAP_BPF) -> None:
    """Keep these capabilities only (a bit each), where we have them, and become nobody where we
    are root. Raises OSError.

    Kernels before 5.19 want CAP_BPF for each look at a map, not only for making it.
    """
    kept = keep & held()
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    if os.geteuid() == 0:
        _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl")
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    low, high = kept & 0xFFFF_FFFF, kept >> 32
    header = struct.pack("=Ii", _VERSION_3, 0)
    wanted = struct.pack("=6I", low, low, 0, high, high, 0)
    _check(_libc.capset(header, wanted), "capset")


def held() -> int:
    """Return the effective capabilities of this process, a bit each."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _check(result: int, call: str) -> None:
    if result != 0:
        problem = ctypes.get_errno()
        raise OSError(problem, f"{call}: {os.strerror(problem)}")
