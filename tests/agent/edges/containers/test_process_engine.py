"""Processes in place of containers: supervised, found again, never twice."""

import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from forepost.agent.edges.containers.process import ProcessEngine
from forepost.agent.ports.containers import LISTENING, EngineHint, EngineRefused, SeenContainer
from forepost.kit.clock import SystemClock
from forepost.wire.workloads.manifest import HealthCheck, LogBounds, Microservice, WorkloadLimits

pytestmark = pytest.mark.anyio
SOON_SEC = 30.0


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[ProcessEngine]:
    one = opened(tmp_path)
    yield one
    for process in await one.containers():
        await one.stop(process.container_id)
        await one.remove(process.container_id)


def opened(folder: Path) -> ProcessEngine:
    return ProcessEngine(folder / "processes", SystemClock(), lambda: "Europe/Berlin")


def asked(*command: str, **more: Any) -> Microservice:
    return Microservice(uuid="p", cmd=list(command), **{"stop_sec": 5, **more})


def shell(text: str, **more: Any) -> Microservice:
    return asked("/bin/sh", "-c", text, **more)


async def begun(engine: ProcessEngine, microservice: Microservice) -> str:
    number = await engine.create(microservice, "process", "")
    await engine.start(number)
    return number


async def eventually(true: Callable[[], object]) -> None:
    with anyio.fail_after(SOON_SEC):
        while not true():  # noqa: ASYNC110 - of what is in another process nobody sets an event
            await anyio.sleep(0.02)


def lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def until(engine: ProcessEngine, true: Callable[[SeenContainer], object]) -> SeenContainer:
    with anyio.fail_after(SOON_SEC):
        while True:
            (seen,) = await engine.containers("p")
            if true(seen):
                return seen
            await anyio.sleep(0.02)


async def written(engine: ProcessEngine, number: str, enough: int) -> list[tuple[str, str]]:
    with anyio.fail_after(SOON_SEC):
        while True:
            async with aclosing(engine.lines(number, since=None, tail=None, follow=False)) as found:
                lines: list[tuple[str, str]] = [
                    (one.line.stream, one.line.text) async for one in found
                ]
            if len(lines) >= enough:
                return lines
            await anyio.sleep(0.02)


async def test_a_token_is_in_the_environment_where_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "processes"
    engine = ProcessEngine(
        folder, SystemClock(), lambda: "", lambda uuid: {"FOREPOST_TOKEN": f"of {uuid}"}
    )
    number = await engine.create(shell("echo $FOREPOST_TOKEN"), "process", "")
    await engine.start(number)
    assert await written(engine, number, 1) == [("stdout", "of p")]
    await engine.stop(number)
    await engine.remove(number)


async def test_it_runs_with_its_environment_and_stops(engine: ProcessEngine) -> None:
    text = (
        "echo $SELFNAME $TZ $COLOUR; echo wrong >&2; trap 'echo bye; exit 4' TERM; sleep 99 & wait"
    )
    number = await engine.create(shell(text, env={"COLOUR": "red"}), "process", "")
    assert [one.state for one in await engine.containers()] == ["created"]
    await engine.start(number)
    await engine.start(number)
    (seen,) = await engine.containers()
    assert (seen.state, seen.uuid, seen.restarts) == ("running", "p", 0)
    assert seen.started_at is not None
    assert sorted(await written(engine, number, 2)) == [
        ("stderr", "wrong"), ("stdout", "p Europe/Berlin red")
    ]  # fmt: skip
    usage = await engine.usage(number)
    assert usage.memory_bytes > 0
    with pytest.raises(EngineRefused, match="it runs"):
        await engine.remove(number)
    await engine.stop(number)
    await engine.stop(number)
    (seen,) = await engine.containers()
    assert (seen.state, seen.exit_code) == ("exited", 4)
    assert ("stdout", "bye") in await written(engine, number, 3)
    for _ in range(2):
        await engine.remove(number)
    assert await engine.containers() == []
    with pytest.raises(EngineRefused) as gone:
        await engine.start(number)
    assert gone.value.kind == "gone"


async def test_what_does_not_hear_is_killed_with_all_that_it_began(
    engine: ProcessEngine, tmp_path: Path
) -> None:
    child = tmp_path / "child"
    number = await begun(
        engine,
        shell(
            f"trap '' TERM; sleep 99 & echo $! > {child}; while :; do sleep 1; done", stop_sec=0.2
        ),
    )
    await eventually(lambda: child.exists() and child.read_text().strip())
    await engine.stop(number)
    pid = int(child.read_text())
    await eventually(lambda: not lives(pid))


async def test_what_ends_is_begun_again_with_pauses(engine: ProcessEngine) -> None:
    number = await begun(engine, shell("echo once; exit 3"))
    seen = await until(engine, lambda one: one.restarts >= 3)
    assert seen.state in ("running", "restarting")
    assert len(await written(engine, number, 3)) < 20
    await engine.stop(number)
    assert [one.state for one in await engine.containers()] == ["exited"]


async def test_what_cannot_be_started_says_why(engine: ProcessEngine) -> None:
    with pytest.raises(EngineRefused, match="/no/such: No such file or directory"):
        await begun(engine, asked("/no/such"))
    (seen,) = await engine.containers()
    assert (seen.state, seen.error) == ("exited", "/no/such: No such file or directory")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"limits": WorkloadLimits(cpus=1)}, "limits.cpus"),
        ({"limits": WorkloadLimits(pids=1)}, "limits.pids"),
        ({"user": "nobody-at-all"}, "user: there is no"),
        ({"user": "9" * 100}, "user: there is no"),
        ({"user": "nobody:root"}, "its own group"),
        ({"cmd": []}, "cmd: is missing"),
    ],
)
async def test_what_a_process_cannot_have(
    engine: ProcessEngine, more: dict[str, Any], why: str
) -> None:
    with pytest.raises(EngineRefused, match=why) as refused:
        await engine.create(Microservice(**{"uuid": "p", "cmd": ["true"], **more}), "process", "")
    assert (refused.value.kind == "site") is ("limits" in more)


