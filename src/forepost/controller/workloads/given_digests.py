"""What was in the documents that agents were given lately: by it a microservice that did not change
is known where the agent has an older document. Pure.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

KEPT: Final = 1_000
"""Revisions, the newest; agents with the same microservices share one."""


class GivenDigests:
    def __init__(self) -> None:
        self._known: OrderedDict[str, frozenset[str]] = OrderedDict()

    def note(self, revision: str, digests: Iterable[str]) -> None:
        """A document of this revision has manifests of these digests."""
        if revision in self._known:
            self._known.move_to_end(revision)
            return
        self._known[revision] = frozenset(digests)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)

    def of(self, revision: str) -> frozenset[str]:
        """Empty: it is not known."""
        return self._known.get(revision, frozenset())
