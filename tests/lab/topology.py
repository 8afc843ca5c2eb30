"""Whole networks out of a data file: namespaces, cables, shortest routes. Needs root, ip and nft.

A file of `topologies/` names the cables; the host `near` measures towards `far`. Cable number i
(from 1) has 198.18.i.0/24 and 2001:db8:i::/64, its first end .1. Routes are the shortest ones, with
all that are equally short in use; `routes` are others: at a node, towards the cables that begin at
another, by a neighbour. `wires` are cables with a plan (`wire_plan.Plan`), whose records `record`
has; `mtus` are those of other cables, both ends.
"""

import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from tests.lab.net import Namespace, namespace
from tests.lab.wire import Bundle, Ends
from tests.lab.wire_plan import Plan
from tests.lab.wire_record import Record

FOLDER = Path(__file__).with_name("topologies")
NFT = """
add table inet lab
add chain inet lab input { type filter hook input priority 0 ; }
add chain inet lab forward { type filter hook forward priority 0 ; }
add chain inet lab output { type filter hook output priority 0 ; }
"""
SILENT = """
add rule inet lab output icmp type time-exceeded drop
add rule inet lab output icmpv6 type time-exceeded drop
"""
SYSCTLS = {
    "net.ipv4.ip_forward": "1",
    "net.ipv4.icmp_ratelimit": "0",
    "net.ipv4.fib_multipath_hash_policy": "1",
    "net.ipv4.ping_group_range": "0 0",
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv6.conf.all.forwarding": "1",
    "net.ipv6.icmp.ratelimit": "0",
    "net.ipv6.fib_multipath_hash_policy": "1",
}


class NodeFile(msgspec.Struct, forbid_unknown_fields=True):
    silent: bool = False
    rules: list[str] = []
    sysctls: dict[str, str] = {}


class TopologyFile(msgspec.Struct, forbid_unknown_fields=True):
    links: list[str]
    routes: list[str] = []
    nodes: dict[str, NodeFile] = {}
    wires: dict[str, Plan] = {}
    """By link, as it stands in `links`."""
    mtus: dict[str, int] = {}


class End(msgspec.Struct, frozen=True):
    """One end of a cable."""

    node: str
    peer: str
    cable: int
    side: int

    def address(self, family: int, side: int | None = None) -> str:
        side = side or self.side
        return f"198.18.{self.cable}.{side}" if family == 4 else f"2001:db8:{self.cable}::{side}"

    def mac(self, side: int) -> str:
        return f"02:00:00:00:{self.cable:02x}:{side:02x}"

    @property
    def device(self) -> str:
        return f"c{self.cable}"


class Topology:
    def __init__(
        self, ends: list[End], namespaces: dict[str, Namespace], wires: list[str], bundle: Bundle
    ) -> None:
        self._ends, self._namespaces = ends, namespaces
        self._wires, self._bundle = wires, bundle

    def record(self, link: str) -> Record:
        """Of what a wire has done until now."""
        return self._bundle.records()[self._wires.index(link)]

    def __getitem__(self, node: str) -> Namespace:
        return self._namespaces[node]

    def address(self, node: str, family: int) -> str:
        """Of its first cable."""
        return next(end.address(family) for end in self._ends if end.node == node)

    def node(self, address: str) -> str:
        """Whose address it is; "" for nobody's."""
        found = (e.node for e in self._ends if address in (e.address(4), e.address(6)))
        return next(found, "")


