"""Which runs of MTR went the same way. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from forepost.controller.payloads.mtr import Route

SILENT: Final = "*"
_DIGITS: Final = 16


class Way(NamedTuple):
    route: Route
    """Every address that a run of it saw at each hop."""
    places: list[int]
    """Of the runs that went so, in their order."""

    @property
    def path(self) -> str:
        """`192.0.2.1 -> * -> 198.51.100.2`."""
        return " -> ".join(addresses(self.route))

    @property
    def fingerprint(self) -> str:
        return sha256(self.path.encode()).hexdigest()[:_DIGITS]


def ways_of(routes: Sequence[Route]) -> list[Way]:
    """In the order of their first run."""
    found: list[Way] = []
    for place, route in enumerate(routes):
        same = next((at for at, way in enumerate(found) if _is_same(way.route, route)), None)
        if same is None:
            found.append(Way(route, [place]))
        else:
            known = found[same]
            found[same] = Way(_both(known.route, route), [*known.places, place])
    return found


def addresses(route: Route) -> list[str]:
    """One of each hop."""
    return [min(hop) if hop else SILENT for hop in _heard(route)]


def _is_same(one: Route, other: Route) -> bool:
    """Whether they have an address in common at each hop that answered both. One that was not
    answered by its end may be the beginning of the other.
    """
    both = (_heard(one), _heard(other))
    shorter, longer = sorted(both, key=len)
    if len(shorter) < len(longer):
        whole = one if shorter is both[0] else other
        if len(whole) == len(shorter):
            return False
    return all(not a or not b or a & b for a, b in zip(shorter, longer, strict=False))


def _heard(route: Route) -> Route:
    """Without the silent hops at its end."""
    last = max((place for place, hop in enumerate(route, 1) if hop), default=0)
    return route[:last]


def _both(one: Route, other: Route) -> Route:
    longer, shorter = sorted((one, other), key=len, reverse=True)
    joined = tuple(a | b for a, b in zip(longer, shorter, strict=False))
    return joined + longer[len(shorter) :]
