"""All tasks of an agent: one folder each, one listener for all of them."""

import logging
import socket
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from math import inf
from pathlib import Path
from random import Random
from typing import Final

import anyio
from anyio.abc import TaskGroup
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from forepost.agent.edges.peers.channel import ChannelEnded
from forepost.agent.edges.peers.credentials import Credentials
from forepost.agent.edges.tree.space import SetAside
from forepost.agent.transfer.folder import Folder
from forepost.agent.transfer.introduction import MeetingRefused, MemberConnection, receive
from forepost.agent.transfer.nested_roots import nested
from forepost.agent.transfer.open_folder import index_name
from forepost.agent.transfer.relay_lines import RelayLines
from forepost.agent.transfer.surroundings import Surroundings
from forepost.kit.clock import Clock
from forepost.kit.listeners import host_port
from forepost.wire.jobs.members import Purpose
from forepost.wire.jobs.transfer import (
    RelayAccess,
    TransferEvent,
    TransferOrder,
    TransferReport,
    TransferTask,
)

MOST_GREETING: Final = 64
"""Connections that are greeted at a time; more wait in the kernel's queue."""
GREETING_SEC: Final = 20.0
"""For all of it, however many bytes it comes in."""
MOST_CONNECTIONS: Final = 4_000
KEEP_INDEX_DAYS: Final = 90
"""Of a job that is no more, since it was used last."""
TIDY_SEC: Final = 86_400.0
LISTEN_AGAIN_SEC: Final = 5.0
ACCEPT_AGAIN_SEC: Final = 0.05
"""Where one cannot be accepted, as where too many files are open."""
READERS: Final = 4
"""Threads that read and hash."""

_log = logging.getLogger(__name__)


