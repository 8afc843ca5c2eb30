"""Runs one script, and ends it with everything that it began: a process of its own.

    python -I -S script_shim.py

It needs nothing but the standard library. The first line of its standard input is what to run, as
JSON; more of it means: end the script; its end means that the agent is gone, which ends all at
once. To its standard output go frames: a letter, a length of four bytes (big-endian), and so many
bytes. `o` is output of the script, `b` that it has begun, `x` how all ended, as JSON.

What the script began comes back to this process when its parents end (PR_SET_CHILD_SUBREAPER): so
nothing leaves by calling setsid or by forking twice.
"""

import ctypes
import grp
import json
import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

GRACE_SEC: Final = 5.0
"""From SIGTERM to SIGKILL."""
GONE_SEC: Final = 1.0
"""The same, where the agent is gone."""
MOST_PENDING: Final = 256 << 10
"""Bytes that the agent has not taken; the script waits."""
PIECE: Final = 64 << 10
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


def main() -> None:
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for other in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(other, signal.SIG_IGN)
    line = bytearray()
    while b"\n" not in line:
        data = os.read(0, PIECE)
        if not data:
            return
        line += data
    spec, _, more = line.partition(b"\n")
    _ScriptShim(json.loads(spec), is_to_end=bool(more)).run()


class _ScriptShim:
    def __init__(self, spec: "dict[str, Any]", *, is_to_end: bool) -> None:
        self._spec, self._is_to_end = spec, is_to_end
        self._child, self._pipe = 0, -1
        self._pending = bytearray()
        self._ended_by, self._kill_at = "", 0.0
        self._agent = True
        self._status: int | None = None

    def run(self) -> None:
        wake, woken = os.pipe()
        for pipe in (wake, woken):
            os.set_blocking(pipe, False)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        os.set_blocking(0, False)
        os.set_blocking(1, False)
        wrong = self._begin()
        if wrong:
            self._finish(wrong)
            return
        self._frame(b"b", b"")
        began = _monotonic()
        timeout_at = began + self._spec["timeout_sec"]
        if self._is_to_end:
            self._end("cancel", GRACE_SEC)
        while self._status is None or _descendants():
            now = _monotonic()
            if now >= timeout_at:
                self._end("timeout", GRACE_SEC)
                timeout_at = now + 1e9
            if self._status is not None and not self._kill_at:
                self._end("", GRACE_SEC)  # what it left behind goes with it
            if self._kill_at and now >= self._kill_at:
                _kill_all()
                self._kill_at = now + 0.05
            self._wait(wake, max(0.0, min(1.0, timeout_at - now, (self._kill_at or 1e18) - now)))
            self._reap()
        self._drain()
        self._finish("")

    def _end(self, why: str, grace_sec: float) -> None:
        if not self._kill_at or why == "agent":
            self._ended_by = self._ended_by or why
            self._kill_at = _monotonic() + grace_sec
            for pid in _descendants():
                _signal(pid, signal.SIGTERM)
                _signal(pid, signal.SIGCONT)

    def _begin(self) -> str:
        """Start the script; why it cannot be, or ""."""
        near, far = os.pipe()
        failed, fails = os.pipe()
        child = os.fork()
        if child == 0:
            _become(self._spec, far, fails)
        os.close(far)
        os.close(fails)
        os.set_blocking(near, False)
        self._child, self._pipe = child, near
        with os.fdopen(failed) as said:
            wrong = said.read()
        if wrong:
            os.waitpid(child, 0)
        return wrong

    def _wait(self, wake: int, sec: float) -> None:
        reads = [wake]
        if self._agent:
            reads.append(0)
        if self._pipe >= 0 and len(self._pending) < MOST_PENDING:
            reads.append(self._pipe)
        writes = [1] if self._pending else []
        ready: tuple[list[int], list[int], list[int]] = ([], [], [])
        with suppress(InterruptedError):
            ready = select.select(reads, writes, [], sec)
        with suppress(BlockingIOError):
            os.read(wake, 4_096)
        if 0 in ready[0]:
            self._hear()
        if self._pipe in ready[0]:
            self._take()
        if self._pending:
            self._send()

    def _hear(self) -> None:
        try:
            said = os.read(0, 4_096)
        except BlockingIOError:
            return
        if said:
            self._end("cancel", GRACE_SEC)
        else:
            self._agent = False
            self._end("agent", GONE_SEC)

    def _take(self) -> bool:
        """Read a piece of output; False: there is none now."""
        try:
            data = os.read(self._pipe, PIECE)
        except BlockingIOError:
            return False
        if not data:
            os.close(self._pipe)
            self._pipe = -1
            return False
        self._frame(b"o", data)
        return True

    def _drain(self) -> None:
        """All writers are gone: what is in the pipe is all there is."""
        while self._pipe >= 0 and self._take():
            self._flush()

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid == self._child:
                    self._status = status

    def _frame(self, kind: bytes, data: bytes) -> None:
        if self._agent:
            self._pending += kind + len(data).to_bytes(4) + data
            self._send()

    def _send(self) -> None:
        try:
            while self._pending:
                sent = os.write(1, self._pending[:PIECE])
                del self._pending[:sent]
        except BlockingIOError:
            return
        except OSError:
            self._pending.clear()
            self._agent = False

    def _flush(self) -> None:
        """Wait until the agent has taken all, or is gone."""
        while self._pending:
            with suppress(InterruptedError):
                select.select([], [1], [], 1.0)
            self._send()

    def _finish(self, wrong: str) -> None:
        code = None if self._status is None else os.waitstatus_to_exitcode(self._status)
        end = {"code": code, "ended_by": self._ended_by, "wrong": wrong}
        self._frame(b"x", json.dumps(end).encode())
        self._flush()


