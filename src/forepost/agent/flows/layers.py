"""Interfaces at which the same packets are counted. Pure."""

from collections.abc import Callable, Iterable


def metered_twice(
    metered: Iterable[str], under: Callable[[str], list[str]]
) -> list[tuple[str, str]]:
    """Pairs of metered interfaces of which the first is made of the second, by whatever is between.
    `under`: what an interface is made of.
    """
    wanted = sorted(set(metered))
    pairs: list[tuple[str, str]] = []
    for upper in wanted:
        below = list(under(upper))
        seen: set[str] = set()
        while below:
            lower = below.pop()
            if lower not in seen:
                seen.add(lower)
                below += under(lower)
        pairs += [(upper, lower) for lower in sorted(seen) if lower in wanted and lower != upper]
    return pairs
