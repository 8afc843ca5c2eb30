"""Nodes and edges as counters: a path is added, and taken away again, hop by hop. Pure."""

from collections.abc import Iterable
from typing import Self, TypeVar

from forepost.controller.topology.grades import GradedFigures
from forepost.controller.topology.paths import Path

Key = TypeVar("Key")
Counted = TypeVar("Counted", int, str)


class GraphTally:
    """What all paths say about one node or one edge."""

    __slots__ = ("agents", "hostnames", "loss_c", "losses", "paths", "rtt_us", "rtts", "ttls")

    def __init__(self) -> None:
        self.paths: dict[str, int] = {}
        self.agents: dict[int, int] = {}
        self.ttls: dict[int, int] = {}
        self.hostnames: dict[str, int] = {}
        self.rtts = self.rtt_us = self.losses = self.loss_c = 0

    def count(self, path: Path, place: int, sign: int) -> None:
        _count(self.paths, path.id, sign)
        _count(self.agents, path.agent_id, sign)
        _count(self.ttls, path.ttls[place], sign)
        if path.hostnames[place]:
            _count(self.hostnames, path.hostnames[place], sign)
        self.measure(path, place, sign)

    def measure(self, path: Path, place: int, sign: int) -> None:
        rtt_us, loss_c = path.rtts_us[place], path.losses_c[place]
        if rtt_us >= 0:
            self.rtts += sign
            self.rtt_us += sign * rtt_us
        if loss_c >= 0:
            self.losses += sign
            self.loss_c += sign * loss_c

    def figures(self) -> GradedFigures:
        rtts, losses = self.rtts, self.losses
        return GradedFigures(
            self.rtt_us / rtts / 1e3 if rtts else None,
            self.loss_c / losses / 1e2 if losses else None,
            results=len(self.paths),
        )

    @property
    def seen(self) -> object:
        """All of it, to be compared."""
        return (
            self.paths,
            self.agents,
            self.ttls,
            self.hostnames,
            (self.rtts, self.rtt_us, self.losses, self.loss_c),
        )


class Graph:
    def __init__(self) -> None:
        self.nodes: dict[str, GraphTally] = {}
        self.edges: dict[tuple[str, str], GraphTally] = {}

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Self:
        graph = cls()
        for path in paths:
            graph.add(path)
        return graph

    def add(self, path: Path) -> None:
        self._count(path, 1)

    def take_away(self, path: Path) -> None:
        """One that was added, as it was then."""
        self._count(path, -1)

    def replace(self, old: Path, new: Path) -> None:
        """The next path of the same line; nearly always it goes the same way."""
        if not new.goes_as(old):
            self.take_away(old)
            self.add(new)
            return
        before = ""
        for place, node in enumerate(new.nodes):
            tally = self.nodes[node]
            tally.measure(old, place, -1)
            tally.measure(new, place, 1)
            if before:
                tally = self.edges[before, node]
                tally.measure(old, place, -1)
                tally.measure(new, place, 1)
            before = node

    def _count(self, path: Path, sign: int) -> None:
        before = ""
        for place, node in enumerate(path.nodes):
            _tally(self.nodes, node, path, place, sign)
            if before:
                _tally(self.edges, (before, node), path, place, sign)
            before = node


def _tally(tallies: dict[Key, GraphTally], key: Key, path: Path, place: int, sign: int) -> None:
    tally = tallies.get(key)
    if tally is None:
        tally = tallies[key] = GraphTally()
    tally.count(path, place, sign)
    if not tally.paths:
        del tallies[key]


def _count(counts: dict[Counted, int], key: Counted, sign: int) -> None:
    left = counts.get(key, 0) + sign
    if left:
        counts[key] = left
    else:
        del counts[key]
