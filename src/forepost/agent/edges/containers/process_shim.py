"""Supervises one process of a microservice: a process of its own, which outlives the agent.

    python -I -S process_shim.py FOLDER

It needs nothing but the standard library, so it weighs little. FOLDER has `spec.json`; the shim
locks `lock` (so no second one runs), says who it is in `shim.json`, how things are in `state.json`,
and writes `log`. The process is begun again whenever it ends; SIGTERM ends both.
"""

import ctypes
import fcntl
import grp
import json
import os
import resource
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

FIRST_PAUSE_SEC, LONGEST_PAUSE_SEC, STEADY_SEC = 0.1, 60.0, 10.0
LOOK_SEC: Final = 5.0
"""How often it is seen whether the folder is still there."""
PIECE: Final = 16 << 10
"""Bytes of a line; a longer one goes on in the next."""
_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    folder = Path(sys.argv[1])
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        with os.fdopen(ready) as said:
            wrong = said.read()
        sys.stdout.write(wrong)
        sys.stdout.flush()
        os._exit(1 if wrong else 0)
    os.close(ready)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shim = _Shim(folder, tell)
    except BlockingIOError:
        os._exit(0)  # there is one, as was asked for
    except (OSError, ValueError) as error:
        os.write(tell, str(error).encode())
        os._exit(1)
    shim.run()


def identity(pid: int) -> "dict[str, Any]":
    """Who a process is, also after its number was given to another."""
    stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    return {
        "pid": pid,
        "start": int(stat.rpartition(")")[2].split()[19]),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
    }


