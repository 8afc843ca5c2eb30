"""Sites on one switch for the transfer benchmark: a source and three that want what it has."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.lab.net import Namespace, namespace

COUNT = 3
PORT = 22_000


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


@contextmanager
def sites(netem: str) -> Iterator[list[BenchSite]]:
    """`netem`: what the line of each site is like (tc-netem(8)), both ways; "": a plain veth."""
    base = Path(tempfile.mkdtemp(prefix="forepost-transfer-"))
    try:
        with ExitStack() as stack:
            hub = stack.enter_context(namespace())
            hub.ip("link add switch type bridge")
            hub.ip("link set switch up")
            made = []
            for number in range(COUNT + 1):
                place = stack.enter_context(namespace())
                hub.ip(f"link add s{number} type veth peer name cable netns {place.name}")
                hub.ip(f"link set s{number} master switch")
                hub.ip(f"link set s{number} up")
                site = BenchSite(place, number, base / f"s{number}")
                place.ip(f"addr add {site.address}/24 dev cable")
                place.ip("link set cable up")
                if netem:
                    place.run("tc", "qdisc", "add", "dev", "cable", "root", "netem", *netem.split())
                    hub.run(
                        "tc", "qdisc", "add", "dev", f"s{number}", "root", "netem", *netem.split()
                    )
                made.append(site)
            yield made
    finally:
        shutil.rmtree(base, ignore_errors=True)


def is_same(one: Path, other: Path) -> bool:
    done = subprocess.run(
        ["diff", "-rq", "-x", ".sync", "-x", ".stfolder", one, other],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0
