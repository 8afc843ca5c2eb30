"""Named sets of addresses: IPv4, IPv6, prefixes, MAC. Pure.

A group is this agent's own, or the controller's; neither side writes over the other's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from forepost.agent.flows.entries import BITS, Entry, WrongEntry, read_entries, without_mapping

Origin = Literal["local", "controller"]

NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class WrongName(ValueError):
    """The name of a group becomes the name of a file."""


class Foreign(Exception):
    """The group belongs to the other side."""


class Group:
    """Addresses by exact look-up; prefixes by one set for each length."""

    def __init__(self, origin: Origin = "local") -> None:
        self.origin = origin
        self.file = ""
        """Where it is kept; empty: in memory only."""
        self._singles: set[bytes] = set()
        self._prefixes: dict[int, dict[int, set[int]]] = {4: {}, 16: {}}

    def __len__(self) -> int:
        return len(self._singles) + sum(
            len(networks) for lengths in self._prefixes.values() for networks in lengths.values()
        )

    def add(self, entry: Entry) -> bool:
        """False where a single address was there already; a prefix may come again."""
        if entry.single:
            before = len(self._singles)
            self._singles.add(entry.address)
            return len(self._singles) > before
        size = len(entry.address)
        lengths = self._prefixes[size]
        networks = lengths.setdefault(entry.length, set())
        networks.add(int.from_bytes(entry.address) >> (BITS[size] - entry.length))
        self._prefixes[size] = dict(sorted(lengths.items(), reverse=True))
        return True

    def remove(self, entry: Entry) -> bool:
        """Whether it was there, exactly so."""
        if entry.single:
            there = entry.address in self._singles
            self._singles.discard(entry.address)
            return there
        lengths = self._prefixes[len(entry.address)]
        networks = lengths.get(entry.length, set())
        number = int.from_bytes(entry.address) >> (BITS[len(entry.address)] - entry.length)
        there = number in networks
        networks.discard(number)
        if not networks:
            lengths.pop(entry.length, None)
        return there

    def match(self, address: bytes) -> Entry | None:
        """The entry that an address (or a MAC address) is in: itself, or the longest prefix."""
        address = without_mapping(address)
        if address in self._singles:
            return Entry(address, BITS.get(len(address), 48))
        size = len(address)
        lengths = self._prefixes.get(size)
        if not lengths:
            return None
        number = int.from_bytes(address)
        bits = BITS[size]
        for length, networks in lengths.items():
            network = number >> (bits - length)
            if network in networks:
                return Entry((network << (bits - length)).to_bytes(size), length)
        return None

    def entries(self) -> Iterator[Entry]:
        """Single addresses, then IPv4 prefixes, then IPv6 prefixes."""
        # Each size sorted without a key: all else on the loop waits a third of the time.
        for size in (4, 6, 16):
            for address in sorted(one for one in self._singles if len(one) == size):
                yield Entry(address, BITS.get(size, 48))
        for size, lengths in self._prefixes.items():
            for length, networks in list(lengths.items()):
                for network in sorted(networks):
                    yield Entry((network << (BITS[size] - length)).to_bytes(size), length)


class Groups:
    """All groups by name. `version` grows with every change."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._groups)

    def names(self) -> list[str]:
        return sorted(self._groups)

    def get(self, name: str) -> Group | None:
        return self._groups.get(name)

    def ours(self, name: str) -> Group:
        """The local group of this name, new where there is none. Raises WrongName, Foreign."""
        if not NAME.fullmatch(name):
            raise WrongName(f"group: {name[:80]!r} is not 1 - 64 of A-Z a-z 0-9 _ . -")
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group()
        if group.origin != "local":
            raise Foreign(f"group {name} is the controller's: change it there")
        return group

    def changed(self) -> None:
        self.version += 1

    def drop(self, name: str) -> Group | None:
        """Forget a local group; return it. Raises Foreign."""
        group = self._groups.get(name)
        if group is not None and group.origin != "local":
            raise Foreign(f"group {name} is the controller's: change it there")
        if group is not None:
            del self._groups[name]
            self.changed()
        return group

    def put(self, name: str, group: Group) -> None:
        """Take a group that was read, in the place of one of the same origin. Raises Foreign."""
        there = self._groups.get(name)
        if there is not None and there.origin != group.origin:
            raise Foreign(f"group {name} is there already, and is {there.origin}")
        self._groups[name] = group
        self.changed()

    def want(self, read: "Read") -> list[str]:
        """Have exactly these of the controller; return, in words, what could not be taken."""
        problems = list(read.problems)
        for name in read.groups:
            there = self._groups.get(name)
            if there is not None and there.origin == "local":
                problems.append(f"group {name}: a local group has this name, and stays")
        kept = {
            name: group
            for name, group in read.groups.items()
            if (there := self._groups.get(name)) is None or there.origin == "controller"
        }
        for name in [n for n, g in self._groups.items() if g.origin == "controller"]:
            del self._groups[name]
        self._groups.update(kept)
        self.changed()
        return problems

    def containing(self, address: bytes) -> dict[str, Entry]:
        """Groups that an address or MAC address is in, and by which entry."""
        found = ((name, group.match(address)) for name, group in self._groups.items())
        return {name: entry for name, entry in found if entry is not None}

    def of(self, address: bytes, mac: bytes) -> tuple[str, ...]:
        """Names of the groups of an address or its MAC address, in order."""
        return tuple(
            sorted(
                name
                for name, group in self._groups.items()
                if group.match(address) or group.match(mac)
            )
        )


class Read(msgspec.Struct, frozen=True):
    """Groups of the controller, and what of them is not understood."""

    groups: dict[str, Group]
    problems: list[str]


def read_groups(document: Sequence[tuple[str, Iterable[str]]]) -> Read:
    """A million addresses take seconds: call it from a thread."""
    groups: dict[str, Group] = {}
    problems: list[str] = []
    for name, entries in document:
        if not NAME.fullmatch(name):
            problems.append(f"group {name!r}: its name cannot be a file's")
            continue
        group = groups.setdefault(name, Group("controller"))
        for text in entries:
            try:
                for entry in read_entries(text):
                    group.add(entry)
            except WrongEntry as error:
                problems.append(f"group {name}: {error}")
    return Read(groups, problems)
