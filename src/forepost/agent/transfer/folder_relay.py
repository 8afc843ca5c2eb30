"""Lines of one folder through the controller's relay, to members that are not reached otherwise.

A direct line is better: a member is asked for by the relay only when it could have been reached for
a while and was not, and the dialer goes on looking for a direct line meanwhile.
"""

import socket
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Final, Protocol

import anyio
from anyio.abc import TaskGroup, TaskStatus

from forepost.agent.edges.peers.channel import ChannelEnded, RelayRefused, relayed
from forepost.agent.edges.peers.credentials import WrongCertificate, device_of
from forepost.agent.transfer.introduction import (
    MeetingRefused,
    MemberConnection,
    greeted,
    received,
)
from forepost.agent.transfer.members import Members
from forepost.agent.transfer.redial import Redial
from forepost.agent.transfer.surroundings import Surroundings
from forepost.wire.jobs import relay as wire
from forepost.wire.jobs.members import VERSION, MemberHello, Purpose
from forepost.wire.jobs.transfer import TransferTask

PATIENCE_SEC: Final = 10.0
"""How long a direct line is waited for where there may be one."""
FIRST_SEC: Final = 1.0
"""The pause after the first line that ended, and the wait where no direct line can be."""
LONGEST_SEC: Final = 25.0
"""Of a pause: shorter than the controller has one wait for the other, so the two do meet."""
REFUSED_SEC: Final = 60.0
"""The pause where the controller has said that the two may not, or that it is full."""
LOOK_SEC: Final = 0.5
GREETING_SEC: Final = 30.0
MOST_THREADS: Final = 100


class RelayedFolder(Protocol):
    """A folder whose members are reached."""

    @property
    def task(self) -> TransferTask: ...

    @property
    def members(self) -> Members: ...

    def refusal(self, device_id: str) -> str:
        """Return why a device is not spoken to; "": it is."""
        ...


