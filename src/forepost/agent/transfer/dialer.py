"""Dials the members of a folder whose address is known, again and again, until there is a direct
line to them.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Final

import anyio
from anyio.abc import TaskGroup

from forepost.agent.edges.peers.channel import ChannelEnded
from forepost.agent.transfer.folder_relay import FolderRelay, RelayedFolder
from forepost.agent.transfer.introduction import MeetingRefused, MemberConnection, reach
from forepost.agent.transfer.redial import Redial
from forepost.agent.transfer.surroundings import Surroundings
from forepost.wire.jobs.members import Purpose

FIRST_SEC: Final = 0.5
LONGEST_SEC: Final = 30.0
LOOK_SEC: Final = 0.5
MOST_THREADS: Final = 100


class FolderDialer:
    """Of one folder."""

    def __init__(self, folder: RelayedFolder, around: Surroundings) -> None:
        self._folder, self._credentials, self._clock = folder, around.credentials, around.clock
        self._redial = Redial(around.clock.monotonic, FIRST_SEC, LONGEST_SEC)
        self._threads = anyio.CapacityLimiter(MOST_THREADS)
        self.problems: dict[str, str] = {}
        """By device: why it was not reached last."""
        self.relay = FolderRelay(folder, around)

    def keep_only(self, device_ids: Collection[str]) -> None:
        """End the relayed lines of everybody else."""
        self.relay.keep_only(device_ids)

    def address_of(self, device_id: str) -> tuple[str, int] | None:
        for peer in self._folder.task.peers:
            if peer.deviceid == device_id and peer.address:
                host, _, port = peer.address.rpartition(":")
                return host.strip("[]"), int(port)
        return None

    async def connect(self, device_id: str, purpose: Purpose) -> MemberConnection | None:
        """Dial a member; None: its address is not known. Raises ChannelEnded, MeetingRefused."""
        address = self.address_of(device_id)
        if address is None:
            return None
        key = self._folder.task.key
        return await anyio.to_thread.run_sync(
            lambda: reach(*address, device_id, key, purpose, self._credentials),
            abandon_on_cancel=True,
            limiter=self._threads,
        )

    async def run(self, converse: Callable[[MemberConnection], Awaitable[None]]) -> None:
        """For ever. `converse` is called with each control connection."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.relay.run, converse)
            while True:
                self._dial_due(tasks, converse)
                await self._clock.sleep(LOOK_SEC)

    def _dial_due(
        self, tasks: TaskGroup, converse: Callable[[MemberConnection], Awaitable[None]]
    ) -> None:
        if self._folder.task.paused:
            return
        for peer in self._folder.task.peers:
            device_id = peer.deviceid
            is_there = device_id in self._folder.members.direct
            if peer.address and not is_there and self._redial.is_due(device_id):
                self._redial.under_way.add(device_id)
                tasks.start_soon(self._dial, device_id, converse)

    async def _dial(
        self, device_id: str, converse: Callable[[MemberConnection], Awaitable[None]]
    ) -> None:
        pause = self._redial.pause_sec(device_id)
        try:
            met = await self.connect(device_id, "control")
            if met is not None:
                self.problems.pop(device_id, None)
                began = self._clock.monotonic()
                await converse(met)
                if self._clock.monotonic() - began > LONGEST_SEC:
                    pause = FIRST_SEC / 2
        except (ChannelEnded, MeetingRefused) as error:
            self.problems[device_id] = str(error)
        finally:
            self._redial.ended(device_id, pause)
