"""One document that is kept on disk, and believed only where its checksum is right.

    {"forepost_state":1,"bytes":N,"sha256":"..."}
    the document

Files that were written before there was a first line are taken where they can be decoded, and get
one by `seal` or the next `save`.
"""

import errno
import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

from forepost.kit import files
from forepost.kit.health import Health

T = TypeVar("T")

LARGEST: Final = 64 << 20
ASIDE: Final = ".damaged"
_OF_THE_FILE: Final = {errno.EINVAL, errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.EFBIG, errno.EIO}
"""What stays so until somebody else lies there; all other errors may pass."""
_BEGIN: Final = b'{"forepost_state"'
_FIRST: Final = re.compile(
    rb'\{"forepost_state":1,"bytes":(0|[1-9]\d{0,11}),"sha256":"([0-9a-f]{64})"\}\n'
)


class Damaged(Exception):
    """What is on disk is not what was written; the text names the file and says why."""


def sealed(document: bytes) -> bytes:
    digest = hashlib.sha256(document).hexdigest()
    return b'%s:1,"bytes":%d,"sha256":"%s"}\n' % (_BEGIN, len(document), digest.encode()) + document


def unsealed(data: bytes) -> bytes:
    """The document in `data`, which may be without a first line. Raises ValueError."""
    if not data:
        raise ValueError("it is empty")
    first = _FIRST.match(data)
    if first is None:
        if data.startswith(_BEGIN):
            raise ValueError("its first line is not understood")
        return data
    document = data[first.end() :]
    if len(document) != int(first[1]):
        raise ValueError(f"{first[1].decode()} bytes were written, {len(document)} are there")
    if hashlib.sha256(document).hexdigest() != first[2].decode():
        raise ValueError("its checksum is wrong")
    return document


class StateFile(Generic[T]):
    """`decode` raises ValueError for what it does not understand, as msgspec does."""

    def __init__(self, path: Path, decode: Callable[[bytes], T], *, largest: int = LARGEST) -> None:
        self.path, self._decode, self._largest = path, decode, largest
        self._owed: bytes | None = None
        """What could not be written."""

    def load(self) -> T | None:
        """None where there is no file. Raises Damaged, also for a link, a folder, a huge file; and
        OSError where it may be right and cannot be read now.
        """
        try:
            return self._decode(unsealed(files.read(self.path, self._largest)))
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in _OF_THE_FILE:
                raise
            raise Damaged(f"{self.path}: {error.strerror}") from None
        except (ValueError, msgspec.MsgspecError, RecursionError) as error:
            raise Damaged(f"{self.path} is damaged: {error}") from None

    def save(self, document: bytes) -> None:
        """Whole or not at all, for this user only. Raises OSError."""
        files.replace(self.path, sealed(document))

    def recall(self, health: Health) -> T | None:
        """As `load`, for what the process can do without: what is damaged is set aside and said
        until the next `keep`.
        """
        subject = self.path.name
        try:
            return self.load()
        except Damaged as error:
            try:
                said = f"set aside as {self.set_aside().name}"
            except OSError as failure:
                said = f"it cannot be set aside: {failure.strerror}"
            health.ill(subject, f"{error}; {said}; going on without it")
        except OSError as error:
            health.ill(
                subject, f"{self.path} cannot be read: {error.strerror}; going on without it"
            )
        return None

    def keep(self, document: bytes, health: Health) -> bool:
        """As `save`; that it cannot be kept is said, and stops nobody. `settle` tries again.

        What is there already is not written again: a list comes with every connect.
        """
        try:
            if not self._has(document):
                self.save(document)
        except OSError as error:
            self._owed = document
            health.ill(self.path.name, f"{self.path} cannot be written: {error.strerror}")
            return False
        self._owed = None
        health.well(self.path.name)
        return True

    def _has(self, document: bytes) -> bool:
        try:
            return files.read(self.path, self._largest) == sealed(document)
        except OSError:
            return False

    def settle(self, health: Health) -> bool:
        """Keep what could not be kept before; return whether something was, and is kept now."""
        return self._owed is not None and self.keep(self._owed, health)

    def remove(self, health: Health) -> None:
        """Have no file, and owe none; that it cannot be removed is said. A full disk lets it go."""
        self._owed = None
        try:
            self.path.unlink(missing_ok=True)
            files.sync_folder(self.path.parent)
        except OSError as error:
            health.ill(self.path.name, f"{self.path} cannot be removed: {error.strerror}")
        else:
            health.well(self.path.name)

    def seal(self) -> None:
        """Give a file of the first form, which was found right, its first line. Raises OSError."""
        data = files.read(self.path, self._largest)
        if not data.startswith(_BEGIN):
            self.save(data)

    def set_aside(self) -> Path:
        """Keep what is damaged for people; the one of before goes. Raises OSError."""
        aside = self.path.with_name(f"{self.path.name}{ASIDE}")
        os.replace(self.path, aside)  # noqa: PTH105 - as rename(2) says it
        files.sync_folder(self.path.parent)
        return aside
