"""Names that no other test has, nor the same one at its first try (`make test RERUNS=1`)."""

import hashlib
import re

import pytest


def name_of(request: pytest.FixtureRequest, most: int = 60) -> str:
    """Letters, digits and hyphens, fit for an address."""
    turn = getattr(request.node, "execution_count", 1)
    unique = hashlib.sha256(f"{request.node.nodeid} {turn}".encode()).hexdigest()[:8]
    words = re.sub(r"\W|_", "-", request.node.name)
    return f"{words[: most - 9].strip('-')}-{unique}"
