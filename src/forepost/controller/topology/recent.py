"""How the last results of a line were, one after the other. Pure."""

from typing import Final

from forepost.controller.payloads.grade import UNSAID, Grade

OUT_AFTER: Final = 2
"""Rounds of one try that fail in a row, until it is said that nothing comes through. A round of
several tries says so by itself."""
FINE_AFTER: Final = 3
"""Results in a row that are fine, until what was degraded is over."""
MOST_GAP_US: Final = 3_600_000_000


class RecentGrades:
    """Results are taken in the order of their making."""

    __slots__ = (
        *("_bad_run", "_failed_run", "_fine_run", "_fine_since_us"),
        *("bad_since_us", "failed_since_us", "gap_us", "is_out", "newest", "over_us"),
    )

    def __init__(self) -> None:
        self.newest: Grade = UNSAID
        self.is_out = False
        """Whether nothing comes through now."""
        self.failed_since_us = self.bad_since_us = 0
        """When the first result was made of those in a row that failed, or were not fine."""
        self.over_us = 0
        """When what was bad was over: figures of before say nothing of now. 0: it never was."""
        self.gap_us = 0
        """Between the last two results."""
        self._failed_run = self._bad_run = self._fine_run = 0
        self._fine_since_us = 0

    def take(self, grade: Grade, at_us: int, gap_us: int) -> None:
        """Count a result in. `gap_us`: since the one before; 0: there was none."""
        self.gap_us = min(gap_us, MOST_GAP_US)
        if grade.status == "unknown":
            self.newest = grade
            return
        if grade.failed:
            if not self._failed_run:
                self.failed_since_us = at_us
            self._failed_run += 1
            self.is_out = grade.is_sure or self._failed_run >= OUT_AFTER
        else:
            if self.is_out:
                self.over_us, self._bad_run = at_us, 0
            self._failed_run, self.is_out = 0, False
        if grade.status == "healthy":
            self._take_fine(at_us)
        else:
            if not self._bad_run:
                self.bad_since_us = at_us
            self._bad_run += 1
            self._fine_run = 0
        self.newest = grade

    def _take_fine(self, at_us: int) -> None:
        if not self._fine_run:
            self._fine_since_us = at_us
        self._fine_run += 1
        if self._bad_run and self._fine_run >= FINE_AFTER:
            self.over_us, self._bad_run = self._fine_since_us, 0

    @property
    def is_bad(self) -> bool:
        """Whether more than one of the last results was not fine."""
        return self._bad_run >= OUT_AFTER
