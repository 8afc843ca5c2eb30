"""Which paths of a folder are left out, by patterns as of gitignore(5). Pure.

Names are compared in NFC, so that a pattern means the same on every member, however its file system
spells an umlaut.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

from pathspec import GitIgnoreSpec

from forepost.agent.transfer.row import HIDDEN, SEPARATOR, UNFINISHED


class WrongPattern(ValueError):
    """A pattern that means nothing; the text names it."""


class IgnoreRules:
    """Whether a path is left out; what is below a folder that is, is not looked at."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raises WrongPattern."""
        self._spec: Final = _spec(patterns) if patterns else None

    def __call__(self, path: bytes, *, is_folder: bool) -> bool:
        name = path.rpartition(SEPARATOR)[2]
        if path == HIDDEN or name.endswith(UNFINISHED):
            return True
        if self._spec is None:
            return False
        text = path.replace(SEPARATOR, b"/").decode(errors="surrogateescape")
        said = unicodedata.normalize("NFC", text)
        return self._spec.match_file(said + "/" if is_folder else said)

    def covers(self, path: bytes, *, is_folder: bool) -> bool:
        """Whether it, or a folder above it, is left out."""
        if self._spec is None:
            return False
        names = path.split(SEPARATOR)
        above = (SEPARATOR.join(names[:depth]) for depth in range(1, len(names)))
        return any(self(one, is_folder=True) for one in above) or self(path, is_folder=is_folder)


def _spec(patterns: Sequence[str]) -> GitIgnoreSpec:
    for one in patterns:
        try:
            GitIgnoreSpec.from_lines([one])
        except ValueError as error:
            raise WrongPattern(f"ignore: {one}: {error}") from None
    return GitIgnoreSpec.from_lines([unicodedata.normalize("NFC", one) for one in patterns])
