"""The connections of a folder that carry its bytes: threads that give and threads that fetch."""

import sqlite3
from collections.abc import Collection
from typing import Final

import anyio
from anyio.abc import TaskGroup
from blake3 import blake3

from forepost.agent.edges.peers.channel import Channel, ChannelEnded
from forepost.agent.transfer.fetch import Fetcher
from forepost.agent.transfer.folder_view import FolderView
from forepost.agent.transfer.introduction import MeetingRefused, MemberConnection
from forepost.agent.transfer.recipe import WrongRecipe
from forepost.agent.transfer.service import give
from forepost.agent.transfer.surroundings import Surroundings
from forepost.agent.transfer.target import Target
from forepost.wire.jobs.members import Come, WrongWord

AGAIN_SEC: Final = 2.0
"""After a connection for fetching that ended."""
OFFER_SEC: Final = 20.0
"""How long a member that cannot be dialed may take to dial."""
MOST_GIVING: Final = 64
"""Connections on which this folder gives, at a time."""
MOST_THREADS: Final = 400


class Bulk:
    """Of one folder."""

    def __init__(self, folder: FolderView, around: Surroundings) -> None:
        self._folder, self._around = folder, around
        self._fetching: dict[str, Target] = {}
        self._channels: dict[Channel, str] = {}
        """And whose they are."""
        self._offers: dict[str, MemberConnection] = {}
        self._offered = anyio.Event()
        self._giving = 0
        self._called: set[str] = set()
        self._limiter: anyio.CapacityLimiter | None = None
        folder.members.on_come = self._come
        folder.members.on_direct = self._leave_relay

    @property
    def _threads(self) -> anyio.CapacityLimiter:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(MOST_THREADS)
        return self._limiter

    def end(self) -> None:
        """Close everything: the folder is closed."""
        for channel in [*self._channels]:
            channel.close()
        for met in self._offers.values():
            met.channel.close()
        self._offers.clear()

    def keep_only(self, device_ids: Collection[str]) -> None:
        """Cut off everybody else: who is no member any more, or all in a pause."""
        for channel, device_id in [*self._channels.items()]:
            if device_id not in device_ids:
                channel.close()
        for device_id in [*self._offers]:
            if device_id not in device_ids:
                self._offers.pop(device_id).channel.close()

    def _leave_relay(self, device_id: str) -> None:
        """There is a direct line now: what goes through the controller is fetched on that."""
        for channel, whose in [*self._channels.items()]:
            if whose == device_id and channel.is_relayed:
                channel.close()

    # --- giving

    async def give(self, met: MemberConnection) -> None:
        """Answer a member until it ends."""
        opened = self._folder.opened
        if opened is None or self._giving >= MOST_GIVING:
            met.channel.close()
            return
        self._giving += 1
        self._channels[met.channel] = met.device_id
        try:
            await anyio.to_thread.run_sync(
                lambda: give(met.channel, opened.read, self._folder.most_up, self._folder.up.add),
                abandon_on_cancel=True,
                limiter=self._threads,
            )
        except (ChannelEnded, WrongWord):
            pass
        finally:
            self._giving -= 1
            self._channels.pop(met.channel, None)
            met.channel.close()

    def _come(self, device_id: str) -> None:
        """A member cannot dial, and wants to ask."""
        if self._folder.tasks is not None and device_id not in self._called:
            self._called.add(device_id)
            self._folder.tasks.start_soon(self._dial_to_give, device_id)

    async def _dial_to_give(self, device_id: str) -> None:
        try:
            if self._is_relayed(device_id):
                met: MemberConnection | None
                met = await self._folder.dialer.relay.connect(device_id, "give")
            else:
                met = await self._folder.dialer.connect(device_id, "give")
        except (ChannelEnded, MeetingRefused):
            return
        finally:
            self._called.discard(device_id)
        if met is not None:
            await self.give(met)

    # --- fetching

    def offer(self, met: MemberConnection) -> None:
        """A member has dialed to be asked."""
        former = self._offers.pop(met.device_id, None)
        if former is not None:
            former.channel.close()
        self._offers[met.device_id] = met
        self._offered.set()

    def fetch(self, target: Target, tasks: TaskGroup) -> None:
        """Fetch from every member that has something of it; called again and again."""
        for device_id in self._folder.members.who_has(target.root.top.hash):
            if device_id not in self._fetching and self._folder.members.is_believed(device_id):
                self._fetching[device_id] = target
                tasks.start_soon(self._fetch_from, device_id, target)

    async def _fetch_from(self, device_id: str, target: Target) -> None:
        try:
            met = await self._connected(device_id)
            if met is not None:
                await self._fetch_on(met, target)
        except (ChannelEnded, MeetingRefused, WrongWord, WrongRecipe, sqlite3.Error, IndexError):
            await self._around.clock.sleep(AGAIN_SEC)
        finally:
            target.peer_left(device_id)
            self._fetching.pop(device_id, None)
            has = self._folder.members.who_has(target.root.top.hash)
            if device_id in has and not target.is_over:
                target.has(device_id, has[device_id])

    async def _fetch_on(self, met: MemberConnection, target: Target) -> None:
        opened = self._folder.opened
        if opened is None:
            met.channel.close()
            return
        wrong: list[bytes] = []
        fetcher = Fetcher(
            met.channel,
            met.device_id,
            lambda: None if target.is_over or target.is_done or wrong else target,
            opened.intake,
            self._folder.most_down,
            self._folder.down.add,
            lambda data, hash_: blake3(data).digest() == hash_,
            wrong.append,
            self._around.clock.monotonic,
        )
        self._channels[met.channel] = met.device_id
        try:
            await anyio.to_thread.run_sync(
                fetcher.run, abandon_on_cancel=True, limiter=self._threads
            )
        finally:
            self._channels.pop(met.channel, None)
            met.channel.close()
            for hash_ in wrong:
                self._folder.members.gave_wrong(met.device_id, hash_)

    def _is_relayed(self, device_id: str) -> bool:
        link = self._folder.members.links.get(device_id)
        return link is not None and link.is_relayed

    async def _connected(self, device_id: str) -> MemberConnection | None:
        """Return a connection on which the member may be asked."""
        link = self._folder.members.links.get(device_id)
        if link is None:
            return None
        if link.is_relayed:
            link.say(Come())
            return await self._folder.dialer.relay.connect(device_id, "take")
        if not self._folder.dialer.problems.get(device_id):  # it had to dial, as it is not reached
            met = await self._folder.dialer.connect(device_id, "take")
            if met is not None:
                return met
        if device_id not in self._offers:
            self._offered = anyio.Event()
            link.say(Come())
            with anyio.move_on_after(OFFER_SEC):
                await self._offered.wait()
        return self._offers.pop(device_id, None)