async def test_it_is_its_own_user_within_its_memory(engine: ProcessEngine) -> None:
    text = "id -u; id -g; ulimit -v; cat /proc/self/status | grep NoSuch; sleep 99"
    limits = WorkloadLimits(memory_mb=64)
    number = await begun(engine, shell(text, user="nobody", limits=limits))
    lines = [text for _, text in await written(engine, number, 3)]
    assert lines == ["65534", "65534", "65536"]
    assert (Path(engine._folder) / number).stat().st_mode & 0o777 == 0o700


async def test_its_health_is_looked_at(engine: ProcessEngine, tmp_path: Path) -> None:
    good = tmp_path / "good"
    check = HealthCheck(test=["CMD-SHELL", f"test -e {good}"], interval=0.1, retries=2)
    await begun(engine, shell("sleep 99", health=check))
    (seen,) = await engine.containers()
    assert seen.health in ("starting", "unhealthy")
    await until(engine, lambda one: one.health == "unhealthy")
    good.touch()
    await until(engine, lambda one: one.health == "healthy")


async def test_a_check_that_hangs_fails(engine: ProcessEngine) -> None:
    check = HealthCheck(test=["sleep", "99"], interval=0.1, timeout=0.2, retries=1)
    await begun(engine, shell("sleep 99", health=check))
    await until(engine, lambda one: one.health == "unhealthy")


async def test_its_log_is_rotated_and_every_line_is_read_once(engine: ProcessEngine) -> None:
    text = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); sleep 0.01; done; sleep 99"
    number = await begun(engine, shell(text, log=LogBounds(max_kb=1, files=3)))
    read: list[str] = []
    with anyio.fail_after(SOON_SEC):
        async with aclosing(engine.lines(number, since=None, tail=None, follow=True)) as lines:
            async for one in lines:
                read.append(one.line.text)
                if len(read) == 200:
                    break
    assert read == [f"line {number}" for number in range(200)]
    files = sorted((Path(engine._folder) / number).glob("log*"))
    assert [one.name for one in files] == ["log", "log.1", "log.2"]
    assert all(one.stat().st_size <= 1_024 for one in files)
    async with aclosing(engine.lines(number, since=None, tail=2, follow=False)) as lines:
        assert [one.line.text async for one in lines] == ["line 198", "line 199"]


async def test_it_is_found_again_and_begun_once(engine: ProcessEngine, tmp_path: Path) -> None:
    number = await begun(engine, shell("sleep 99"))
    (before,) = await engine.containers()
    other = opened(tmp_path)
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(other.start, number)
    assert await other.containers() == [before]
    words = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    folder = str(tmp_path / "processes" / number)
    assert len([one for one in words if folder in one]) == 1


async def test_a_number_that_is_somebody_elses_now_is_not_touched(
    engine: ProcessEngine, tmp_path: Path
) -> None:
    number = await begun(engine, shell("sleep 99"))
    await engine.stop(number)
    stranger = os.getpid()
    known = tmp_path / "processes" / number / "shim.json"
    known.write_text(f'{{"pid": {stranger}, "start": 1, "boot": "another"}}')
    assert [one.state for one in await engine.containers()] == ["exited"]
    await engine.stop(number)
    await engine.start(number)
    assert [one.state for one in await engine.containers()] == ["running"]


@pytest.mark.parametrize("text", ["exec sleep 99", "exit 1"])
async def test_without_its_folder_it_ends(engine: ProcessEngine, tmp_path: Path, text: str) -> None:
    """Whoever removes the state of an agent removes what it runs."""
    folder = tmp_path / "processes" / await begun(engine, shell(text))
    shim = engine._shim(folder)
    state = engine._state(folder)
    assert shim is not None
    assert state is not None
    while folder.exists():  # a file of it may come meanwhile
        shutil.rmtree(folder, ignore_errors=True)
    await eventually(lambda: not lives(shim.pid) and not (state.pid and lives(state.pid)))


async def test_kill_9_of_the_shim_ends_its_process(engine: ProcessEngine, tmp_path: Path) -> None:
    number = await begun(engine, shell("exec sleep 99"))
    shim = engine._shim(tmp_path / "processes" / number)
    state = engine._state(tmp_path / "processes" / number)
    assert shim is not None
    assert state is not None
    os.kill(shim.pid, signal.SIGKILL)
    await until(engine, lambda one: one.state == "exited")
    await eventually(lambda: not lives(state.pid))
    await engine.start(number)
    await until(engine, lambda one: one.state == "running")


async def test_changes_are_hints(engine: ProcessEngine) -> None:
    heard: list[EngineHint] = []

    async def listen() -> None:
        async with aclosing(engine.hints()) as hints:
            async for hint in hints:
                heard.append(hint)  # noqa: PERF401 - it is looked at meanwhile

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await eventually(lambda: heard)
        number = await begun(engine, shell("sleep 99"))
        await eventually(lambda: heard[1:])
        tasks.cancel_scope.cancel()
    assert (heard[0], heard[1].uuid) == (LISTENING, "p")
    assert number


async def test_what_it_is_and_what_it_has_none_of(engine: ProcessEngine, tmp_path: Path) -> None:
    facts = await engine.facts()
    assert facts.kind == "process"
    assert facts.size_bytes > facts.free_bytes > 0
    assert await engine.images() == ()
    assert await engine.is_held("any", str(tmp_path))
    assert not await engine.is_held("any", str(tmp_path / "none"))
