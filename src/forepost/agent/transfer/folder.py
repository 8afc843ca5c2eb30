"""A task: its folder is kept in step with its members, whatever happens to either."""

import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from itertools import groupby
from math import inf
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from forepost.agent.edges.peers.channel import ChannelEnded
from forepost.agent.edges.tree.root import RootMissing
from forepost.agent.transfer import gossip, root_fetch
from forepost.agent.transfer.bandwidth import limits
from forepost.agent.transfer.bulk import Bulk
from forepost.agent.transfer.dialer import FolderDialer
from forepost.agent.transfer.folder_status import transfer_status
from forepost.agent.transfer.ignored import WrongPattern
from forepost.agent.transfer.intake import is_full
from forepost.agent.transfer.introduction import MemberConnection
from forepost.agent.transfer.known_roots import KnownRoots
from forepost.agent.transfer.link import Link
from forepost.agent.transfer.lookout import Lookout
from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder, opened
from forepost.agent.transfer.outcome import Fate
from forepost.agent.transfer.pursuit import Pursuit
from forepost.agent.transfer.rate import RateLimit
from forepost.agent.transfer.recipe import WrongRecipe
from forepost.agent.transfer.scan import PathTrouble
from forepost.agent.transfer.signature import Vouched, vouched
from forepost.agent.transfer.speed import Throughput
from forepost.agent.transfer.surroundings import Surroundings
from forepost.agent.transfer.target import Target
from forepost.agent.transfer.task_status import FolderState
from forepost.agent.transfer.tree import WrongPage
from forepost.agent.transfer.upkeep import Upkeep
from forepost.wire.jobs.members import Holding, Roots, WrongWord
from forepost.wire.jobs.transfer import TransferEvent, TransferStatus, TransferTask

_log = logging.getLogger(__name__)

AGAIN_SEC: Final = 5.0
"""After what ends a folder: until it is opened anew."""
LEAST_AGAIN_SEC: Final = 1.0
"""Also where somebody has confirmed what it is held for."""
LIMIT_SEC: Final = 1.0
ROOM_SEC: Final = 2.0
"""Between looks for room on a full disk."""


