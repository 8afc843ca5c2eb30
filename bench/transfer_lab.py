"""Sites on one switch for the transfer benchmark: a source and three that want what it has."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.lab.net import Namespace, namespace
from tests.lab.tap import open_tap

COUNT = 3
PORT = 22_000
SOURCE = Path(__file__).with_name("lines.c")


class BenchSite:
    """A namespace with an address, and a folder."""

    def __init__(self, place: Namespace, number: int, folder: Path) -> None:
        self.place, self.number = place, number
        self.address = f"198.18.9.{number + 1}"
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir(parents=True)

    def command(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.place.name, *words]


class Line(NamedTuple):
    """What the line of each site is like, both ways; between two of them is half of `rtt_ms`."""

    mbit: int
    rtt_ms: int
    lost: float = 0.0
    """Of the packets, on their way from one site to another."""


@contextmanager
def sites(
    line: Line | None = None, *, count: int = COUNT, where: Path | None = None
) -> Iterator[list[BenchSite]]:
    """`line`: None: a switch of veth pairs. `count`: of receivers. `where`: the folder below which
    all is; None: the usual one.
    """
    base = Path(tempfile.mkdtemp(prefix="forepost-transfer-", dir=where))
    try:
        with ExitStack() as stack:
            places = [stack.enter_context(namespace()) for _ in range(count + 1)]
            made = [BenchSite(place, n, base / f"s{n}") for n, place in enumerate(places)]
            if line is None:
                _switch(stack, places)
            else:
                _lines(stack, places, line, base / "lines")
            for site in made:
                site.place.ip(f"addr add {site.address}/24 dev cable")
                site.place.ip("link set cable up")
            yield made
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _switch(stack: ExitStack, places: list[Namespace]) -> None:
    hub = stack.enter_context(namespace())
    hub.ip("link add switch type bridge")
    hub.ip("link set switch up")
    for number, place in enumerate(places):
        hub.ip(f"link add s{number} type veth peer name cable netns {place.name}")
        hub.ip(f"link set s{number} master switch")
        hub.ip(f"link set s{number} up")


def _lines(stack: ExitStack, places: list[Namespace], line: Line, program: Path) -> None:
    """A program that moves frames: not every kernel has netem."""
    subprocess.run(["clang", "-O2", "-o", program, SOURCE], check=True)
    devices = []
    for number, place in enumerate(places, 1):
        devices.append(open_tap(place, "cable", f"02:00:00:00:00:{number:02x}"))
        stack.callback(os.close, devices[-1])
    said = [line.mbit * 10**6, line.rtt_ms * 500, int(line.lost * 10_000), *devices]
    moving = subprocess.Popen([program, *map(str, said)], pass_fds=devices)
    stack.callback(moving.wait)
    stack.callback(moving.kill)


def is_same(one: Path, other: Path) -> bool:
    done = subprocess.run(
        ["diff", "-rq", "-x", ".sync", "-x", ".stfolder", one, other],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
