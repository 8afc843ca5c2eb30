"""One difference between the document and the public code."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

Query = dict[str, str]


class VoiceRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where the public code is other than our route, and how one is said in terms of the other."""

    on: str
    """Methods and path as the public code has them: `GET /workspaces/{id}`."""
    why: str
    """In words, for docs/clients.md."""
    method: str = ""
    """Of our route, where it is another one."""
    to: str = ""
    """Path of our route, where it is another one; with the same names in braces."""
    query: Callable[[Query], Query] | None = None
    body: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    answer: Callable[[Any, Query], Any] | None = None
    """Of a good answer, and the query that was asked with."""

    @property
    def methods(self) -> frozenset[str]:
        return frozenset(self.on.split(" ")[0].split("|"))

    @property
    def pattern(self) -> re.Pattern[str]:
        named = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.on.split(" ")[1])
        return re.compile(named)

    def path_for(self, path: str) -> str:
        """Our path for one of the public code."""
        found = self.pattern.fullmatch(path)
        return self.to.format(**found.groupdict()) if found else path
