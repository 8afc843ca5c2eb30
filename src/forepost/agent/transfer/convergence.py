"""Brings an open folder in step: looks at the disk, says what is there, makes others' roots."""

from collections.abc import Callable
from itertools import groupby
from math import inf
from typing import Any, Final, Protocol

import anyio
from anyio.abc import TaskGroup

from forepost.agent.transfer import root_fetch
from forepost.agent.transfer.bulk import Bulk
from forepost.agent.transfer.disk import FolderDisk
from forepost.agent.transfer.known_roots import KnownRoots
from forepost.agent.transfer.lookout import Lookout
from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder
from forepost.agent.transfer.outcome import Fate
from forepost.agent.transfer.pursuit import Pursuit
from forepost.agent.transfer.recipe import WrongRecipe
from forepost.agent.transfer.scan import PathTrouble
from forepost.agent.transfer.signature import Vouched, vouched
from forepost.agent.transfer.surroundings import Surroundings
from forepost.agent.transfer.target import Target
from forepost.agent.transfer.task_status import FolderState
from forepost.agent.transfer.tree import WrongPage
from forepost.agent.transfer.upkeep import Upkeep
from forepost.wire.jobs.members import Holding, Roots
from forepost.wire.jobs.transfer import TransferTask

MOST_CLASHES: Final = 1_000
"""That are told, each once."""
CHANGED_SEC: Final = 60.0
"""Between two events that say that a reader's folder was changed."""
ROOM_SEC: Final = 2.0
"""Between looks for room on a full disk."""


class ConvergingFolder(Protocol):
    """A folder that is brought in step."""

    task: TransferTask
    state: FolderState
    news: anyio.Event
    upkeep: Upkeep

    @property
    def opened(self) -> OpenFolder | None:
        """None: it is not open."""
        ...

    @property
    def members(self) -> Members:
        """Who is connected."""
        ...

    async def do(self, call: Callable[..., Any], *args: Any) -> Any:
        """Call it in the folder's thread."""
        ...

    def wake(self) -> None:
        """There is something to do."""
        ...

    def hold(self, why: str) -> None:
        """Nothing is concluded for this reason; "": for none."""
        ...

    def tell(self, kind: Any, *texts: str) -> None:
        """Tell events of that kind."""
        ...