@contextmanager
def topology(name: str) -> Iterator[Topology]:
    file = msgspec.convert(tomllib.loads((FOLDER / f"{name}.toml").read_text()), TopologyFile)
    ends: list[End] = []
    for cable, link in enumerate(file.links, 1):
        one, two = link.split()
        ends += [End(one, two, cable, 1), End(two, one, cable, 2)]
    with ExitStack() as stack:
        nodes = {end.node: stack.enter_context(namespace()) for end in ends if end.side == 1}
        for end in ends:
            if end.node not in nodes:
                nodes[end.node] = stack.enter_context(namespace())
        for name_of, node in nodes.items():
            _sysctls(node, SYSCTLS | file.nodes.get(name_of, NodeFile()).sysctls)
        wires = {link: at for at, link in enumerate(file.links, 1) if link in file.wires}
        cables = "".join(
            f"link add {end.device} netns {nodes[end.node].name} address {end.mac(1)} type veth"
            f" peer name {end.device} netns {nodes[end.peer].name} address {end.mac(2)}\n"
            for end in ends
            if end.side == 1 and end.cable not in wires.values()
        )
        next(iter(nodes.values())).run("ip", "-batch", "-", stdin=cables)
        bundle = stack.enter_context(_bundle(file, wires, ends, nodes))
        for name_of, node in nodes.items():
            node.run("ip", "-batch", "-", stdin=_batch(name_of, ends, file))
            wanted = file.nodes.get(name_of, NodeFile())
            rules = NFT + SILENT * wanted.silent + "\n".join(wanted.rules) + "\n"
            if wanted.silent or wanted.rules:
                node.run("nft", "-f", "-", stdin=rules)
        yield Topology(ends, nodes, list(wires), bundle)


def _bundle(
    file: TopologyFile, wires: dict[str, int], ends: list[End], nodes: dict[str, Namespace]
) -> Bundle:
    found = []
    for link, cable in wires.items():
        left, right = (
            (nodes[end.node], end.device, end.mac(end.side)) for end in ends if end.cable == cable
        )
        found.append(Ends(left, right, file.wires[link]))
    return Bundle(found)


def _sysctls(node: Namespace, wanted: dict[str, str]) -> None:
    with node.inside():
        for key, value in wanted.items():
            Path("/proc/sys", *key.split(".")).write_text(value)


def _batch(node: str, ends: list[End], file: TopologyFile) -> str:
    lines = []
    for end in ends:
        if end.node == node:
            far = 3 - end.side
            mtu = file.mtus.get(file.links[end.cable - 1], 0)
            lines += [f"link set {end.device}{f' mtu {mtu}' if mtu else ''} up"]
            for family, prefix, flags in ((4, 24, ""), (6, 64, " nodad")):
                lines.append(f"addr add {end.address(family)}/{prefix} dev {end.device}{flags}")
                lines.append(
                    f"neigh replace {end.address(family, far)} lladdr {end.mac(far)}"
                    f" dev {end.device} nud permanent"
                )
    chosen = {(at, towards): by for at, towards, by in map(str.split, file.routes)}
    cables = {end.cable: end for end in ends if end.side == 1}
    for cable, first in cables.items():
        if node in (first.node, first.peer):
            continue
        towards = chosen.get((node, first.node))
        steps = [towards] if towards else _steps(node, {first.node, first.peer}, ends)
        lines += _routes(node, cable, steps, ends)
    return "\n".join(lines) + "\n"


def _routes(node: str, cable: int, steps: list[str], ends: list[End]) -> list[str]:
    lines = []
    for family, net in ((4, f"198.18.{cable}.0/24"), (6, f"2001:db8:{cable}::/64")):
        hops = [
            f"nexthop via {end.address(family, 3 - end.side)} dev {end.device}"
            for end in ends
            if end.node == node and end.peer in steps
        ]
        line = " ".join(hops) if len(hops) > 1 else hops[0].removeprefix("nexthop ")
        lines.append(f"route add {net} {line}")
    return lines


def _steps(node: str, goals: set[str], ends: list[End]) -> list[str]:
    """The neighbours of `node` that are nearest to one of `goals`."""
    far = dict.fromkeys(goals, 0)
    edge = list(goals)
    while edge:
        here = edge.pop(0)
        for end in ends:
            if end.node == here and end.peer not in far:
                far[end.peer] = far[here] + 1
                edge.append(end.peer)
    peers = {end.peer for end in ends if end.node == node}
    return sorted(peer for peer in peers if far[peer] == min(far[p] for p in peers))
