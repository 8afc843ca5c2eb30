"""How many files and sockets this process may have open."""

import resource
from typing import Final

WANTED: Final = 16_384
OURS: Final = 256
"""That probes leave alone: state, uplink, status, meters."""


def raised() -> int:
    """Ask for as many as are needed, where that is allowed; how many probes may have of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < WANTED:
        most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return WANTED if soft == resource.RLIM_INFINITY else max(0, soft - OURS)
