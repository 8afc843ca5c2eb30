"""Scripts as processes: each below a shim of its own, which ends it with all that it began."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from forepost.agent.edges.proc import script_shim
from forepost.kit import files
from forepost.kit.clock import Clock

FOLDER: Final = "scripts"
MARK: Final = "FOREPOST_RUN"
"""In the environment of all that a script begins: whose it is."""
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LONGEST_FRAME: Final = 1 << 20
END_SEC: Final = 10.0
"""How long a shim has to end all, when the agent ends."""
LATE_SEC: Final = 15.0
"""After which a shim that has not ended a script by itself is not waited for."""
LOOK_SEC: Final = 0.05


class ScriptOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run, and how."""

    uid: str
    command: str | Sequence[str]
    """A text, which `program` reads from a file; or a program with its arguments."""
    program: str
    called: str = ""
    """Its name for itself, where it reads a file."""
    user: str
    """"": the user of the agent."""
    cwd: str
    env: Mapping[str, str]
    timeout_sec: float


class ScriptResult(msgspec.Struct, frozen=True, kw_only=True):
    exit_code: int | None
    """A signal as a negative number; None: it could not be begun."""
    ended_by: str = ""
    """timeout, cancel, or nothing: by itself."""
    problem: str = ""
    """Why it could not be begun, or what became of its shim."""


class NoSuchUser(Exception):
    """The text says which."""


class _ShimEnd(msgspec.Struct):
    code: int | None
    ended_by: str
    wrong: str


class ScriptProcesses:
    """`owner`: tells the scripts of this agent from those of others on the same host."""

    def __init__(self, state_dir: Path, owner: str, clock: Clock) -> None:
        """Raises OSError."""
        self._folder = files.private_folder(state_dir / FOLDER)
        self._owner, self._clock = owner, clock

    async def sweep(self, uid: str = "") -> None:
        """End what is left of the scripts of this agent, of one run or of all, and its files.

        Returns when nothing of it is there any more.
        """
        mark = f"{MARK}={self._owner}.{uid}".encode()
        while left := _marked(mark):
            for pid in left:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            await self._clock.sleep(LOOK_SEC)
        for path in self._folder.iterdir():
            if path.name.startswith(uid):
                path.unlink(missing_ok=True)

    def prepare(self, order: ScriptOrder) -> None:
        """Have on disk what a script needs there, before it is said to begin. Raises OSError; what
        else is wrong is told by `run`.
        """
        if not isinstance(order.command, str):
            return
        path = self._folder / order.uid
        files.replace(path, order.command.encode())
        with suppress(NoSuchUser):
            user = user_named(order.user)
            if user is not None:
                os.chown(path, user.pw_uid, user.pw_gid)

    async def run(
        self, order: ScriptOrder, written: Callable[[bytes], None], stop: anyio.Event
    ) -> ScriptResult:
        """Run to its end; `stop` ends it sooner. Nothing that it began is there any more at return,
        nor when this is cancelled.
        """
        try:
            spec = self._spec(order)
        except (OSError, NoSuchUser) as error:
            return ScriptResult(exit_code=None, problem=str(error))
        try:
            return await self._run(spec, written, stop)
        except OSError as error:
            return ScriptResult(exit_code=None, problem=f"it cannot be begun: {error.strerror}")
        finally:
            with anyio.move_on_after(END_SEC, shield=True):
                await self.sweep(order.uid)

    async def _run(
        self, spec: Mapping[str, Any], written: Callable[[bytes], None], stop: anyio.Event
    ) -> ScriptResult:
        shim = await anyio.open_process(
            [sys.executable, "-I", "-S", script_shim.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={MARK: spec["env"][MARK]},
            cwd="/",
        )
        end: _ShimEnd | None = None
        try:
            assert shim.stdin is not None
            with suppress(anyio.BrokenResourceError):
                await shim.stdin.send(msgspec.json.encode(spec) + b"\n")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._end_at, shim, spec["timeout_sec"] + LATE_SEC)
                tasks.start_soon(self._stop_with, shim, stop)
                end = await _frames(shim, written)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._close(shim)
        if end is None:
            return ScriptResult(exit_code=None, problem="its supervisor was killed")
        return ScriptResult(exit_code=end.code, ended_by=end.ended_by, problem=end.wrong)

    async def _stop_with(self, shim: Process, stop: anyio.Event) -> None:
        await stop.wait()
        assert shim.stdin is not None
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await shim.stdin.send(b"end\n")
        await self._end_at(shim, LATE_SEC)

    async def _end_at(self, shim: Process, sec: float) -> None:
        """A shim that does not end the script when it should was stopped by somebody, such as by
        the script itself: it is killed, and what is left is swept.
        """
        await self._clock.sleep(sec)
        with suppress(ProcessLookupError):
            shim.kill()

    async def _close(self, shim: Process) -> None:
        """Let the shim end what is left."""
        assert shim.stdin is not None
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await shim.stdin.aclose()
        with anyio.move_on_after(END_SEC):
            await shim.wait()
        if shim.returncode is None:
            shim.kill()
            await shim.wait()
        await shim.aclose()

    def _spec(self, order: ScriptOrder) -> Mapping[str, Any]:
        """Raises OSError, NoSuchUser."""
        user = user_named(order.user)
        file = ""
        argv = [order.called or order.program]
        if isinstance(order.command, str):
            path = self._folder / order.uid
            if not path.exists():
                self.prepare(order)
            file = str(path)
        else:
            argv = list(order.command)
        as_whom = user or pwd.getpwuid(os.geteuid())
        env = {
            "PATH": PATH,
            "LANG": "C.UTF-8",
            "HOME": as_whom.pw_dir,
            "USER": as_whom.pw_name,
            "LOGNAME": as_whom.pw_name,
            **order.env,
            MARK: f"{self._owner}.{order.uid}",
        }
        return {
            "argv": argv,
            "program": order.program,
            "file": file,
            "env": env,
            "cwd": order.cwd or "/",
            "user": user.pw_name if user is not None else "",
            "uid": user.pw_uid if user is not None else None,
            "gid": user.pw_gid if user is not None else None,
            "timeout_sec": order.timeout_sec,
        }


def user_named(name: str) -> pwd.struct_passwd | None:
    """None: the user of this agent. Raises NoSuchUser."""
    if not name:
        return None
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise NoSuchUser(f"user: there is no {name} on this host") from None
    if os.geteuid() not in (0, found.pw_uid):
        raise NoSuchUser(f"user: the agent, which is not root, cannot be {name}")
    return found if found.pw_uid != os.geteuid() else None


async def _frames(shim: Process, written: Callable[[bytes], None]) -> _ShimEnd | None:
    assert shim.stdout is not None
    stream = BufferedByteReceiveStream(shim.stdout)
    try:
        while True:
            head = await stream.receive_exactly(5)
            size = int.from_bytes(head[1:])
            if size > LONGEST_FRAME:
                return None
            data = await stream.receive_exactly(size) if size else b""
            if head[:1] == b"o":
                written(data)
            elif head[:1] == b"x":
                return msgspec.json.decode(data, type=_ShimEnd)
    except (anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError):
        return None


def _marked(mark: bytes) -> list[int]:
    """Processes in whose environment something begins so."""
    found: list[int] = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are what is wanted
        if name.isdecimal():
            with suppress(OSError):
                said = Path(f"/proc/{name}/environ").read_bytes()
                if any(part.startswith(mark) for part in said.split(b"\0")):
                    found.append(int(name))
    return found