def _become(spec: "dict[str, Any]", out: int, fails: int) -> None:
    """In the child: be the user, and the program. Never returns."""
    program = spec["argv"][0]
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        for number in range(1, signal.NSIG):
            with suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
        argv = list(spec["argv"])
        if spec["file"]:
            # by its number: the folder of the agent is closed to others
            text = os.open(spec["file"], os.O_RDONLY | os.O_NOFOLLOW)
            os.set_inheritable(text, True)
            argv.append(f"/proc/self/fd/{text}")
        if spec["uid"] is not None:
            os.setgroups(
                [spec["gid"], *(g.gr_gid for g in grp.getgrall() if spec["user"] in g.gr_mem)]
            )
            os.setgid(spec["gid"])
            os.setuid(spec["uid"])
            # changing the user takes this back
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.umask(0o022)
        program = spec["cwd"]
        os.chdir(spec["cwd"])
        program = spec["program"]
        os.execvpe(program, argv, spec["env"])  # noqa: S606 - what the job asks for
    except OSError as error:
        os.write(fails, f"{program}: {error.strerror}".encode())
    finally:
        os._exit(127)


def _descendants() -> "list[int]":
    """All processes that this one, or what it began, has begun and that are not reaped."""
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - names are what is wanted
        if name.isdecimal():
            with suppress(OSError, IndexError, ValueError):
                stat = Path(f"/proc/{name}/stat").read_text(errors="replace")
                parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(name))
    found: list[int] = []
    front = [os.getpid()]
    while front:
        front = [child for parent in front for child in parents.get(parent, ())]
        found += front
    return found


def _kill_all() -> None:
    """Stop them first, so that none begins another while they are counted."""
    stopped: set[int] = set()
    while found := [pid for pid in _descendants() if pid not in stopped]:
        for pid in found:
            _signal(pid, signal.SIGSTOP)
        stopped.update(found)
    for pid in stopped:
        _signal(pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value)


def _monotonic() -> float:
    return time.clock_gettime(time.CLOCK_MONOTONIC)


if __name__ == "__main__":
    main()
