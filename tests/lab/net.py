"""Network namespaces and veth pairs for tests with real sockets. Needs root and iproute2.

Addresses are from 198.18.0.0/15 (RFC 2544) and 2001:db8::/32 (RFC 3849) only; everything is gone at
the end of the `with`, also when the test fails.
"""

import ctypes
import itertools
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

CLONE_NEWNET: Final = 0x4000_0000
NEAR: Final = ("198.18.0.1/24", "2001:db8::1/64")
MACS: Final = ("02:00:00:00:00:01", "02:00:00:00:00:02")
FAR: Final = ("198.18.0.2/24", "2001:db8::2/64")

_numbers = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network of its own, with loopback up."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, *command: str, stdin: str | None = None) -> str:
        """Run a program in it; return its standard output; a failure fails the test."""
        return _run("ip", "netns", "exec", self.name, *command, stdin=stdin)

    def ip(self, command: str) -> None:
        _run("ip", "-n", self.name, *command.split())

    def sysctl(self, key: str, value: str) -> None:
        with self.inside():
            Path("/proc/sys", *key.split(".")).write_text(value)

    def sent(self) -> int:
        """Packets that left it until now."""
        with self.inside():
            lines = Path("/proc/thread-self/net/dev").read_text().splitlines()[2:]
        cables = (line.split() for line in lines)
        return sum(int(fields[10]) for fields in cables if fields[0] != "lo:")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread opens meanwhile belong to the namespace."""
        with (
            Path("/proc/thread-self/ns/net").open("rb") as home,
            Path("/run/netns", self.name).open("rb") as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())


@contextmanager
def namespace() -> Iterator[Namespace]:
    name = f"fp-{os.getpid()}-{next(_numbers)}"
    _run("ip", "netns", "add", name)
    try:
        made = Namespace(name)
        made.ip("link set lo up")
        yield made
    finally:
        _run("ip", "netns", "del", name)


@contextmanager
def pair(
    near: tuple[str, ...] = NEAR, far: tuple[str, ...] = FAR
) -> Iterator[tuple[Namespace, Namespace]]:
    """Two namespaces joined by a cable; its ends are called `cable` on both sides."""
    with ExitStack() as stack:
        one, two = (stack.enter_context(namespace()) for _ in range(2))
        one.ip(
            f"link add cable address {MACS[0]} type veth"
            f" peer name cable address {MACS[1]} netns {two.name}"
        )
        for side, own, others, mac in ((one, near, far, MACS[1]), (two, far, near, MACS[0])):
            for address in own:
                side.ip(f"addr add {address} dev cable{' nodad' if ':' in address else ''}")
            side.ip("link set cable up")
            # The first neighbour solicitation after a link comes up may be lost, for a second.
            for address in others:
                bare = address.split("/")[0]
                side.ip(f"neigh replace {bare} lladdr {mac} dev cable nud permanent")
        yield one, two


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _run(*command: str, stdin: str | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return done.stdout
