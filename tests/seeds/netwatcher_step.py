"""One request of NetWatcher's panel, and where most of them begin."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Step:
    """One request. In path and body `{name}` is a number that the stage knows."""

    asks: str
    """`GET /workspaces`."""
    answers: Any = None
    """The kind of the answer; None: it is not looked into."""
    body: Any = None
    status: int = 200
    who: str = "owner"
    """`owner`, `admin` of the site, or `nobody`."""


W: Final = "/workspaces/{w}"
A: Final = W + "/agents/{a}"
D: Final = W + "/probe-data"
