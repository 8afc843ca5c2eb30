"""Lets a process make only the system calls that it needs (seccomp, by a filter of our own).

For helpers that read what strangers send: what is not on the list fails with EPERM, so that one who
takes over the process starts no program, writes no file, and connects to no local service. Threads
are allowed, processes are not; files may be opened for reading only.
"""

import ctypes
import errno
import platform
import struct
from typing import Final

_CALLS: Final[dict[str, tuple[int, int]]] = {
    "read": (0, 63),
    "readv": (19, 65),
    "pread64": (17, 67),
    "write": (1, 64),
    "writev": (20, 66),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "stat": (4, -1),
    "lstat": (6, -1),
    "readlink": (89, -1),
    "readlinkat": (267, 78),
    "access": (21, -1),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "getdents64": (217, 61),
    "getcwd": (79, 17),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "dup": (32, 23),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "futex_waitv": (449, 449),
    "rseq": (334, 293),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "membarrier": (324, 283),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "getrusage": (98, 165),
    "times": (100, 153),
    "uname": (63, 160),
    "sysinfo": (99, 179),
    "getrlimit": (97, 163),
    "poll": (7, -1),
    "ppoll": (271, 73),
    "select": (23, -1),
    "pselect6": (270, 72),
    "shutdown": (48, 210),
    "getsockname": (51, 204),
    "getpeername": (52, 205),
    "setsockopt": (54, 208),
    "getsockopt": (55, 209),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "restart_syscall": (219, 128),
}
"""Of every helper: name to number, of x86_64 and of arm64 (-1: there is none)."""
METER: Final[dict[str, tuple[int, int]]] = {"bpf": (321, 280)}
"""It looks into the maps of the kernel's program."""
STREAMS: Final[dict[str, tuple[int, int]]] = {
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendmmsg": (307, 269),
    "recvmmsg": (299, 243),
}
"""Of speed tests: names, and connections over IP."""
_OPEN, _OPENAT, _SOCKET, _CLONE, _CLONE3 = (2, -1), (257, 56), (41, 198), (56, 220), (435, 435)
_PRLIMIT: Final = (302, 261)
_MACHINES: Final = {"x86_64": (0, 0xC000_003E), "aarch64": (1, 0xC000_00B7)}
_WRITING: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000
"""O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND."""
_CLONE_THREAD: Final = 0x1_0000
_FAMILIES: Final = (2, 10, 16)
"""IPv4, IPv6, netlink (which getaddrinfo asks for addresses)."""
_UNIX, _DATAGRAM = 1, 2
_ALLOW, _KILL, _ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_X32: Final = 0x4000_0000
_PR_SET_SECCOMP, _MODE_FILTER, _PR_SET_NO_NEW_PRIVS = 22, 2, 38
_INSTRUCTION: Final = struct.Struct("=HBBI")
_DENIED: Final = _ERRNO | errno.EPERM


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def confine(more: dict[str, tuple[int, int]]) -> str:
    """From now on only the calls of every helper and these. Return why it could not be done, ""
    where it was: an older kernel or another machine goes on without.
    """
    found = _MACHINES.get(platform.machine())
    if found is None:
        return f"no list of system calls for {platform.machine()}"
    code = program(*found, more)
    memory = ctypes.create_string_buffer(code, len(code))
    filtering = _Program(len(code) // _INSTRUCTION.size, ctypes.addressof(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filtering), 0, 0) != 0:
        return f"seccomp: {errno.errorcode.get(ctypes.get_errno(), 'refused')}"
    return ""


def program(column: int, architecture: int, more: dict[str, tuple[int, int]]) -> bytes:
    """The filter: struct sock_filter, one after the other. Pure."""
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _DENIED),
    ]
    for numbers in (*_CALLS.values(), *more.values()):
        if numbers[column] >= 0:
            steps += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]
    for numbers, argument in ((_OPEN, 1), (_OPENAT, 2)):
        if numbers[column] >= 0:
            steps += _only(numbers[column], argument, (_ANY_BIT, 1, 0, _WRITING))
    steps += _only(_CLONE[column], 0, (_ANY_BIT, 0, 1, _CLONE_THREAD))
    # Of its own limits only what they are: argument 2 would be new ones.
    steps += _only(_PRLIMIT[column], 2, (_EQUAL, 0, 1, 0))
    # As a kernel that does not know it: the C library makes its threads by clone then.
    steps += [(_EQUAL, 0, 1, _CLONE3[column]), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    if more is STREAMS:
        steps += _sockets(_SOCKET[column])
    steps.append((_RETURN, 0, 0, _DENIED))
    return b"".join(_INSTRUCTION.pack(*step) for step in steps)


def _only(
    number: int, argument: int, test: tuple[int, int, int, int]
) -> list[tuple[int, int, int, int]]:
    """Allow the call where the test of the lower half of an argument goes to the next step."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, 16 + 8 * argument),
        test,
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENIED),
    ]


def _sockets(number: int) -> list[tuple[int, int, int, int]]:
    """IP and netlink; of sockets within this host only datagrams, by which the C library asks for
    the number of an interface.
    """
    checks = [(_EQUAL, 3 + len(_FAMILIES) - at, 0, one) for at, one in enumerate(_FAMILIES)]
    return [
        (_EQUAL, 0, len(checks) + 7, number),
        (_LOAD, 0, 0, 16),
        *checks,
        (_EQUAL, 0, 4, _UNIX),
        (_LOAD, 0, 0, 24),
        (_AND, 0, 0, 0xF),
        (_EQUAL, 0, 1, _DATAGRAM),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENIED),
    ]
