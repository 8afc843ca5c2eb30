"""Room for connections: how many there are, and of how many nothing but the address is known."""

import resource
from collections import Counter
from typing import Final

from forepost.controller.access.peer import Peers, household, parsed

MOST: Final = 100_000
KEPT_FREE: Final = 128
"""Descriptors that connections never take: stores, files, what goes out."""
FOR_THIS_HOST: Final = 32
"""Of these, so many are for connections from loopback: the operator, and whoever asks `/readyz`."""


class ConnectionPlace:
    """One connection's."""

    __slots__ = ("_address", "_counted", "_places", "_taken")

    def __init__(self, places: "Places", address: str, *, counted: bool) -> None:
        self._places, self._address = places, address
        self._taken, self._counted = True, counted

    def known(self) -> None:
        """Whoever is connected has shown who it is: the address may have another stranger."""
        if self._counted:
            self._counted = False
            self._places.give_back_stranger(self._address)

    def leave(self) -> None:
        """The connection is over; a second time nothing happens."""
        self.known()
        if self._taken:
            self._taken = False
            self._places.taken -= 1


class Places:
    def __init__(self, most: int, strangers_per_address: int, peers: Peers) -> None:
        """Proxies that are named are no strangers: everybody comes through them."""
        self._most, self._per_address, self._peers = most, strangers_per_address, peers
        self._strangers: Counter[str] = Counter()
        self.taken = 0

    def take(self, address: str) -> ConnectionPlace | None:
        """None: there is no room for another of this address, or for another at all."""
        plain = parsed(address)
        here = plain is not None and plain.is_loopback
        if self.taken >= self._most + (FOR_THIS_HOST if here else 0):
            return None
        counted = not self._peers.is_proxy(address)
        who = household(address)
        if counted and self._strangers[who] >= self._per_address:
            return None
        if counted:
            self._strangers[who] += 1
        self.taken += 1
        return ConnectionPlace(self, who, counted=counted)

    def give_back_stranger(self, household_of: str) -> None:
        self._strangers[household_of] -= 1
        if not self._strangers[household_of]:
            del self._strangers[household_of]


def room_for_connections() -> int:
    """Raise the limit on descriptors as far as it goes; return how many connections it bears."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard > MOST:
        hard = MOST
    if soft < hard:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (hard, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        )
        soft = hard
    return max(1, min(soft, MOST) - KEPT_FREE)
