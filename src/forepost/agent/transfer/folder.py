"""A task: its folder is kept in step with its members, whatever happens to either."""

import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from forepost.agent.edges.peers.channel import ChannelEnded
from forepost.agent.edges.tree.root import RootMissing
from forepost.agent.transfer import gossip
from forepost.agent.transfer.bandwidth import limits
from forepost.agent.transfer.bulk import Bulk
from forepost.agent.transfer.convergence import Convergence
from forepost.agent.transfer.dialer import FolderDialer
from forepost.agent.transfer.folder_status import transfer_status
from forepost.agent.transfer.ignored import WrongPattern
from forepost.agent.transfer.intake import is_full
from forepost.agent.transfer.introduction import MemberConnection
from forepost.agent.transfer.link import Link
from forepost.agent.transfer.members import Members
from forepost.agent.transfer.open_folder import OpenFolder, opened
from forepost.agent.transfer.pursuit import Pursuit
from forepost.agent.transfer.rate import RateLimit
from forepost.agent.transfer.speed import Throughput
from forepost.agent.transfer.surroundings import Surroundings
from forepost.agent.transfer.target import Target
from forepost.agent.transfer.task_status import FolderState
from forepost.agent.transfer.upkeep import Upkeep
from forepost.wire.jobs.folder import Entry
from forepost.wire.jobs.members import WrongWord
from forepost.wire.jobs.transfer import TransferEvent, TransferStatus, TransferTask

_log = logging.getLogger(__name__)

AGAIN_SEC: Final = 5.0
"""After what ends a folder: until it is opened anew."""
LEAST_AGAIN_SEC: Final = 1.0
"""Also where somebody has confirmed what it is held for."""
LIMIT_SEC: Final = 1.0