class Folder:
    """Of one task, in the event loop."""

    def __init__(self, task: TransferTask, around: Surroundings) -> None:
        self.task, self._around = task, around
        self.state = FolderState()
        clock = around.clock
        self.down, self.up = Throughput(clock.monotonic), Throughput(clock.monotonic)
        self.most_down, self.most_up = RateLimit(clock.monotonic), RateLimit(clock.monotonic)
        self._members = Members(
            task.key, self._is_writer, self._pages, self._wake, self._member_bad
        )
        self._news = anyio.Event()
        self._lock = anyio.Lock()
        self._open: OpenFolder | None = None
        self._pursuit: Pursuit | None = None
        self._roots = KnownRoots(around)
        self.dialer = FolderDialer(self, around.credentials, clock)
        self._lookout = Lookout(around, self._wake, lambda text: self.tell("error", text))
        self.upkeep = Upkeep(self, self._do, clock)
        self._room_at = 0.0
        self._unmade: tuple[PathTrouble, ...] = ()
        """What the last root met."""
        self.tasks: TaskGroup | None = None
        self._bulk = Bulk(self, around)

    # --- what the engine asks

    def want(self, task: TransferTask) -> None:
        """The task is another one now: of the same key."""
        before, self.task = self.task, task
        members = {peer.deviceid for peer in task.peers}
        for device_id, link in [*self._members.links.items()]:
            if device_id not in members:
                link.close("is no member any more")
        if before.settings.ignore != task.settings.ignore or task.held_ok:
            self._lookout.add([b""])
        self._bulk.keep_only(() if task.paused else members)
        if task.paused:
            self._members.close_all("paused")
        self._wake()

    def refusal(self, device_id: str) -> str:
        """Return why a device is not spoken to; "": it is."""
        if all(peer.deviceid != device_id for peer in self.task.peers):
            return "no member of this job"
        if self.task.paused:
            return "paused"
        if not self._members.is_believed(device_id):
            return "it sent wrong bytes"
        return "" if self._open is not None else "the folder is not open"

    @property
    def linked(self) -> set[str]:
        return set(self._members.links)

    async def converse(self, met: MemberConnection) -> None:
        """Speak with a member until the line ends."""
        link = Link(met.channel, met.device_id, self._around.clock)
        try:
            await self._members.keep(link, gossip.first_words(self))
        except* (ChannelEnded, WrongWord):
            pass

    async def give(self, met: MemberConnection) -> None:
        """Give a member what it asks for on this connection, until it ends."""
        await self._bulk.give(met)

    def offer(self, met: MemberConnection) -> None:
        """A member has dialed for being asked."""
        self._bulk.offer(met)

    def status(self) -> TransferStatus:
        self.state.peers = len(self._members.links)
        self.state.is_outranked = self.is_outranked
        return transfer_status(self, self.state, self._roots.last_synced)

    # --- its life

    async def run(self) -> None:
        """For ever; what ends it is told in its status, and it begins anew."""
        while True:
            try:
                await self._run()
            except* RootMissing as group:
                self._hold(str(group.exceptions[0]))
            except* (OSError, sqlite3.Error, WrongPattern) as group:
                self.state.problem = str(group.exceptions[0])
                if any(is_full(one) for one in group.exceptions):
                    self.state.is_full = True
                    self._around.set_aside.give_up()
            except* Exception as group:  # noqa: BLE001 - the other folders go on
                _log.exception("%s", self.task.key)
                self.state.problem = f"a fault of the engine: {group.exceptions[0]!r}"
            with anyio.move_on_after(AGAIN_SEC):
                await self._confirmed()
            await self._around.clock.sleep(LEAST_AGAIN_SEC)

    async def _confirmed(self) -> None:
        """Wait until somebody confirms what the folder is held for."""
        while not (self.state.held and self.task.held_ok):
            self._news = anyio.Event()
            await self._news.wait()

    def _hold(self, why: str) -> None:
        if why and why != self.state.held:
            self.tell("held", why)
        self.state.held = why
        self._around.changed()

    async def _run(self) -> None:
        self.state.phase = "loading"
        opening = partial(opened, self.task, self._around)
        self._open = await self._do(opening)
        try:
            async with anyio.create_task_group() as tasks:
                self.state.problem = self.state.held = ""
                self.tasks = tasks
                self._roots.begin(self._open.disk)
                self._lookout.open(self._open.disk, tasks)
                tasks.start_soon(gossip.run, self, self._around.clock)
                tasks.start_soon(self.upkeep.run)
                tasks.start_soon(self._limit)
                tasks.start_soon(self.dialer.run, self.converse)
                await self._work(tasks)
        finally:
            former, self._open, self.tasks = self._open, None, None
            self._lookout.close()
            self._members.close_all("the folder is closed")
            self._bulk.end()
            for most in (self.most_down, self.most_up):
                most.limit(None)  # whoever waits goes on, and finds its line closed
            with anyio.CancelScope(shield=True):
                if former is not None:
                    await self._do(former.close)

    async def _limit(self) -> None:
        """Follow the bandwidth that the job leaves at this time of day."""
        while True:
            local = self._around.clock.now().astimezone()
            down, up = limits(self.task.settings.bandwidth, local)
            if self.is_outranked:
                down = 0.0
            self.most_down.limit(down)
            self.most_up.limit(up)
            await self._around.clock.sleep(LIMIT_SEC)

    @property
    def is_outranked(self) -> bool:
        """Whether a task of a higher priority is downloading: then this one waits."""
        return self._around.is_outranked(self.task)

    async def _do(self, call: Callable[..., Any], *args: Any) -> Any:
        """Call it in a thread, one at a time: the folder's thread."""
        async with self._lock:
            return await anyio.to_thread.run_sync(lambda: call(*args))

    def _wake(self) -> None:
        self._news.set()
        self._around.changed()

    async def _work(self, tasks: TaskGroup) -> None:
        while True:
            self._news = anyio.Event()
            if self.task.paused:
                await self._news.wait()
                continue
            await self.look()
            found = self._next_root()
            if found is not None and self._members.links and not self.state.held:
                self._lookout.rest()
                try:
                    await self._pursue(found, tasks)
                finally:
                    self._lookout.go_on()
                continue
            self.state.phase = "resting"
            if self._open is not None and self._roots.are_all_made(self._writers):
                await self._do(self._open.clean)
                await self._do(self._roots.save, self._open.disk)
            await self._look_for_room()
            self._roots.note_synced()
            self._around.changed()
            with anyio.move_on_after(self._rest_sec()):
                await self._news.wait()

    def _rest_sec(self) -> float:
        """How long there is nothing to do, if nobody says anything."""
        now = self._around.clock.monotonic()
        full = ROOM_SEC if self.state.is_full else inf
        return min(self._lookout.due_in(), self._roots.due_in(now), full)

    async def _look_for_room(self) -> None:
        """What a full disk put off is done when there is room."""
        now = self._around.clock.monotonic()
        if self._open is None or now < self._room_at or not self._open.intake.is_room:
            return
        self._room_at = now + ROOM_SEC
        await self._do(self._around.set_aside.hold)
        if self.state.is_full:
            self.state.is_full = False
            self._roots.hurry()
            self._news.set()

    async def look(self) -> None:
        """Enter what changed on the disk into the index."""
        assert self._open is not None
        if self.state.phase == "loading":
            self.state.phase = "indexing"
        held_ok = self.task.held_ok
        summary = await self._lookout.look(self._do, self._open.disk, held_ok=held_ok)
        if summary is not None:
            self._tell_troubles()
            self._hold(summary.held)
        await self._publish()

    def _tell_troubles(self) -> None:
        self.state.troubles = (*self._unmade, *self._lookout.troubles)

    # --- roots

    @property
    def _writers(self) -> set[str]:
        said = {peer.deviceid for peer in self.task.peers if peer.permission == "rw"}
        return said.union(self.task.writers)

    def _is_writer(self, device_id: str) -> bool:
        return device_id in self._writers or device_id == self._around.credentials.device_id

    async def _publish(self) -> None:
        """Say what the folder holds, if this agent may, and it is not said yet."""
        assert self._open is not None
        disk = self._open.disk
        known = self._members.roots.get(self._around.credentials.device_id)
        if self.state.held or self._roots.is_said(self.task, disk, known):
            return
        said = await self._do(self._roots.signed, disk, known)
        self._members.learn(vouched(said, self.task.key))
        self._members.tell(Roots([said]))
        self._members.tell(Holding(disk.top.hash, complete=True))

    def _next_root(self) -> Vouched | None:
        assert self._open is not None
        found = self._roots.next(
            self.task, self._open.disk, self._members.roots, self._members.links
        )
        self.state.is_behind = self._roots.is_behind
        self.state.has_source = self._roots.has_source
        if self._roots.absent and self._roots.absent != self.state.absent:
            self.tell("held", self._roots.absent)
        self.state.absent = self._roots.absent
        return found

    async def _pursue(self, found: Vouched, tasks: TaskGroup) -> None:
        assert self._open is not None
        pursuit = Pursuit(found, self._open, self._members, self._do, self._around.random)
        self.state.phase = "merging"
        self._open.intake.begin()
        self._open.growing.begin()
        try:
            leaves = await pursuit.compare()
            if leaves is None or not await pursuit.prepare(leaves):
                await self._wait()
                return
            self._pursuit = pursuit
            self.state.phase = "moving"
            if await root_fetch.fetch(self, pursuit, self._bulk, tasks, self._around.clock):
                self.state.phase = "cleaning"
                if await pursuit.finish():
                    self._roots.made(found)
                    self._members.tell(Holding(found.root.top.hash, complete=True))
                else:
                    self._roots.put_off(found)
        except (WrongPage, WrongRecipe) as error:
            self._roots.made(found)
            self.tell("error", f"{found.device_id} says what cannot be: {error}")
        finally:
            if pursuit.target is not None:
                pursuit.target.end()
            self._pursuit = None
            self._lookout.add(pursuit.look_again)
            self.tell_fates(pursuit)
            self.state.is_full = self._open.intake.is_full
            self._unmade = tuple(self._open.intake.troubles.values())
            self._tell_troubles()

    async def _wait(self) -> None:
        with anyio.move_on_after(1.0):
            await self._news.wait()

    # --- for Bulk

    @property
    def opened(self) -> OpenFolder | None:
        return self._open

    @property
    def target(self) -> Target | None:
        """What is fetched now."""
        return self._pursuit.target if self._pursuit is not None else None

    @property
    def pursuit(self) -> Pursuit | None:
        return self._pursuit

    @property
    def members(self) -> Members:
        return self._members

    def _pages(self, hashes: list[bytes]) -> list[bytes]:
        return self._open.pages(hashes) if self._open is not None else []

    # --- what is told

    def tell(self, kind: Any, *texts: str) -> None:
        at_ms = int(self._around.clock.now().timestamp() * 1000)
        for text in texts:
            self._around.tell(
                TransferEvent(key=self.task.key, kind=kind, text=text[:1_000], at_ms=at_ms)
            )

    def make_again(self) -> None:
        """What was made of roots may be missing now."""
        self._roots.forget()
        self._wake()

    def tell_fates(self, pursuit: Pursuit) -> None:
        for kind, fates in groupby(pursuit.take_fates(), self._kind):
            self.tell(kind, *(fate.shown for fate in fates))

    def _kind(self, fate: Fate) -> str:
        is_healed = fate.kind == "received" and self.upkeep.came(fate.path)
        return "healed" if is_healed else fate.kind

    def _member_bad(self, device_id: str, what: str) -> None:
        self.tell("bad_chunk", f"{device_id}: {what}")
