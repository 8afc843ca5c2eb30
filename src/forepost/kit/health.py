"""Says a thing once when it breaks and once when it heals; knows it in between."""

import logging
from collections.abc import Mapping
from typing import Final

from forepost.kit.clock import Clock

CALM_SEC: Final = 60.0
"""What comes back sooner is the same fault: it is counted, and fills no log."""
LOOK_SEC: Final = 5.0


MOST_REASONS: Final = 4
"""Reasons of one fault that are logged, each once; they may have numbers that always differ."""


class _Fault:
    def __init__(self, reason: str) -> None:
        self.reasons = {reason}
        self.returns = 0
        self.well_since: float | None = None


class Health:
    """One for a process; a subject is a part of it ("uplink", "series")."""

    def __init__(self, log: logging.Logger, clock: Clock | None = None) -> None:
        """With a clock the end of a fault is said by `run`; without, at once."""
        self._log, self._clock = log, clock
        self._reasons: dict[str, str] = {}
        self._minor: set[str] = set()
        self._faults: dict[str, _Fault] = {}

    def ill(self, subject: str, reason: str, *, minor: bool = False, lasting: bool = False) -> None:
        """`minor`: everything else can be done all the same. `lasting`: it does not heal by itself,
        and is logged, once, although the fault began with another reason.
        """
        if (fault := self._faults.get(subject)) is None:
            self._faults[subject] = _Fault(reason)
            self._log.warning("%s: %s", subject, reason)
        else:
            is_back = fault.well_since is not None
            if is_back:
                fault.returns, fault.well_since = fault.returns + 1, None
            is_news = lasting or (is_back and len(fault.reasons) < MOST_REASONS)
            if is_news and reason not in fault.reasons:
                fault.reasons.add(reason)
                self._log.warning("%s: %s", subject, reason)
        self._reasons[subject] = reason
        (self._minor.add if minor else self._minor.discard)(subject)

    def well(self, subject: str) -> None:
        if self._reasons.pop(subject, None) is None:
            return
        if self._clock is None:
            self._end(subject)
        else:
            self._faults[subject].well_since = self._clock.monotonic()

    async def run(self) -> None:
        """Say of each fault that it has ended, once it stayed away for a while."""
        assert self._clock is not None
        while True:
            await self._clock.sleep(LOOK_SEC)
            calm = self._clock.monotonic() - CALM_SEC
            for subject, fault in list(self._faults.items()):
                if fault.well_since is not None and fault.well_since <= calm:
                    self._end(subject)

    def _end(self, subject: str) -> None:
        returns = self._faults.pop(subject).returns
        came = f"; meanwhile it came back {returns} times" if returns else ""
        self._log.info("%s: well again%s", subject, came)

    @property
    def able(self) -> bool:
        """Whether what is not well is minor."""
        return self._reasons.keys() <= self._minor

    @property
    def problems(self) -> Mapping[str, str]:
        """Subject to reason, for everything that is not well now."""
        return dict(self._reasons)
