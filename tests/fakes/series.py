"""A store in memory that can be full, and that some rows are too much for."""

from collections.abc import Sequence

from forepost.controller.series.port import Row
from forepost.kit.errors import Unavailable


class FakeSeries:
    def __init__(self) -> None:
        self.kept: dict[tuple[int, int, int], Row] = {}
        self.commits: list[int] = []
        """Rows of each commit."""
        self.full = False
        self.poison: set[int] = set()
        """Identities of rows that cannot be stored by their own fault."""

    async def add(self, rows: Sequence[Row]) -> int:
        if self.full:
            raise Unavailable("the disk is full")
        if any(row.identity in self.poison for row in rows):
            raise OverflowError("too large")
        before = len(self.kept)
        self.kept |= {(row.stream, row.created_us, row.identity): row for row in rows}
        self.commits.append(len(rows))
        return len(self.kept) - before
