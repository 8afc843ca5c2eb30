"""Programs of forepost in processes that are forked from one that has read their modules before.

A controller that is started anew takes 1.9 s of CPU until it listens, and 1.5 s of them to import
what hundreds of starts before it have imported.
"""

import os
import runpy
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import get_context, process
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Final

READ_BEFORE: Final = (
    "forepost.agent.main",
    "forepost.controller.server",
    "forepost.controller.settings",
    "forepost.cli.main",
    "forepost.cli.join",
    "forepost.cli.jobs",
    "forepost.cli.user",
    "uvloop",
)
_SPAWN: Final = get_context("forkserver")
_NETWORK: Final = Path("/proc/thread-self/ns/net")
_OF_THE_TESTS: Final = _NETWORK.stat().st_ino


def can_be_forked(arguments: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a fork is what a new interpreter would be: of a module, in the network of the tests,
    under no other settings of Python. What is no test (bench/, pictures) starts as users do.
    """
    module = arguments[0] == "-m" and arguments[1].startswith(("forepost.", "tests.lab."))
    return (
        "PYTEST_CURRENT_TEST" in os.environ
        and module
        and _NETWORK.stat().st_ino == _OF_THE_TESTS
        and all(os.environ.get(k) == v for k, v in env.items() if k.startswith("PYTHON"))
    )


class Forked:
    """A process of Python as `subprocess.Popen` has it, in a session of its own."""

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        output: Path,
        errors: Path | None = None,
        read: Path | None = None,
    ) -> None:
        """Run `python *arguments`; without `errors` they go where the output goes."""
        output.touch()  # whoever waits for what it says may look before it says anything
        files = (str(read or "/dev/null"), str(output), str(errors or output))
        self._process: ForkServerProcess = _SPAWN.Process(
            target=_become, args=(list(arguments), dict(env), str(Path.cwd()), files), daemon=True
        )
        _SPAWN.set_forkserver_preload(list(READ_BEFORE))
        with _nothing_to_read_again():
            self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout_sec: float | None = None) -> int:
        """The exit status; raises subprocess.TimeoutExpired."""
        self._process.join(timeout_sec)
        if self._process.exitcode is None:
            raise TimeoutExpired(self._process.name, timeout_sec or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@contextmanager
def _nothing_to_read_again() -> Iterator[None]:
    """Each child would run the file of the program that starts it, such as pytest's."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def run_forked(
    arguments: Sequence[str],
    env: Mapping[str, str],
    typed: str | None,
    timeout_sec: float,
) -> CompletedProcess[str]:
    """As `subprocess.run(..., input=typed, capture_output=True, text=True)`."""
    with TemporaryDirectory() as name:
        said, wrong, read = (Path(name, one) for one in ("out", "err", "in"))
        read.write_text(typed or "")
        child = Forked(arguments, env, said, wrong, read)
        try:
            status = child.wait(timeout_sec)
        except TimeoutExpired:
            child.kill()
            raise
        return CompletedProcess(
            [sys.executable, *arguments], status, said.read_text(), wrong.read_text()
        )


def _become(
    arguments: list[str], env: dict[str, str], folder: str, files: tuple[str, str, str]
) -> None:
    """In the child: be what `python *arguments` would be."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    process.current_process()._config["daemon"] = False  # type: ignore[attr-defined]  # may have children
    flags = (os.O_RDONLY, *(os.O_WRONLY | os.O_CREAT | os.O_APPEND,) * 2)
    for number, (path, flag) in enumerate(zip(files, flags, strict=True)):
        opened = os.open(path, flag, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process
    sys.orig_argv[:] = [sys.executable, *arguments]
    sys.argv[:] = ["", *arguments[2:]]
    sys.modules.pop(arguments[1], None)
    runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
