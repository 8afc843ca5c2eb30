"""How many files this process may have open: a share of them for each that opens many."""

import resource
from typing import Final

LEAST: Final = 4


def share(of: int, most: int) -> int:
    """Return how many one may open that has one part of so many, but no more than `most`."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return most
    return max(LEAST, min(most, soft // of))