class Convergence:
    """Of one folder; in the event loop."""

    def __init__(self, folder: ConvergingFolder, around: Surroundings) -> None:
        self._folder, self._state, self._around = folder, folder.state, around
        self.pursuit: Pursuit | None = None
        """What is on its way."""
        self.roots = KnownRoots(around)
        self.lookout = Lookout(around, folder.wake, lambda text: folder.tell("error", text))
        self._room_at = 0.0
        self._clashes: set[bytes] = set()
        self._mute_until = 0.0
        self._unmade: tuple[PathTrouble, ...] = ()
        """What the last root met."""

    @property
    def task(self) -> TransferTask:
        return self._folder.task

    @property
    def opened(self) -> OpenFolder | None:
        return self._folder.opened

    @property
    def members(self) -> Members:
        return self._folder.members

    def begin(self, tasks: TaskGroup) -> None:
        """The folder was opened."""
        assert self.opened is not None
        self.roots.begin(self.opened.disk)
        self.lookout.open(self.opened.disk, tasks)

    async def run(self, tasks: TaskGroup, bulk: Bulk) -> None:
        """Until there is a pause. Raises as the disk and the index do."""
        while not self.task.paused:
            self._folder.news = anyio.Event()
            await self.look()
            found = self._next_root()
            if found is not None and self.members.links and not self._state.held:
                self.lookout.rest()
                try:
                    await self._pursue(found, tasks, bulk)
                finally:
                    self.lookout.go_on()
                continue
            self._state.phase = "resting"
            if self.opened is not None and self.roots.are_all_made(self.writers):
                await self._folder.do(self.opened.clean)
                await self._folder.do(self.roots.save, self.opened.disk)
            await self._sweep()
            await self._look_for_room()
            self.roots.note_synced(lacks=self.is_unheard)
            self._around.changed()
            with anyio.move_on_after(self._rest_sec()):
                await self._folder.news.wait()

    async def _sweep(self) -> None:
        """Let pages go that nobody needs any more."""
        roots = self.members.roots
        if (
            self.opened is not None
            and self.opened.sweep.is_due
            and self.roots.are_heard(self.writers, roots)
        ):
            tops = [found.root.top for found in roots.values()]
            await self._folder.do(self.opened.sweep.run, tops)

    def _rest_sec(self) -> float:
        """How long there is nothing to do, if nobody says anything."""
        now = self._around.clock.monotonic()
        full = ROOM_SEC if self._state.is_full else inf
        return min(self.lookout.due_in(), self.roots.due_in(now), full)

    async def _look_for_room(self) -> None:
        """What a full disk put off is done when there is room."""
        now = self._around.clock.monotonic()
        if self.opened is None or now < self._room_at or not self.opened.intake.is_room:
            return
        self._room_at = now + ROOM_SEC
        await self._folder.do(self._around.set_aside.hold)
        if self._state.is_full:
            self._state.is_full = False
            self.roots.hurry()
            self._folder.news.set()

    async def look(self) -> None:
        """Enter what changed on the disk into the index."""
        assert self.opened is not None
        if self._state.phase == "loading":
            self._state.phase = "indexing"
        held_ok = self.task.held_ok
        summary = await self.lookout.look(self._folder.do, self.opened.disk, held_ok=held_ok)
        if summary is not None:
            self._tell_troubles()
            self._folder.hold(summary.held)
            if summary.changed and self.opened.disk.mirrors:
                self.roots.forget()
            self._tell_changed_here(self.opened.disk, summary.changed)
        await self._publish()

    def _tell_changed_here(self, disk: FolderDisk, changed: int) -> None:
        """A reader's folder was in step, and somebody changed it: others never hear of that."""
        now = self._around.clock.monotonic()
        if disk.writes or not changed or not self.roots.last_synced or now < self._mute_until:
            return
        self._mute_until = now + CHANGED_SEC
        what = "what sources have is put right" if disk.mirrors else "kept, and given to nobody"
        self._folder.tell("conflict", f"changed here ({changed}), where it is read only: {what}")

    def _tell_troubles(self) -> None:
        self._state.troubles = (*self._unmade, *self.lookout.troubles)

    @property
    def target(self) -> Target | None:
        """What is fetched now."""
        return self.pursuit.target if self.pursuit is not None else None

    # --- roots

    @property
    def writers(self) -> set[str]:
        said = {peer.deviceid for peer in self.task.peers if peer.permission == "rw"}
        return said.union(self.task.writers)

    def is_writer(self, device_id: str) -> bool:
        return device_id in self.writers or device_id == self._around.credentials.device_id

    @property
    def is_unheard(self) -> bool:
        """Whether what a connected writer has is not known, or not made here."""
        return self.roots.lacks(self.writers.intersection(self.members.links), self.members.roots)

    async def _publish(self) -> None:
        """Say what the folder holds, if this agent may, and it is not said yet."""
        assert self.opened is not None
        disk = self.opened.disk
        known = self.members.roots.get(self._around.credentials.device_id)
        if self._state.held or self.roots.is_said(self.task, disk, known):
            return
        said = await self._folder.do(self.roots.signed, disk, known)
        self.members.learn(vouched(said, self.task.key))
        self.members.tell(Roots([said]))
        self.members.tell(Holding(disk.top.hash, complete=True))

    def _next_root(self) -> Vouched | None:
        assert self.opened is not None
        found = self.roots.next(self.task, self.opened.disk, self.members.roots, self.members.links)
        self._state.is_behind = self.roots.is_behind
        self._state.has_source = self.roots.has_source
        if self.roots.absent and self.roots.absent != self._state.absent:
            self._folder.tell("held", self.roots.absent)
        self._state.absent = self.roots.absent
        return found

    async def _pursue(self, found: Vouched, tasks: TaskGroup, bulk: Bulk) -> None:
        assert self.opened is not None
        pursuit = Pursuit(found, self.opened, self.members, self._folder.do, self._around.random)
        self._state.phase = "merging"
        self.opened.intake.begin()
        self.opened.growing.begin()
        try:
            leaves = await pursuit.compare()
            if leaves is None or not await pursuit.prepare(leaves):
                await self._wait()
                return
            self.pursuit = pursuit
            self._state.phase = "moving"
            if await root_fetch.fetch(self, pursuit, bulk, tasks, self._around.clock):
                self._state.phase = "cleaning"
                if await pursuit.finish():
                    self.roots.made(found)
                    self.members.tell(Holding(found.root.top.hash, complete=True))
                else:
                    self.roots.put_off(found)
        except (WrongPage, WrongRecipe) as error:
            self.roots.made(found)
            self._folder.tell("error", f"{found.device_id} says what cannot be: {error}")
        finally:
            if pursuit.target is not None:
                pursuit.target.end()
            self.pursuit = None
            self.lookout.add(pursuit.look_again)
            self.tell_fates(pursuit)
            self._state.is_full = self.opened.intake.is_full
            self._unmade = tuple(self.opened.intake.troubles.values())
            self._tell_troubles()

    async def _wait(self) -> None:
        with anyio.move_on_after(1.0):
            await self._folder.news.wait()

    def make_again(self) -> None:
        """What was made of roots may be missing now."""
        self.roots.forget()
        self._folder.wake()

    def _is_new_clash(self, path: bytes) -> bool:
        """Whether it was not told yet: it is found again whenever the root is tried again."""
        if path in self._clashes or len(self._clashes) >= MOST_CLASHES:
            return False
        self._clashes.add(path)
        return True

    def tell_fates(self, pursuit: Pursuit) -> None:
        told = (
            fate
            for fate in pursuit.take_fates()
            if fate.kind != "clash" or self._is_new_clash(fate.path)
        )
        for kind, fates in groupby(told, self._kind):
            self._folder.tell(kind, *(fate.shown for fate in fates))

    def _kind(self, fate: Fate) -> str:
        is_healed = fate.kind == "received" and self._folder.upkeep.came(fate.path)
        return "healed" if is_healed else fate.kind