class Folder:
    """Of one task, in the event loop."""

    def __init__(self, task: TransferTask, around: Surroundings, obstacle: str = "") -> None:
        """`obstacle`: why it is not opened at all."""
        self.task, self._around, self.obstacle = task, around, obstacle
        self.state = FolderState()
        clock = around.clock
        self.down, self.up = Throughput(clock.monotonic), Throughput(clock.monotonic)
        self.most_down, self.most_up = RateLimit(clock.monotonic), RateLimit(clock.monotonic)
        self.news = anyio.Event()
        self._convergence = Convergence(self, around)
        self._members = Members(
            task.key, self._convergence.is_writer, self._pages, self.wake, self._member_bad
        )
        self._lock = anyio.Lock()
        self._open: OpenFolder | None = None
        self.top: Entry | None = None
        """Of the folder as it was when it was closed."""
        self.dialer = FolderDialer(self, around)
        self.upkeep = Upkeep(self, self.do, clock)
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
        own = self._around.credentials.device_id
        self._members.forget_but({*self._convergence.writers, own}, members)
        if before.settings.ignore != task.settings.ignore or task.held_ok:
            self._convergence.lookout.add([b""])
        kept = frozenset() if task.paused else frozenset(members)
        self._bulk.keep_only(kept)
        self.dialer.keep_only(kept)
        if task.paused:
            self._members.close_all("paused")
        self.wake()

    def refusal(self, device_id: str) -> str:
        """Return why a device is not spoken to; "": it is."""
        if all(peer.deviceid != device_id for peer in self.task.peers):
            return "no member of this job"
        if self.task.paused:
            return "paused"
        if not self._members.is_believed(device_id):
            return "it sent wrong bytes"
        return "" if self._open is not None else "the folder is not open"

    async def converse(self, met: MemberConnection) -> None:
        """Speak with a member until the line ends."""
        is_greater = self._around.credentials.device_id > met.device_id
        is_first = met.is_dialed == is_greater
        link = Link(met.channel, met.device_id, self._around.clock, is_first=is_first)
        try:
            await self._members.keep(link, gossip.first_words(self))
        except* (ChannelEnded, WrongWord):
            pass
        finally:
            met.channel.close()

    async def give(self, met: MemberConnection) -> None:
        """Give a member what it asks for on this connection, until it ends."""
        await self._bulk.give(met)

    def offer(self, met: MemberConnection) -> None:
        """A member has dialed for being asked."""
        self._bulk.offer(met)

    def status(self) -> TransferStatus:
        self.state.peers = len(self._members.links)
        self.state.is_outranked = self.is_outranked
        self.state.is_unheard = self._convergence.is_unheard
        return transfer_status(self, self.state, self._convergence.roots.last_synced)

    # --- its life

    async def run(self) -> None:
        """For ever; what ends it is told in its status, and it begins anew."""
        if self.obstacle:
            self.state.problem = self.obstacle
            self.tell("error", self.obstacle)
            self._around.changed()
            await anyio.sleep_forever()
        while True:
            await self._resumed()
            try:
                await self._run()
            except* RootMissing as group:
                self.hold(str(group.exceptions[0]))
            except* (OSError, sqlite3.Error, WrongPattern) as group:
                self.state.problem = str(group.exceptions[0])
                if any(is_full(one) for one in group.exceptions):
                    self.state.is_full = True
                    self._around.set_aside.give_up()
            except* Exception as group:  # noqa: BLE001 - the other folders go on
                _log.exception("%s", self.task.key)
                self.state.problem = f"a fault of the engine: {group.exceptions[0]!r}"
            else:
                continue  # a pause
            with anyio.move_on_after(AGAIN_SEC):
                await self._confirmed()
            await self._around.clock.sleep(LEAST_AGAIN_SEC)

    async def _resumed(self) -> None:
        """Wait for the end of a pause: the folder is closed in it, and may be unmounted."""
        while self.task.paused:
            self.news = anyio.Event()
            await self.news.wait()

    async def _confirmed(self) -> None:
        """Wait until somebody confirms what the folder is held for."""
        while not (self.state.held and self.task.held_ok):
            self.news = anyio.Event()
            await self.news.wait()

    def hold(self, why: str) -> None:
        if why and why != self.state.held:
            self.tell("held", why)
        self.state.held = why
        self._around.changed()

    async def _run(self) -> None:
        self.state.phase = "loading"
        opening = partial(opened, self.task, self._around)
        self._open = await self.do(opening)
        try:
            async with anyio.create_task_group() as tasks:
                self.state.problem = self.state.held = ""
                self.tasks = tasks
                self._convergence.begin(tasks)
                tasks.start_soon(gossip.run, self, self._around.clock)
                tasks.start_soon(self.upkeep.run)
                tasks.start_soon(self._limit)
                tasks.start_soon(self.dialer.run, self.converse)
                await self._convergence.run(tasks, self._bulk)
                tasks.cancel_scope.cancel()
        finally:
            former, self._open, self.tasks = self._open, None, None
            if former is not None:
                self.top = former.disk.top
            self._convergence.lookout.close()
            self._members.close_all("the folder is closed")
            self._bulk.end()
            for most in (self.most_down, self.most_up):
                most.limit(None)  # whoever waits goes on, and finds its line closed
            with anyio.CancelScope(shield=True):
                if former is not None:
                    await self.do(former.close)

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

    async def do(self, call: Callable[..., Any], *args: Any) -> Any:
        """Call it in a thread, one at a time: the folder's thread."""
        async with self._lock:
            return await anyio.to_thread.run_sync(lambda: call(*args))

    def wake(self) -> None:
        self.news.set()
        self._around.changed()

    # --- for Bulk

    @property
    def opened(self) -> OpenFolder | None:
        return self._open

    @property
    def target(self) -> Target | None:
        """What is fetched now."""
        return self._convergence.target

    @property
    def pursuit(self) -> Pursuit | None:
        return self._convergence.pursuit

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
        self._convergence.make_again()

    def _member_bad(self, device_id: str, what: str) -> None:
        self.tell("bad_chunk", f"{device_id}: {what}")