class _Shim:
    def __init__(self, folder: Path, tell: int) -> None:
        self._folder, self._tell = folder, tell
        said = (folder / "spec.json").read_bytes()
        self._files: dict[str, bytes] = {"spec.json": said}
        """What is in each file, whatever becomes of it on the disk."""
        # the agent has compared it with the checksum of its first line
        self._spec: dict[str, Any] = json.loads(said.rpartition(b"\n")[2])
        self._state: dict[str, Any] = {"state": "running", "restarts": 0, "health": "none"}
        if self._spec["health"]["test"]:
            self._state["health"] = "starting"
        self._log = _Log(folder / "log", self._spec["log"]["max_kb"], self._spec["log"]["files"])
        self._ends = False
        self._child = 0
        self._pipes: dict[int, tuple[str, bytearray]] = {}
        self._check, self._check_began, self._next_check, self._fails = 0, 0.0, 0.0, 0
        self._kill_at = self._next_look = 0.0
        self._wake, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._stop)
        for other in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(other, signal.SIG_IGN)
        self._put("shim.json", identity(os.getpid()))

    def run(self) -> None:
        pause = FIRST_PAUSE_SEC
        while True:
            wrong = self._begin()
            if self._tell:
                if wrong:
                    self._say(state="exited", error=wrong, finished_at=_now())
                    os.write(self._tell, wrong.encode())
                    os._exit(1)
                os.close(self._tell)
                self._tell = 0
            began = _monotonic()
            code = self._supervise() if not wrong else 127
            if self._ends:
                self._say(state="exited", exit_code=code, pid=0, finished_at=_now())
                os._exit(0)
            pause = FIRST_PAUSE_SEC if _monotonic() - began > STEADY_SEC else pause
            self._say(
                state="restarting", exit_code=code, pid=0, error=wrong, finished_at=_now(),
                restarts=self._state["restarts"] + 1,
            )  # fmt: skip
            self._rest(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SEC)

    def _stop(self, *_: object) -> None:
        self._ends = True
        self._kill_at = _monotonic() + self._spec["stop_sec"]
        self._signal(signal.SIGTERM)

    def _look_after_folder(self) -> None:
        """Where the folder was removed nobody will ever find this process: it ends. A file that was
        damaged is written again, as this process would be begun a second time without it.
        """
        now = _monotonic()
        if self._ends or now < self._next_look:
            return
        self._next_look = now + LOOK_SEC
        if not self._folder.exists():
            self._stop()
            return
        for name, data in self._files.items():
            with suppress(OSError):
                if not _has(self._folder / name, data):
                    _replace(self._folder / name, data)

    def _put(self, name: str, what: object) -> None:
        self._files[name] = json.dumps(what).encode()
        _replace(self._folder / name, self._files[name])

    def _signal(self, number: int) -> None:
        if self._child:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child, number)

    def _begin(self) -> str:
        """Start the process; why it cannot be, or ""."""
        pipes = {"stdout": os.pipe(), "stderr": os.pipe()}
        failed, fails = os.pipe()
        child = os.fork()
        if child == 0:
            _become(self._spec, self._spec["argv"], pipes["stdout"][1], pipes["stderr"][1], fails)
        os.close(fails)
        for name, (near, far) in pipes.items():
            os.close(far)
            os.set_blocking(near, False)
            self._pipes[near] = (name, bytearray())
        self._child = child
        with os.fdopen(failed) as said:
            wrong = said.read()
        if wrong:
            os.waitpid(child, 0)
            self._child = 0
            self._drain(to_end=True)
            return wrong
        self._next_check, self._fails = _monotonic() + self._spec["health"]["interval"], 0
        self._say(state="running", pid=child, started_at=_now(), error="", **self._first_health())
        if self._ends:
            self._signal(signal.SIGTERM)
        return ""

    def _first_health(self) -> "dict[str, str]":
        return {"health": "starting"} if self._spec["health"]["test"] else {}

    def _supervise(self) -> int:
        """Return the exit code of the process, once it has ended and its output is written."""
        while True:
            until = min(self._kill_at or 1e18, self._check_due())
            self._wait(max(0.0, min(LOOK_SEC, until - _monotonic())))
            self._drain()
            self._look_after_folder()
            self._look_after_check()
            if self._kill_at and _monotonic() >= self._kill_at:
                self._signal(signal.SIGKILL)
            with suppress(ChildProcessError):
                number, status = os.waitpid(self._child, os.WNOHANG)
                if number:
                    # what it began itself goes with it, as in a container
                    self._signal(signal.SIGKILL)
                    self._child = 0
                    self._end_check()
                    self._drain(to_end=True)
                    return os.waitstatus_to_exitcode(status) % 256

    def _rest(self, sec: float) -> None:
        until = _monotonic() + sec
        while not self._ends and (left := until - _monotonic()) > 0:
            self._wait(min(LOOK_SEC, left))
            self._look_after_folder()
        if self._ends:
            self._say(state="exited", finished_at=_now())
            os._exit(0)

    def _wait(self, sec: float) -> None:
        with suppress(InterruptedError):
            select.select([self._wake, *self._pipes], [], [], sec)
        with suppress(BlockingIOError):
            os.read(self._wake, 4_096)

    def _drain(self, *, to_end: bool = False) -> None:
        for pipe, (name, held) in list(self._pipes.items()):
            with suppress(BlockingIOError):
                while True:
                    data = os.read(pipe, 65_536)
                    if not data:
                        to_close = True
                        break
                    self._write(name, held, data)
                    to_close = False
                if to_close:
                    self._close(pipe)
        if to_end:
            for pipe in list(self._pipes):
                self._close(pipe)

    def _close(self, pipe: int) -> None:
        name, held = self._pipes.pop(pipe)
        os.close(pipe)
        if held:
            self._log.write(name, bytes(held))

    def _write(self, name: str, held: bytearray, data: bytes) -> None:
        held += data
        while (end := held.find(b"\n", 0, PIECE)) >= 0 or len(held) >= PIECE:
            self._log.write(name, bytes(held[: end if end >= 0 else PIECE]))
            del held[: end + 1 if end >= 0 else PIECE]

    def _check_due(self) -> float:
        health = self._spec["health"]
        if not health["test"]:
            return 1e18
        return self._check_began + float(health["timeout"]) if self._check else self._next_check

    def _look_after_check(self) -> None:
        """Run the health check when it is due, and see what became of it."""
        health, now = self._spec["health"], _monotonic()
        if not health["test"] or not self._child:
            return
        if not self._check:
            if now >= self._next_check:
                self._check = os.fork()
                if self._check == 0:
                    nothing = os.open(os.devnull, os.O_RDWR)
                    _become(self._spec, health["test"], nothing, nothing, nothing)
                self._check_began = now
            return
        number, status = os.waitpid(self._check, os.WNOHANG)
        if not number and now < self._check_began + health["timeout"]:
            return
        if not number:
            self._end_check()
        good = bool(number) and os.waitstatus_to_exitcode(status) == 0
        self._check, self._next_check = 0, now + health["interval"]
        self._fails = 0 if good else self._fails + 1
        if good:
            self._say(health="healthy")
        elif self._fails >= health["retries"]:
            self._say(health="unhealthy")

    def _end_check(self) -> None:
        if self._check:
            with suppress(ProcessLookupError, ChildProcessError):
                os.killpg(self._check, signal.SIGKILL)
                os.waitpid(self._check, 0)
            self._check = 0

    def _say(self, **fields: object) -> None:
        if any(self._state.get(name) != value for name, value in fields.items()):
            self._state |= fields
            with suppress(OSError):  # the disk is full: who asks is told the former state
                self._put("state.json", self._state)


