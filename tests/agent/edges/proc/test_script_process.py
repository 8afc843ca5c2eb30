"""Scripts as real processes: what they are given, and that nothing of them is left."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import psutil

from forepost.agent.edges.proc import script_shim
from forepost.agent.edges.proc.script_process import (
    MARK,
    ScriptOrder,
    ScriptProcesses,
    ScriptResult,
)
from forepost.kit.clock import SystemClock

UID = "ab" * 16
NOBODY = pwd.getpwnam("nobody")
WAIT_SEC = 30.0


def order(command: str | list[str], cwd: Path, **fields: Any) -> ScriptOrder:
    program = "/bin/sh" if isinstance(command, str) else command[0]
    defaults: dict[str, Any] = {
        "uid": UID, "command": command, "program": program, "user": "", "cwd": str(cwd),
        "env": {}, "timeout_sec": 60.0,
    }  # fmt: skip
    return ScriptOrder(**(defaults | fields))


class Ran:
    def __init__(self, state_dir: Path, owner: str = "A" * 32) -> None:
        self.owner = owner
        self.processes = ScriptProcesses(state_dir, owner, SystemClock())
        self.stop = anyio.Event()
        self.output = b""
        self.result: ScriptResult | None = None

    async def run(self, what: ScriptOrder) -> ScriptResult:
        self.result = await self.processes.run(what, self._written, self.stop)
        return self.result

    def _written(self, data: bytes) -> None:
        self.output += data

    @property
    def left(self) -> list[int]:
        mark = f"{MARK}={self.owner}."
        found = []
        for one in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                environ = Path(f"/proc/{one.pid}/environ").read_bytes().decode(errors="replace")
                if mark in environ and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one.pid)
        return found


def ran(state_dir: Path, what: ScriptOrder) -> Ran:
    one = Ran(state_dir)
    asyncio.run(one.run(what))
    return one


async def until(holds: Callable[[], object]) -> None:
    with anyio.fail_after(WAIT_SEC):
        while not holds():  # noqa: ASYNC110 - another process does it
            await anyio.sleep(0.02)


def test_a_text_is_read_by_its_shell_with_both_streams_in_one(tmp_path: Path) -> None:
    found = ran(tmp_path / "s", order("echo a; echo b >&2; pwd; exit 3", tmp_path))
    assert found.result == ScriptResult(exit_code=3)
    assert found.output.decode() == f"a\nb\n{tmp_path}\n"
    assert list((tmp_path / "s/scripts").iterdir()) == []


def test_a_list_is_a_program_with_its_arguments_and_no_shell(tmp_path: Path) -> None:
    found = ran(tmp_path, order(["/bin/echo", "$HOME; exit 4", "*"], tmp_path))
    assert found.result == ScriptResult(exit_code=0)
    assert found.output == b"$HOME; exit 4 *\n"


def test_it_reads_nothing_and_has_the_environment_that_it_is_given(tmp_path: Path) -> None:
    found = ran(tmp_path, order("cat; env", tmp_path, env={"TAG_A": "x y", "PATH": "/bin"}))
    lines = found.output.decode().splitlines()
    assert "TAG_A=x y" in lines
    assert "PATH=/bin" in lines
    names = {line.partition("=")[0] for line in lines}
    assert names <= {"TAG_A", "PATH", "HOME", "USER", "LOGNAME", "LANG", MARK, "PWD", "_", "SHLVL"}


def test_another_user_reads_its_script_though_the_agent_s_folder_is_closed(tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    state_dir.mkdir(mode=0o700)
    what = order("id -u; id -g; id -G; echo $HOME; cat $0 | head -c 5", Path("/"), user="nobody")
    found = ran(state_dir, what)
    assert found.result == ScriptResult(exit_code=0)
    user, group, groups, home, text = found.output.decode().splitlines()
    assert (user, group) == (str(NOBODY.pw_uid), str(NOBODY.pw_gid))
    assert "0" not in groups.split()
    assert home == NOBODY.pw_dir
    assert text == "id -u"


def test_what_cannot_be_begun_says_why(tmp_path: Path) -> None:
    for what, why in (
        (order(["/no/such", "a"], tmp_path), "/no/such: No such file"),
        (order("exit", tmp_path / "gone"), "gone: No such file"),
        (order("exit", tmp_path, program="/etc/passwd"), "/etc/passwd: Permission denied"),
        (order("exit", tmp_path, user="nobodyatall"), "no nobodyatall"),
    ):
        found = ran(tmp_path, what).result
        assert found is not None
        assert found.exit_code is None
        assert why in found.problem


def test_a_signal_that_ends_it_is_told(tmp_path: Path) -> None:
    assert ran(tmp_path, order("kill -9 $$", tmp_path)).result == ScriptResult(exit_code=-9)


ESCAPES = """
trap '' TERM
setsid sh -c 'trap "" TERM; sleep 1000' &
(setsid sh -c 'setsid sleep 1000 & setsid sleep 1000 &' &)
sh -c 'sleep 1000 & sleep 1000 & exit' &
env -i setsid sleep 1000 &
echo begun
sleep 1000
sleep 1000
"""


def test_a_timeout_ends_all_that_it_began_also_what_left_its_session(tmp_path: Path) -> None:
    found = ran(tmp_path, order(ESCAPES, tmp_path, timeout_sec=1.0))
    assert found.output == b"begun\n"
    assert found.result == ScriptResult(exit_code=-9, ended_by="timeout")
    assert found.left == []
    assert not [one for one in psutil.process_iter() if _is_below(one, tmp_path)]


def test_a_stop_ends_all_that_it_began(tmp_path: Path) -> None:
    async def go() -> Ran:
        one = Ran(tmp_path)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.run, order(ESCAPES, tmp_path))
            await until(lambda: one.output)
            assert len(one.left) > 4
            one.stop.set()
        return one

    found = asyncio.run(go())
    assert found.result == ScriptResult(exit_code=-9, ended_by="cancel")
    assert found.left == []
    assert not [one for one in psutil.process_iter() if _is_below(one, tmp_path)]


def test_what_a_script_leaves_behind_goes_with_it(tmp_path: Path) -> None:
    found = ran(tmp_path, order("setsid sleep 1000 & echo done", tmp_path))
    assert found.result == ScriptResult(exit_code=0)
    assert found.output == b"done\n"
    assert not [one for one in psutil.process_iter() if _is_below(one, tmp_path)]


def test_much_output_comes_whole_and_in_order(tmp_path: Path) -> None:
    found = ran(tmp_path, order("seq 300000", tmp_path))
    assert found.output == b"".join(b"%d\n" % number for number in range(1, 300_001))


def test_a_cancelled_task_leaves_nothing(tmp_path: Path) -> None:
    async def go() -> Ran:
        one = Ran(tmp_path)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.run, order(ESCAPES, tmp_path))
            await until(lambda: one.output)
            tasks.cancel_scope.cancel()
        return one

    found = asyncio.run(go())
    assert found.left == []
    assert not [one for one in psutil.process_iter() if _is_below(one, tmp_path)]


AGENT = """
import asyncio, sys
import anyio
from pathlib import Path
from forepost.agent.edges.proc import script_shim
from forepost.agent.edges.proc.script_process import ScriptOrder, ScriptProcesses
from forepost.kit.clock import SystemClock