class Engine:
    """In the event loop."""

    def __init__(
        self, order: TransferOrder, clock: Clock, tell: Callable[[TransferEvent], None]
    ) -> None:
        """Raises OSError, ValueError, TypeError where the key is not usable."""
        state_dir = Path(order.state_dir)
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = load_pem_private_key(Path(order.key_file).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{order.key_file}: a key of another kind")
        self._order, self._clock = order, clock
        self._credentials = Credentials(
            Path(order.key_file), Path(order.certificate_file), state_dir
        )
        self.news = anyio.Event()
        self._around = Surroundings(
            credentials=self._credentials,
            key=key,
            state_dir=state_dir,
            set_aside=SetAside(state_dir),
            clock=clock,
            executor=ThreadPoolExecutor(READERS, "reader"),
            relay=RelayLines(),
            listens=bool(order.listen),
            random=Random(),  # noqa: S311 - whom to ask for what
            tell=tell,
            changed=self._changed,
            is_outranked=self._is_outranked,
        )
        self._folders: dict[str, tuple[Folder, anyio.CancelScope]] = {}
        self._in_use: dict[str, anyio.Lock] = {}
        """By the name of an index: a folder that is closed yet has it before the next one does."""
        self._tidied_at = -inf
        self._tasks: TaskGroup | None = None
        self._connections = 0
        self._greeting = anyio.CapacityLimiter(MOST_GREETING)
        self._listening: list[str] = []
        self._problem = ""

    @property
    def device_id(self) -> str:
        return self._credentials.device_id

    def _changed(self) -> None:
        self.news.set()

    def _is_outranked(self, task: TransferTask) -> bool:
        return any(
            folder.state.phase == "moving" and folder.task.priority > task.priority
            for folder, _ in self._folders.values()
        )

    def want(self, tasks: Sequence[TransferTask], relay: RelayAccess | None = None) -> None:
        """Have exactly these tasks from now on; called while it runs."""
        assert self._tasks is not None
        self._around.relay.want(relay)
        wanted = {task.key: task for task in tasks}
        refused = nested(tasks)
        for key in self._folders.keys() - wanted.keys():
            self._folders.pop(key)[1].cancel()
        for key, task in wanted.items():
            known = self._folders.get(key)
            obstacle = refused.get(key, "")
            is_another = known is not None and (
                known[0].obstacle != obstacle or _is_another(known[0].task, task)
            )
            if known is None or is_another:
                if known is not None:
                    known[1].cancel()
                folder, scope = Folder(task, self._around, obstacle), anyio.CancelScope()
                self._folders[key] = (folder, scope)
                self._tasks.start_soon(self._keep, folder, scope)
            elif known[0].task != task:
                known[0].want(task)
        self._credentials.forget_but({peer.deviceid for task in tasks for peer in task.peers})
        if self._clock.monotonic() - self._tidied_at > TIDY_SEC:
            self._tidied_at = self._clock.monotonic()
            self._tasks.start_soon(self._drop_indexes, {index_name(task) for task in tasks})

    async def _keep(self, folder: Folder, scope: anyio.CancelScope) -> None:
        name = index_name(folder.task)
        lock = self._in_use.setdefault(name, anyio.Lock())
        with scope:
            async with lock:
                await folder.run()
        if not lock.locked() and not lock.statistics().tasks_waiting:
            self._in_use.pop(name, None)

    async def _drop_indexes(self, kept: set[str]) -> None:
        """Remove indexes of jobs that are no more: not at once, as one may come back."""
        oldest = self._clock.now().timestamp() - KEEP_INDEX_DAYS * 86_400
        await anyio.to_thread.run_sync(
            _drop_files, self._around.state_dir, kept | self._in_use.keys(), oldest
        )

    def report(self) -> TransferReport:
        return TransferReport(
            tasks=[folder.status() for folder, _ in self._folders.values()],
            listening=self._listening,
            problem=self._problem,
        )

    async def run(self, *, task_status: anyio.abc.TaskStatus[None]) -> None:
        """For ever."""
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                task_status.started()
                if self._order.listen:
                    tasks.start_soon(self._listen)
                await anyio.sleep_forever()
        finally:
            self._around.executor.shutdown(wait=False, cancel_futures=True)

    # --- who dials

    async def _listen(self) -> None:
        host, port = host_port(self._order.listen, "listen")
        while True:
            try:
                listener = socket.create_server(
                    (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
                )
            except OSError as error:
                self._problem = f"cannot listen on {self._order.listen}: {error.strerror or error}"
                self._changed()
                await self._clock.sleep(LISTEN_AGAIN_SEC)
                continue
            with listener:
                listener.setblocking(False)
                self._problem = ""
                self._listening = [self._order.listen]
                self._changed()
                await self._accept(listener)

    async def _accept(self, listener: socket.socket) -> None:
        assert self._tasks is not None
        while True:
            await anyio.wait_readable(listener)
            try:
                raw, address = listener.accept()
            except OSError:
                await self._clock.sleep(ACCEPT_AGAIN_SEC)
                continue
            if self._connections >= MOST_CONNECTIONS:
                raw.close()
                continue
            self._tasks.start_soon(self._greet, raw, str(address[0]))

    async def _greet(self, raw: socket.socket, address: str) -> None:
        self._connections += 1
        try:
            met = await self._received(raw, address)
            await self._serve(met)
        except* (ChannelEnded, MeetingRefused) as group:
            _log.debug("%s: %s", address, group.exceptions[0])
        finally:
            self._connections -= 1

    async def _received(self, raw: socket.socket, address: str) -> MemberConnection:
        """Greet who has dialed; who says a byte now and then is not waited for. Raises
        ChannelEnded, MeetingRefused.
        """
        with raw.dup() as line:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._end_greeting, line)
                met = await anyio.to_thread.run_sync(
                    partial(receive, raw, address, self._credentials, self._refusal),
                    limiter=self._greeting,
                )
                tasks.cancel_scope.cancel()
        return met

    async def _end_greeting(self, line: socket.socket) -> None:
        await self._clock.sleep(GREETING_SEC)
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    def _refusal(self, key: str, device_id: str, purpose: Purpose) -> str:
        if purpose == "meet":
            is_known = any(
                peer.deviceid == device_id
                for folder, _ in [*self._folders.values()]
                for peer in folder.task.peers
            )
            return "" if is_known else "no member of any job"
        found = self._folders.get(key)
        return found[0].refusal(device_id) if found is not None else "no such job"

    async def _serve(self, met: MemberConnection) -> None:
        found = self._folders.get(met.key)
        if found is None:
            met.channel.close()
        elif met.purpose == "control":
            await found[0].converse(met)
        elif met.purpose == "take":
            await found[0].give(met)
        else:
            found[0].offer(met)


def _drop_files(folder: Path, kept: Collection[str], oldest: float) -> None:
    """Remove indexes that were not written since then, but those of these names."""
    for path in folder.glob("*.sqlite*"):
        name = f"{path.name.partition('.sqlite')[0]}.sqlite"
        with suppress(OSError):
            if name not in kept and path.stat().st_mtime < oldest:
                path.unlink()


def _is_another(before: TransferTask, now: TransferTask) -> bool:
    """Whether its folder is to be opened anew."""
    return any(
        getattr(before, name) != getattr(now, name)
        for name in ("type", "permission", "path", "folder")
    ) or (before.settings.ignore != now.settings.ignore)