def _become(spec: "dict[str, Any]", argv: "list[str]", out: int, err: int, fails: int) -> None:
    """In the child: be the user, and the program. Never returns."""
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.dup2(out, 1)
        os.dup2(err, 2)
        for number in range(1, signal.NSIG):
            with suppress(OSError, ValueError):
                signal.signal(number, signal.SIG_DFL)
        if limit := spec["memory_bytes"]:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        if spec["uid"] is not None:
            os.setgroups([one.gr_gid for one in grp.getgrall() if spec["user"] in one.gr_mem])
            os.setgid(spec["gid"])
            os.setuid(spec["uid"])
            # changing the user takes this back
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.chdir("/")
        os.execvpe(argv[0], argv, spec["env"])  # noqa: S606 - what the manifest asks for
    except OSError as error:
        os.write(fails, f"{argv[0]}: {error.strerror}".encode())
    finally:
        os._exit(127)


class _Log:
    """Files of so many KiB: `log` is the newest, `log.1` the one before. What cannot be written,
    on a full disk, is left out.
    """

    def __init__(self, path: Path, max_kb: int, files: int) -> None:
        self._path, self._most, self._files = path, max_kb << 10, files
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, name: str, line: bytes) -> None:
        now = time.clock_gettime_ns(time.CLOCK_REALTIME)
        entry = b"%d %s %s\n" % (now, name.encode(), line.removesuffix(b"\r"))
        with suppress(OSError):
            if os.fstat(self._file).st_size + len(entry) > self._most:
                self._rotate()
            os.write(self._file, entry)

    def _rotate(self) -> None:
        for number in range(self._files - 1, 0, -1):
            older = self._path.with_name(f"log.{number}")
            newer = self._path.with_name(f"log.{number - 1}") if number > 1 else self._path
            with suppress(FileNotFoundError):
                newer.replace(older)
        if self._files == 1:
            self._path.unlink()
        os.close(self._file)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def _replace(path: Path, data: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(data)
    if path.is_dir():
        path.rename(path.with_suffix(".damaged"))
    new.replace(path)


def _has(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _now() -> float:
    return time.clock_gettime(time.CLOCK_REALTIME)


def _monotonic() -> float:
    return time.clock_gettime(time.CLOCK_MONOTONIC)


if __name__ == "__main__":
    main()
