"""The journal of runs on disk: a file for each, whose name alone says that there was such a run.

    runs/UID.json         all of a run: written before it begins, when it has ended
    runs/ended/UID.STATE  empty: it has ended so, and nothing else of it is needed any more

What is in a file may be damaged: its name still keeps the run from being made twice.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, get_args

import msgspec

from forepost.agent.jobs.record import RunRecord
from forepost.kit import files
from forepost.kit.state_file import Damaged, StateFile
from forepost.wire.jobs.delivery import OVER, RunOutput, RunState

FOLDER: Final = "runs"
ENDED: Final = "ended"
SUFFIX: Final = ".json"
ASIDE: Final = ".damaged"
ROOM: Final = "room"
ROOM_BYTES: Final = 256 << 10
"""Set aside, so that an end can be written where the disk is full."""
MOST_ASIDE: Final = 100
MOST_ENDED: Final = 10_000
LONGEST_SEC: Final = 180 * 86_400.0
LARGEST_RECORD: Final = 8 << 20
_DIGITS: Final = frozenset("0123456789abcdef")
_STATES: Final = frozenset(get_args(RunState)) & OVER
_decoder = msgspec.json.Decoder(RunRecord)


class RunJournal:
    """`ended`: how runs have ended of which nothing else is known, by uid; oldest first."""

    def __init__(self, state_dir: Path, now: float) -> None:
        """Know what is there. `now`: in unix seconds. Raises OSError."""
        self._folder = files.private_folder(state_dir / FOLDER)
        self._ended = files.private_folder(self._folder / ENDED)
        self.ended: dict[str, RunState] = {}
        self.damaged: list[str] = []
        """The uids of runs whose file cannot be read; they count as interrupted."""
        self._recall_ends(now)
        with suppress(OSError):
            self._set_room_aside()

    def load(self) -> list[RunRecord]:
        """Return all runs that can be read; called once. Raises OSError."""
        return list(self._load())

    def put(self, record: RunRecord) -> None:
        """Have a run on disk as it is now. Raises OSError: it is there as it was before then.

        An end may take what is set aside, and is written without its output at last.
        """
        try:
            self._file(record.uid).save(msgspec.json.encode(record))
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not record.is_over:
                raise
        else:
            return
        (self._folder / ROOM).unlink(missing_ok=True)
        try:
            self._file(record.uid).save(msgspec.json.encode(record))
        except OSError:
            bare = msgspec.structs.replace(record, output=RunOutput())
            self._file(record.uid).save(msgspec.json.encode(bare))
        with suppress(OSError):
            self._set_room_aside()

    def forget(self, record: RunRecord) -> None:
        """Keep only that a run has ended, and how. Raises OSError: it is there as before then."""
        self._mark(record.uid, record.state)
        self._file(record.uid).path.unlink(missing_ok=True)
        while len(self.ended) > MOST_ENDED:
            oldest = next(iter(self.ended))
            self._drop(oldest, self.ended.pop(oldest))

    def revive(self, uid: str) -> None:
        """A run that was known to have ended begins anew."""
        if (state := self.ended.pop(uid, None)) is not None:
            self._drop(uid, state)

    def _load(self) -> Iterator[RunRecord]:
        for name in sorted(os.listdir(self._folder)):  # noqa: PTH208 - names are what is wanted
            uid = name.removesuffix(SUFFIX)
            if not name.endswith(SUFFIX) or not _is_uid(uid):
                continue
            try:
                record = self._file(uid).load()
            except Damaged:
                record = None
            except OSError:  # another start may read it: until then it must not run again
                self.damaged.append(uid)
                self.ended.setdefault(uid, "interrupted")
                continue
            if record is not None and record.uid == uid:
                if uid in self.ended:  # killed between the two
                    self._file(uid).path.unlink(missing_ok=True)
                else:
                    yield record
            else:
                self._set_aside(uid)

    def _set_aside(self, uid: str) -> None:
        if uid not in self.ended:
            self.damaged.append(uid)
            self._mark(uid, "interrupted")
        path = self._file(uid).path
        if len(list(self._folder.glob(f"*{ASIDE}"))) < MOST_ASIDE:
            path.rename(path.with_name(f"{path.name}{ASIDE}"))
        else:
            path.unlink(missing_ok=True)

    def _mark(self, uid: str, state: RunState) -> None:
        if uid in self.ended:
            return
        path = self._ended / f"{uid}.{state}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(path, flags, 0o600))
        files.sync_folder(self._ended)
        self.ended[uid] = state

    def _recall_ends(self, now: float) -> None:
        found: list[tuple[float, str, RunState]] = []
        with os.scandir(self._ended) as entries:
            for entry in entries:
                uid, _, word = entry.name.partition(".")
                state = next((one for one in _STATES if one == word), None)
                if state is not None and _is_uid(uid):
                    found.append((entry.stat(follow_symlinks=False).st_mtime, uid, state))
        found.sort()
        # A clock that is wrong by years must not make everything old.
        now = min(now, found[-1][0]) if found else now
        for place, (at, uid, state) in enumerate(found):
            if place < len(found) - MOST_ENDED or at < now - LONGEST_SEC:
                self._drop(uid, state)
            else:
                self.ended[uid] = state

    def _drop(self, uid: str, state: RunState) -> None:
        with suppress(OSError):  # the next start sees it again, and tries again
            (self._ended / f"{uid}.{state}").unlink(missing_ok=True)

    def _file(self, uid: str) -> StateFile[RunRecord]:
        return StateFile(self._folder / f"{uid}{SUFFIX}", _decoder.decode, largest=LARGEST_RECORD)

    def _set_room_aside(self) -> None:
        path = self._folder / ROOM
        if not path.exists():
            files.replace(path, bytes(ROOM_BYTES))


def _is_uid(text: str) -> bool:
    return len(text) == 32 and _DIGITS.issuperset(text)
