"""Microservices as supervised processes of this host, behind the same port as containers."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal
from uuid import uuid4

import anyio
import msgspec
import psutil

from forepost.agent.edges.containers import process_shim
from forepost.agent.edges.containers.process_log import ProcessLog
from forepost.agent.edges.containers.process_record import (
    ProcessLabel,
    ProcessState,
    ShimIdentity,
    is_alive,
    is_locked,
    read_record,
)
from forepost.agent.ports.containers import (
    LISTENING,
    AddedEnvironment,
    EngineAway,
    EngineFacts,
    EngineHint,
    EngineRefused,
    SeenContainer,
    SeenImage,
    StampedLine,
    Usage,
    nothing_added,
)
from forepost.kit import files
from forepost.kit.clock import Clock
from forepost.kit.state_file import sealed
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.manifest import Microservice, fingerprint

IMAGE: Final = "process"
"""Stands for the image, as there is none."""
LOOK_SEC: Final = 1.0
"""How often the files of processes are looked at for news."""
FOLLOW_SEC: Final = 0.25
KILL_SEC: Final = 5.0
"""After the time that a process has to end, until its shim is killed too."""
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MB: Final = 1 << 20
_SPEC: Final = "spec.json"


class ProcessEngine:
    """A folder for each process. What runs is known by number, start and boot of its shim."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        time_zone: Callable[[], str],
        environment: AddedEnvironment = nothing_added,
    ) -> None:
        """`environment`: what each gets beside that of its manifest."""
        self._folder = files.reclaimed_folder(folder)
        self._clock, self._time_zone, self._environment = clock, time_zone, environment
        self._starting: set[str] = set()
        """Of these the shim has the lock before it has said who it is."""

    async def close(self) -> None:
        """There is nothing open; processes go on."""

    async def facts(self) -> EngineFacts:
        disk, host = os.statvfs(self._folder), os.uname()
        return EngineFacts(
            kind="process",
            version=f"{host.sysname} {host.release}",
            api_version="",
            architecture=host.machine,
            root_dir=str(self._folder),
            free_bytes=disk.f_bavail * disk.f_frsize,
            size_bytes=disk.f_blocks * disk.f_frsize,
        )

    async def containers(self, uuid: str | None = None) -> Sequence[SeenContainer]:
        seen = (self._seen(path) for path in sorted(self._folder.iterdir()))
        return [one for one in seen if one is not None and uuid in (None, one.uuid)]

    def still_runs(self, one: SeenContainer) -> bool:
        return self._shim(self._folder / one.container_id) is not None

    async def usage(self, container_id: str) -> Usage:
        state = self._state(self._folder / container_id)
        try:
            first = psutil.Process(state.pid if state is not None else 0)
            all_of_it = [first, *first.children(recursive=True)]
            times = [one.cpu_times() for one in all_of_it]
            memory = sum(one.memory_info().rss for one in all_of_it)
        except psutil.Error as error:
            raise EngineRefused(str(error), "gone") from None
        return Usage(cpu_sec=sum(one.user + one.system for one in times), memory_bytes=memory)

    async def is_held(self, container_id: str, path: str) -> bool:
        return _is_there(path)

    async def hints(self) -> AsyncGenerator[EngineHint, None]:
        known = {one.container_id: one for one in await self.containers()}
        yield LISTENING
        while True:
            await self._clock.sleep(LOOK_SEC)
            now = {one.container_id: one for one in await self.containers()}
            for number in known.keys() | now.keys():
                if known.get(number) != now.get(number):
                    one = now.get(number) or known[number]
                    yield EngineHint(uuid=one.uuid, action=one.state)
            known = now

    async def create(
        self, microservice: Microservice, image: str, replaces: str, wanted_by: str = ""
    ) -> str:
        spec = self._spec(microservice, replaces)
        number = uuid4().hex[:12]
        folder = self._folder / number
        try:
            files.private_folder(folder)
            files.replace(folder / _SPEC, sealed(msgspec.json.encode(spec)))
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise EngineRefused(f"{folder}: {error.strerror}", "space") from None
        return number

    async def start(self, container_id: str) -> None:
        folder = self._folder / container_id
        if self._label(folder) is None:
            raise EngineRefused(f"no such process: {container_id}", "gone")
        if self._shim(folder) is not None:
            return
        command = [sys.executable, "-I", "-S", process_shim.__file__, str(folder)]
        self._starting.add(container_id)
        try:
            done = await anyio.run_process(
                command, check=False, stdin=subprocess.DEVNULL, start_new_session=True
            )
        finally:
            self._starting.discard(container_id)
        if done.returncode != 0:
            said = (done.stdout or done.stderr).decode(errors="replace").strip()
            raise EngineRefused(said or "it could not be started")

    async def stop(self, container_id: str) -> None:
        folder = self._folder / container_id
        shim, label = self._shim(folder), self._label(folder)
        if shim is None or label is None:
            return
        os.kill(shim.pid, signal.SIGTERM)
        until = self._clock.monotonic() + label.stop_sec + KILL_SEC
        while self._shim(folder) is not None:
            if self._clock.monotonic() > until:
                with suppress(ProcessLookupError):
                    os.kill(shim.pid, signal.SIGKILL)  # its process goes with it
            await self._clock.sleep(0.02)

    async def remove(self, container_id: str) -> None:
        folder = self._folder / container_id
        if self._shim(folder) is not None:
            raise EngineRefused("it runs", "conflict")
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise EngineRefused(f"{folder}: {error.strerror}") from None

    async def image(
        self, microservice: Microservice, registry: Registry | None
    ) -> SeenImage | None:
        return SeenImage(image_id=IMAGE)

    async def pull(
        self,
        microservice: Microservice,
        registry: Registry | None,
        progress: Callable[[float], None],
    ) -> SeenImage:
        return SeenImage(image_id=IMAGE)

    async def images(self) -> Sequence[SeenImage]:
        return ()

    async def remove_image(self, name: str) -> None:
        """There is none."""

    async def lines(
        self, container_id: str, *, since: datetime | None, tail: int | None, follow: bool
    ) -> AsyncGenerator[StampedLine, None]:
        folder = self._folder / container_id
        log = ProcessLog(folder)
        old = (one for one in log.more() if since is None or (one.line.at or since) >= since)
        for one in old if tail is None else deque(old, maxlen=tail):
            yield one
        while follow:
            runs = self._shim(folder) is not None
            for one in log.more():
                yield one
            if not runs:
                return
            await self._clock.sleep(FOLLOW_SEC)

    def _spec(self, asked: Microservice, replaces: str) -> Mapping[str, Any]:
        """Raises EngineRefused."""
        if not asked.cmd:
            raise EngineRefused("cmd: is missing")
        for field in ("cpus", "pids"):
            if getattr(asked.limits, field):
                raise EngineRefused(f"limits.{field}: a process cannot be held to it", "site")
        user = _user(asked.user)
        env = {"PATH": PATH, "HOME": user.pw_dir if user is not None else "/", **asked.env}
        if not any("TZ" in name for name in asked.env):
            env["TZ"] = self._time_zone()
        test = asked.health.test
        if test and test[0] in ("CMD", "CMD-SHELL", "NONE"):
            test = {"CMD": test[1:], "CMD-SHELL": ["/bin/sh", "-c", *test[1:]], "NONE": []}[test[0]]
        return {
            "argv": asked.cmd,
            "env": {**env, **self._environment(asked.uuid), "SELFNAME": asked.uuid},
            "user": user.pw_name if user is not None else "",
            "uid": user.pw_uid if user is not None else None,
            "gid": user.pw_gid if user is not None else None,
            "memory_bytes": asked.limits.memory_mb * _MB,
            "stop_sec": asked.stop_sec,
            "log": {"max_kb": asked.log.max_kb, "files": asked.log.files},
            "health": {
                "test": test,
                "interval": asked.health.interval,
                "timeout": asked.health.timeout,
                "retries": asked.health.retries,
            },
            "uuid": asked.uuid,
            "fingerprint": fingerprint(asked),
            "replaces": replaces,
            "name": asked.label,
            "lock": asked.update.lock,
        }

    def _label(self, folder: Path) -> ProcessLabel | None:
        return read_record(folder / _SPEC, ProcessLabel)

    def _state(self, folder: Path) -> ProcessState | None:
        return read_record(folder / "state.json", ProcessState)

    def _shim(self, folder: Path) -> ShimIdentity | None:
        """The shim that runs, if any: no other process has number, start and boot of it. Raises
        EngineAway where one runs that cannot be known just now: it mends its file soon.
        """
        known = read_record(folder / "shim.json", ShimIdentity)
        if known is not None and is_alive(known):
            return known
        if folder.name not in self._starting and is_locked(folder / "lock"):
            raise EngineAway(f"{folder / 'shim.json'} is damaged, and what it is of runs")
        return None

    def _seen(self, folder: Path) -> SeenContainer | None:
        label = self._label(folder)
        if label is None:
            if is_locked(folder / "lock"):
                raise EngineAway(f"{folder / _SPEC} is damaged, and what it is of runs")
            return None
        state, runs = self._state(folder), self._shim(folder) is not None
        shown: Literal["created", "running", "restarting", "exited"] = "exited"
        if state is None and not runs:
            state, shown = ProcessState(state="exited"), "created"
        elif state is None:
            state, shown = ProcessState(state="running"), "running"
        elif runs:
            shown = state.state
        return SeenContainer(
            container_id=folder.name,
            uuid=label.uuid,
            fingerprint=label.fingerprint,
            replaces=label.replaces,
            lock=label.lock,
            name=label.name,
            image_id=IMAGE,
            state=shown,
            health=state.health if runs else "none",
            restarts=state.restarts,
            exit_code=state.exit_code,
            error=state.error,
            started_at=_time(state.started_at),
            finished_at=_time(state.finished_at),
        )


def _is_there(path: str) -> bool:
    return os.path.lexists(path)


def _time(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _user(said: str) -> pwd.struct_passwd | None:
    """The user that a manifest names; None: the one of this agent. Raises EngineRefused."""
    name, _, group = said.partition(":")
    if not name:
        return None
    try:
        found = pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
    except (KeyError, OverflowError):
        raise EngineRefused(f"user: there is no {name!r} on this host") from None
    if os.geteuid() not in (0, found.pw_uid):
        raise EngineRefused(f"user: the agent, which is not root, cannot be {name!r}")
    if group and group not in (str(found.pw_gid), found.pw_name):
        raise EngineRefused(f"user: a process of {name!r} has its own group")
    return found if found.pw_uid != os.geteuid() else None