def written(data):
    print(data.decode(), end="", flush=True)

async def main():
    processes = ScriptProcesses(Path(sys.argv[1]), "A" * 32, SystemClock())
    await processes.run(
        ScriptOrder(uid="ab" * 16, command=sys.argv[3], program="/bin/sh", user="", cwd=sys.argv[2],
            env={}, timeout_sec=60.0), written, anyio.Event())

asyncio.run(main())
"""


def _agent(tmp_path: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", AGENT, str(tmp_path / "s"), str(tmp_path), ESCAPES]
    agent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert agent.stdout is not None
    assert agent.stdout.readline() == "begun\n"
    return agent


def test_an_agent_that_is_killed_takes_its_scripts_along(tmp_path: Path) -> None:
    agent = _agent(tmp_path)
    agent.kill()
    agent.communicate()
    asyncio.run(until(lambda: not _all_below(tmp_path)))


def test_what_outlived_agent_and_shim_is_ended_at_the_next_start(tmp_path: Path) -> None:
    agent = _agent(tmp_path)
    (shim,) = psutil.Process(agent.pid).children()
    os.kill(agent.pid, signal.SIGSTOP)
    shim.kill()
    os.kill(agent.pid, signal.SIGKILL)
    agent.communicate()
    one = Ran(tmp_path / "s")
    assert one.left
    other = Ran(tmp_path / "t", "B" * 32)
    asyncio.run(other.processes.sweep())
    assert one.left, "those of another agent are none of its business"
    asyncio.run(one.processes.sweep())
    assert one.left == []
    assert list((tmp_path / "s/scripts").iterdir()) == []
    for left in _all_below(tmp_path):  # what emptied its environment: nobody can know it
        left.kill()


def test_a_shim_that_is_killed_ends_the_script_and_is_told(tmp_path: Path) -> None:
    async def go() -> Ran:
        one = Ran(tmp_path)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.run, order("echo begun; setsid sleep 1000", tmp_path))
            await until(lambda: one.output)
            # Others of this test process may have children of it too.
            (shim,) = [
                child
                for child in psutil.Process().children()
                if script_shim.__file__ in child.cmdline()
            ]
            shim.kill()
        return one

    found = asyncio.run(go())
    assert found.result == ScriptResult(exit_code=None, problem="its supervisor was killed")
    assert found.left == []


def test_a_script_that_stops_its_shim_is_ended_all_the_same(tmp_path: Path) -> None:
    async def go() -> Ran:
        one = Ran(tmp_path)
        async with anyio.create_task_group() as tasks:
            text = "kill -STOP $PPID; echo begun >> begun; sleep 1000"
            tasks.start_soon(one.run, order(text, tmp_path))
            await until((tmp_path / "begun").exists)
            one.stop.set()
        return one

    found = asyncio.run(go())
    assert found.result == ScriptResult(exit_code=None, problem="its supervisor was killed")
    assert found.left == []


def _all_below(folder: Path) -> list[psutil.Process]:
    return [one for one in psutil.process_iter() if _is_below(one, folder)]


def _is_below(one: psutil.Process, folder: Path) -> bool:
    """Scripts of a test work in a folder of their own."""
    try:
        is_script = one.name() in ("sleep", "sh")
        return is_script and one.cwd() == str(folder) and one.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
