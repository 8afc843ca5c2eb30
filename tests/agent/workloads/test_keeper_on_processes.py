"""Microservices as processes: kept by an agent that is killed itself."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil
import pytest

from forepost.wire.workloads.manifest import HealthCheck, Microservice
from tests.fakes.harmed_files import DAMAGES, be_a_folder, flip
from tests.running import until
from tests.shims import end_shims, shims


def asked(text: str, uuid: str = "p") -> Microservice:
    command = ["/bin/sh", "-c", text]
    return Microservice(uuid=uuid, cmd=command, stop_sec=1, health=HealthCheck(window=1))


@contextmanager
def agent(folder: Path, *manifests: Microservice) -> Iterator["subprocess.Popen[str]"]:
    """Killed with -9 at the end."""
    said = msgspec.json.encode(manifests).decode()
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.process_keeper", str(folder), said],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait(30)
        assert child.stdout is not None
        child.stdout.close()


def processes(folder: Path) -> list[tuple[int, float, str]]:
    """What the shims run: number, start and last word of the command."""
    found: list[tuple[int, float, str]] = []
    for pid in shims(folder):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            children = psutil.Process(pid).children()
            found += [(one.pid, one.create_time(), one.cmdline()[-1]) for one in children]
    return sorted(found)


def until_state(child: "subprocess.Popen[str]", state: str) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if msgspec.json.decode(line, type=dict[str, str]).get("p") == state:
            return
    raise AssertionError("the agent ended")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    end_shims(tmp_path)


def test_after_kill_9_of_the_agent_they_are_found_again_and_not_doubled(folder: Path) -> None:
    waits = asked("exec sleep 1000")
    with agent(folder, waits, asked("exec sleep 2000", "q")) as first:
        until_state(first, "RUNNING")
        until(lambda: {one[-1] for one in processes(folder)} == {"1000", "2000"}, 30)
        before = processes(folder)
    assert processes(folder) == before
    with agent(folder, waits, asked("exec sleep 2000", "q")) as second:
        until_state(second, "RUNNING")
        assert processes(folder) == before
        # and what is killed meanwhile is begun again
        psutil.Process(before[0][0]).kill()
        until(lambda: len({*processes(folder)} - {*before}) == 1, 30, lambda: processes(folder))
    with agent(folder) as last:
        until(lambda: shims(folder) == [], 30, lambda: shims(folder))
        assert last.poll() is None


def test_a_new_command_replaces_the_old_one_or_does_not(folder: Path) -> None:
    with agent(folder, asked("exec sleep 1000")) as first:
        until_state(first, "RUNNING")
    with agent(folder, asked("exec sleep 3000")) as second:
        until_state(second, "RUNNING")
        until(lambda: [one[2] for one in processes(folder)] == ["3000"], 30)
    with agent(folder, asked("exit 3")) as third:
        until_state(third, "UPDATING")
        until_state(third, "RUNNING")
        until(lambda: [one[2] for one in processes(folder)] == ["3000"], 30)
        assert len(shims(folder)) == 1


def test_a_shim_is_light(folder: Path) -> None:
    with agent(folder, asked("exec sleep 1000")) as first:
        until_state(first, "RUNNING")
        (pid,) = shims(folder)
        resident = psutil.Process(pid).memory_full_info().uss / 2**20
    assert resident < 12, f"{resident:.1f} MiB"
    print(f"{resident:.1f} MiB")


@pytest.mark.parametrize("harm", DAMAGES.values(), ids=DAMAGES)
def test_what_runs_is_not_doubled_where_its_files_are_damaged(
    folder: Path, harm: Callable[[Path], None]
) -> None:
    """The shim knows what was in them, and writes them again."""
    waits = asked("exec sleep 1000")
    with agent(folder, waits) as first:
        until_state(first, "RUNNING")
        until(lambda: [one[-1] for one in processes(folder)] == ["1000"], 30)
        before = processes(folder)
    (home,) = (folder / "processes").iterdir()
    spec = (home / "spec.json").read_bytes()
    for name in ("spec.json", "shim.json", "state.json", "log"):
        harm(home / name)
    with agent(folder, waits) as second:
        until_state(second, "RUNNING")
        assert (home / "spec.json").read_bytes() == spec
        assert processes(folder) == before
    with agent(folder) as last:
        until(lambda: shims(folder) == [], 30, lambda: shims(folder))
        until(lambda: not home.exists(), 30)
        assert last.poll() is None


@pytest.mark.parametrize("name", ["spec.json", "shim.json", "state.json", "lock"])
@pytest.mark.parametrize("harm", [flip, be_a_folder])
def test_a_damaged_file_of_what_does_not_run_keeps_nothing_from_running(
    folder: Path, name: str, harm: Callable[[Path], None]
) -> None:
    waits = asked("exec sleep 1000")
    with agent(folder, waits) as first:
        until_state(first, "RUNNING")
    end_shims(folder)  # as a reboot does
    (home,) = (folder / "processes").iterdir()
    harm(home / name)
    with agent(folder, waits) as second:
        if name == "lock" and harm is be_a_folder:
            until_state(second, "FAILED")
            return
        until_state(second, "RUNNING")
        until(lambda: [one[-1] for one in processes(folder)] == ["1000"], 30)
