"""Which roots of a folder's writers are made here, which is next, and what this agent says."""

from collections.abc import Collection, Iterable, Mapping
from math import inf
from typing import Final

import msgspec

from forepost.agent.transfer.disk import FolderDisk
from forepost.agent.transfer.signature import Vouched, signed
from forepost.agent.transfer.surroundings import Surroundings
from forepost.wire.jobs.folder import Root, SignedRoot
from forepost.wire.jobs.transfer import TransferTask

KEPT: Final = "deletions are remembered"
NUMBER: Final = "root: "
FORGOTTEN_SEC: Final = 86_400.0
SILENT_SEC: Final = 600.0
"""After the folder was opened: who was not heard by then may have to send pages once more."""
RETRY_SEC: Final = 1.0
"""After a root that could not be made as a whole; then twice as long each time, to"""
LONGEST_RETRY_SEC: Final = 60.0


class _PutOff(msgspec.Struct, frozen=True):
    """A root that is tried again later; a newer one is not put off by it."""

    number: int
    due: float
    pause: float
    """For which it was put off."""


class KnownRoots:
    """Of one folder."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._own = around.credentials.device_id
        self._made: dict[str, int] = {}
        """By writer: the number of its root that was made here."""
        self.absent = ""
        """Which writer was away for too long: what it says does not count yet."""
        self._least: dict[str, int] = {}
        """By writer: the number of the newest root that was made, also before a restart."""
        self._saved: dict[str, int] = {}
        self._number = 0
        self._again: dict[str, _PutOff] = {}
        """By writer: its root that was not made as a whole."""
        self._synced: dict[str, int] = {}
        self._said = b""
        self._begun_at = 0.0
        self.is_behind = False
        """Whether a writer has a root that is not made here yet."""
        self.has_source = False
        """Whether any other writer has said what there is."""
        self.last_synced = 0
        """Unix seconds of the last moment when nothing was missing any more; 0: never yet."""

    def begin(self, disk: FolderDisk) -> None:
        """The folder was opened: what was made before may be gone with its index, or its root."""
        self._least = {
            name[len(NUMBER) :]: int.from_bytes(value, "big")
            for name, value in disk.index.facts(NUMBER)
        }
        self._begun_at = self._around.clock.monotonic()
        self._made.clear()
        self._again.clear()
        self._said = b""

    def next(
        self,
        task: TransferTask,
        disk: FolderDisk,
        roots: Mapping[str, Vouched],
        linked: Collection[str],
    ) -> Vouched | None:
        """Return a root that is to be made now. `linked`: members that are connected."""
        top_hash, days = disk.top.hash, task.settings.keep_deletions_days
        if task.held_ok:
            disk.absence.confirm()
        self.is_behind, self.absent = False, self._alone(task, disk)
        self.has_source = any(one != self._own for one in roots)
        if self.absent or (task.type != "folder" and task.permission == "rw"):
            return None
        for device_id, found in roots.items():
            if device_id == self._own or found.root.number < self._least.get(device_id, 0):
                continue  # the second: somebody says again what is long outdated
            if self._made.get(device_id, 0) >= found.root.number:
                if device_id in linked:
                    disk.absence.in_step(device_id)
                continue
            if found.root.top.hash == top_hash and not disk.has_extraneous:
                self.made(found)
                disk.absence.in_step(device_id)
                continue
            if task.type == "folder" and (away := disk.absence.days_away(device_id)) > days:
                self.absent = (
                    f"{device_id} was away for {away} days, deletions are remembered {days}"
                )
                continue
            self.is_behind = True
            off = self._again.get(device_id)
            is_new = off is None or found.root.number > off.number
            if is_new or (off is not None and off.due <= self._around.clock.monotonic()):
                return found
        return None

    @staticmethod
    def _alone(task: TransferTask, disk: FolderDisk) -> str:
        """Return why this agent itself is not to be believed; "": it is."""
        alone = disk.absence.days_alone() if task.type == "folder" and disk.writes else 0
        is_long = alone > task.settings.keep_deletions_days
        return f"in step with nobody for {alone} days, longer than {KEPT}" if is_long else ""

    def made(self, found: Vouched) -> None:
        """It is made, or never will be."""
        self._made[found.device_id] = self._least[found.device_id] = found.root.number
        self._again.pop(found.device_id, None)

    def lacks(self, writers: Iterable[str], roots: Mapping[str, Vouched]) -> bool:
        """Whether one of these writers has not said yet what there is, or it is not made here."""
        return any(
            one != self._own
            and (one not in roots or self._made.get(one, 0) < roots[one].root.number)
            for one in writers
        )

    def put_off(self, found: Vouched) -> None:
        """It was not made as a whole: it is tried again later."""
        off, number = self._again.get(found.device_id), found.root.number
        is_same = off is not None and off.number == number
        pause = min(LONGEST_RETRY_SEC, off.pause * 2) if off is not None and is_same else RETRY_SEC
        due = self._around.clock.monotonic() + pause
        self._again[found.device_id] = _PutOff(number, due, pause)

    def are_all_made(self, writers: set[str]) -> bool:
        """Whether what is unfinished is wanted by nobody: each writer was heard, or a day went by
        in which those who were not heard said nothing.
        """
        is_old = self._around.clock.monotonic() - self._begun_at > FORGOTTEN_SEC
        is_heard = writers - {self._own} <= self._made.keys()
        return not self.is_behind and not self.absent and (is_heard or is_old)

    def are_heard(self, writers: set[str], roots: Collection[str]) -> bool:
        """Whether pages of roots that nobody here knows of are wanted by nobody: who was not heard
        may come back with the root that was on its way.
        """
        is_old = self._around.clock.monotonic() - self._begun_at > SILENT_SEC
        return is_old or writers - {self._own} <= set(roots)

    def save(self, disk: FolderDisk) -> None:
        """Of the folder's thread."""
        if self._saved != self._least:
            self._saved = dict(self._least)
            disk.index.begin()
            for device_id, number in self._saved.items():
                disk.index.set_fact(NUMBER + device_id, number.to_bytes(8, "big"))
            disk.index.commit()

    def forget(self) -> None:
        """All roots are to be made once more."""
        self._made.clear()

    def hurry(self) -> None:
        """What put roots off is over."""
        self._again.clear()

    def due_in(self, now: float) -> float:
        """Return after how many seconds one that was put off is due."""
        return min((one.due - now for one in self._again.values() if one.due > now), default=inf)

    def note_synced(self, *, lacks: bool) -> None:
        """Called when nothing is to be done. `lacks`: of a writer that is connected."""
        if not lacks and not self.is_behind and self.has_source and self._synced != self._made:
            self._synced = dict(self._made)
            self.last_synced = int(self._around.clock.now().timestamp())

    def is_said(self, task: TransferTask, disk: FolderDisk, known: Vouched | None) -> bool:
        """Whether there is nothing to say to others; who may not write says nothing."""
        if self._alone(task, disk) and not task.held_ok:
            return True
        if known is not None and known.root.number > self._number:
            return not disk.writes  # others know a later one, of an index that is lost
        return not disk.writes or disk.top.hash == self._said

    def signed(self, disk: FolderDisk, known: Vouched | None) -> SignedRoot:
        """Return what the folder holds now, with a number greater than that of the root that is
        known of this agent. Of the folder's thread.
        """
        made_ms = int(self._around.clock.now().timestamp() * 1000)
        # By the clock too, so that an index that begins anew is not behind the one before.
        number = disk.next_number(max(made_ms, known.root.number if known is not None else 0))
        self._number = number
        root = Root(disk.task.key, number, disk.top, disk.me, made_ms)
        self._said = disk.top.hash
        return signed(root, self._around.key)
