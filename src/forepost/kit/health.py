"""Says a thing once when it breaks and once when it heals; knows it in between."""

import logging
from collections.abc import Mapping


class Health:
    """One for a process; a subject is a part of it ("uplink", "series")."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._reasons: dict[str, str] = {}
        self._minor: set[str] = set()

    def ill(self, subject: str, reason: str, *, minor: bool = False) -> None:
        """`minor`: everything else can be done all the same."""
        if subject not in self._reasons:
            self._log.warning("%s: %s", subject, reason)
        self._reasons[subject] = reason
        (self._minor.add if minor else self._minor.discard)(subject)

    def well(self, subject: str) -> None:
        if self._reasons.pop(subject, None) is not None:
            self._log.info("%s: well again", subject)

    @property
    def able(self) -> bool:
        """Whether what is not well is minor."""
        return self._reasons.keys() <= self._minor

    @property
    def problems(self) -> Mapping[str, str]:
        """Subject to reason, for everything that is not well now."""
        return dict(self._reasons)