class FolderRelay:
    """Of one folder."""

    def __init__(self, folder: RelayedFolder, around: Surroundings) -> None:
        self._folder, self._around, self._clock = folder, around, around.clock
        self._lines, self._credentials = around.relay, around.credentials
        self._away_since: dict[str, float] = {}
        self._redial = Redial(around.clock.monotonic, FIRST_SEC, LONGEST_SEC)
        self._scopes: dict[anyio.CancelScope, str] = {}
        """Of lines, and whose they are."""
        self._threads = anyio.CapacityLimiter(MOST_THREADS)
        self._tasks: TaskGroup | None = None
        self.problems: dict[str, str] = {}
        """By device: why there is no relayed line."""

    def keep_only(self, device_ids: Collection[str]) -> None:
        """End the lines of everybody else, at once."""
        for scope, device_id in [*self._scopes.items()]:
            if device_id not in device_ids:
                scope.cancel()
        self._redial.forget_pauses()

    async def run(self, converse: Callable[[MemberConnection], Awaitable[None]]) -> None:
        """For ever. `converse` is called with each control connection."""
        try:
            async with anyio.create_task_group() as self._tasks:
                while True:
                    self._look(self._tasks, converse)
                    await self._clock.sleep(LOOK_SEC)
        finally:
            self._tasks = None

    def _look(
        self, tasks: TaskGroup, converse: Callable[[MemberConnection], Awaitable[None]]
    ) -> None:
        now, task = self._clock.monotonic(), self._folder.task
        here = self._folder.members.links.keys() | self._redial.under_way
        members = {peer.deviceid: bool(peer.address) for peer in task.peers}
        self._away_since = {
            device_id: self._away_since.get(device_id, now)
            for device_id in members
            if device_id not in here
        }
        if task.paused or not task.run or self._lines.access is None:
            return
        for device_id, since in self._away_since.items():
            can_be_direct = members[device_id] or self._around.listens
            patience = PATIENCE_SEC if can_be_direct else FIRST_SEC
            if now - since >= patience and self._redial.is_due(device_id):
                self._redial.under_way.add(device_id)
                tasks.start_soon(self._converse, device_id, converse)

    async def _converse(
        self, device_id: str, converse: Callable[[MemberConnection], Awaitable[None]]
    ) -> None:
        pause = self._redial.pause_sec(device_id)
        try:
            met = await self.connect(device_id, "control")
            self.problems.pop(device_id, None)
            pause = FIRST_SEC / 2
            await converse(met)
        except RelayRefused as refused:
            self.problems[device_id] = str(refused)
            if refused.code in (wire.NO_NEIGHBOURS, wire.FULL):
                pause = REFUSED_SEC
        except (ChannelEnded, MeetingRefused) as error:
            self.problems[device_id] = str(error)
        finally:
            self._redial.ended(device_id, pause)

    async def connect(self, device_id: str, purpose: Purpose) -> MemberConnection:
        """Have a line to a member, which asks for it too. Raises ChannelEnded (RelayRefused among
        them), MeetingRefused.
        """
        if self._tasks is None:
            raise ChannelEnded("the folder is closed")
        met: MemberConnection = await self._tasks.start(self._keep, device_id, purpose)
        return met

    async def _keep(
        self, device_id: str, purpose: Purpose, *, task_status: TaskStatus[MemberConnection]
    ) -> None:
        """Carry one line until it ends. Raises as `connect`, before it is met."""
        found: list[MemberConnection] = []
        problem: Exception = ChannelEnded("it is not wanted any more")
        scope = anyio.CancelScope()
        self._scopes[scope] = device_id
        try:
            with scope:
                await self._carry(device_id, purpose, found, task_status)
        except* (ChannelEnded, MeetingRefused, WrongCertificate, OSError) as group:
            problem = _first(group)
        finally:
            del self._scopes[scope]
            for met in found:
                met.channel.close()
        if found:
            return
        if isinstance(problem, ChannelEnded | MeetingRefused):
            raise problem
        raise MeetingRefused(str(problem))

    async def _carry(
        self,
        device_id: str,
        purpose: Purpose,
        found: list[MemberConnection],
        task_status: TaskStatus[MemberConnection],
    ) -> None:
        me, own = self._credentials.device_id, self._credentials.certificate
        number = line_of(purpose, me, device_id)
        async with self._lines.line(self._folder.task.run, me, device_id, number, own) as line:
            near, far = socket.socketpair()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(line.carry, near)
                found.append(await self._greet(line.certificate, far, device_id, purpose))
                task_status.started(found[0])

    async def _greet(
        self, certificate: bytes, far: socket.socket, device_id: str, purpose: Purpose
    ) -> MemberConnection:
        greet = partial(self._met, certificate, far, device_id, purpose)
        try:
            with anyio.fail_after(GREETING_SEC):
                return await anyio.to_thread.run_sync(
                    greet, abandon_on_cancel=True, limiter=self._threads
                )
        except TimeoutError:
            raise ChannelEnded("it does not greet") from None

    def _met(
        self, certificate: bytes, far: socket.socket, device_id: str, purpose: Purpose
    ) -> MemberConnection:
        """In a thread. Raises ChannelEnded, MeetingRefused, WrongCertificate, OSError."""
        try:
            if device_of(certificate) != device_id:
                raise MeetingRefused("another device is there")
            self._credentials.learn(certificate)
            is_server = self._credentials.device_id > device_id
            around = self._credentials.server() if is_server else self._credentials.dialing()
            channel = relayed(far, around, is_server=is_server)
        except BaseException:
            far.close()
            raise
        if not is_server:
            return greeted(channel, device_id, MemberHello(VERSION, purpose, self._folder.task.key))
        return received(channel, self._credentials, partial(self._refusal, device_id, purpose))

    def _refusal(
        self, device_id: str, wanted: Purpose, key: str, shown: str, purpose: Purpose
    ) -> str:
        if shown != device_id or key != self._folder.task.key or purpose != OTHERS[wanted]:
            return "this line is for something else"
        return self._folder.refusal(device_id)


OTHERS: Final[dict[Purpose, Purpose]] = {"control": "control", "give": "take", "take": "give"}
"""What a line is for, as the other side calls it."""


def line_of(purpose: Purpose, me: str, peer: str) -> int:
    """Return which line of the two is for this: of a pair one each way, and one for words."""
    if purpose == "control":
        return wire.CONTROL
    return wire.LESSER_ASKS if (purpose == "take") == (me < peer) else wire.GREATER_ASKS


def _first(group: BaseExceptionGroup[Exception]) -> Exception:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    assert isinstance(found, Exception)
    return found
