"""From lists of the largest to an answer, with exactly what it leaves out. Pure."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from forepost.controller.flows.rollup import (
    NOTHING,
    Counts,
    Key,
    Kind,
    StoredList,
    minus,
    plus,
    size,
)

By = Literal["total", "device", "application", "remote", "group", "talk"]
KIND_OF: Final[dict[str, Kind]] = {
    "device": "devices",
    "application": "applications",
    "remote": "remotes",
    "group": "groups",
}
TOTAL: Final[Key] = ("",)
"""The one row of `by` total."""
PLACES: Final = ("device", "application", "remote")
"""Of the parts of a talk's key; what follows are its groups."""


Rows = list[tuple[Key, str, Counts]]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that is "" admits everything."""

    by: By
    device: str = ""
    application: str = ""
    remote: str = ""
    group: str = ""
    limit: int = 20

    @property
    def filters(self) -> dict[str, str]:
        """By dimension."""
        return {name: text for name in KIND_OF if (text := getattr(self, name))}

    @property
    def kind(self) -> Kind | None:
        """Which lists say it. None: the sums do."""
        named = {*self.filters, *({self.by} - {"total"})}
        if not named:
            return None
        (first, *others) = sorted(named)
        return "talks" if others or first == "talk" else KIND_OF[first]


class TrafficAnswer:
    """What the lists of some steps say."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._kind = question.kind
        self._filters = question.filters
        self._parts = [
            (PLACES.index(name) if self._kind == "talks" else 0, text)
            for name, text in self._filters.items()
            if not (self._kind == "talks" and name == "group")
        ]
        self._group = question.group if self._kind == "talks" else ""
        self.total: Counts = NOTHING
        self.matched: Counts = NOTHING
        self.unknown: Counts = NOTHING
        self._sums: dict[Key, Counts] = {}
        self._labels: dict[Key, str] = {}
        self._steps: dict[int, tuple[dict[Key, Counts], Counts]] = {}

    def read(self, lists: Iterable[tuple[int, StoredList]], *, steps: int = 0) -> None:
        """(start, list) by time; with `steps` (seconds), how it went over time is kept too."""
        for start, kept in lists:
            rows = kept.rows
            if self._filters:
                rows = [row for row in rows if self._admits(row[0])]
            here = self._here(rows)
            matched = _sum(rows)
            total = plus(kept.rest, _sum(kept.rows)) if self._filters else plus(kept.rest, matched)
            self.total, self.matched = plus(self.total, total), plus(self.matched, matched)
            self.unknown = plus(self.unknown, kept.rest)
            for key, counts in here.items():
                _add(self._sums, key, counts)
            if steps:
                self._step(start // steps * steps, here, matched if self._filters else total)

    def _here(self, rows: Rows) -> dict[Key, Counts]:
        self._labels |= {key: label for key, label, _ in rows if label}
        if self._kind != "talks" and self._question.by != "total":
            return {key: counts for key, _, counts in rows}
        here: dict[Key, Counts] = {}
        for key, _, counts in rows:
            for row in self._rows_of(key):
                _add(here, row, counts)
        return here

    def _step(self, bucket: int, here: dict[Key, Counts], whole: Counts) -> None:
        found = self._steps.get(bucket)
        if found is None:
            self._steps[bucket] = here, whole
            return
        there, before = found
        for key, counts in here.items():
            _add(there, key, counts)
        self._steps[bucket] = there, plus(before, whole)

    @property
    def filtered(self) -> bool:
        return bool(self._filters)

    @property
    def overlaps(self) -> bool:
        """Whether something may be in several rows."""
        return self._question.by == "group"

    def top(self) -> list[tuple[Key, str, Counts]]:
        """The largest by bytes: key, label, counts."""
        largest = heapq.nlargest(
            self._question.limit, self._sums.items(), key=lambda item: (size(item[1]), item[0])
        )
        return [(key, self._labels.get(key, ""), counts) for key, counts in largest]

    def rest(self, top: Sequence[tuple[Key, str, Counts]]) -> Counts:
        """Exactly what these rows leave out."""
        rest = self.matched if self._filters else self.total
        for _, _, counts in top:
            rest = minus(rest, counts)
        return rest

    def at(self, key: Key, step: int) -> Counts:
        found = self._steps.get(step)
        return NOTHING if found is None else found[0].get(key, NOTHING)

    def rest_at(self, keys: Iterable[Key], step: int) -> Counts:
        """Exactly what the rows of these keys leave out of a step."""
        found = self._steps.get(step)
        if found is None:
            return NOTHING
        sums, rest = found
        for key in keys:
            rest = minus(rest, sums.get(key, NOTHING))
        return rest

    def _admits(self, key: Key) -> bool:
        for place, text in self._parts:
            if key[place] != text:
                return False
        return not self._group or self._group in key[len(PLACES) :]

    def _rows_of(self, key: Key) -> Iterator[Key]:
        by = self._question.by
        if by == "total":
            yield TOTAL
        elif by == "talk":
            yield key
        elif by == "group":
            yield from ((group,) for group in key[len(PLACES) :])
        else:
            yield (key[PLACES.index(by)],)


def _sum(rows: Rows) -> Counts:
    if not rows:
        return NOTHING
    a, b, c, d, e = map(sum, zip(*(counts for _, _, counts in rows), strict=True))
    return a, b, c, d, e


def _add(sums: dict[Key, Counts], key: Key, counts: Counts) -> None:
    found = sums.get(key)
    sums[key] = counts if found is None else plus(found, counts)
