"""Logs of a microservice on a real engine: every line once, whatever ends and rotates."""

from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from forepost.agent.workloads.microservices import NotNow
from forepost.wire.workloads.manifest import LogBounds, VolumeMapping
from tests.lab.container_engine import ContainerEngine
from tests.lab.microservices import kept, wanted

pytestmark = pytest.mark.anyio

COUNTS = """
run=1
[ -f /kept/run ] && run=$(($(cat /kept/run) + 1))
echo $run > /kept/run
i=0
while :; do
  echo "$run $i is a line, which is long enough to have the file rotated soon"
  i=$((i + 1))
  sleep 0.05
done
"""
"""Each run says which one it is, and counts."""
ENOUGH = 150


def _has(read: list[tuple[int, int]], enough: int) -> bool:
    return len(read) >= enough


async def test_every_line_once_over_rotations_restarts_and_a_replacement(
    docker: ContainerEngine, tmp_path: Path
) -> None:
    docker.clear()
    more: dict[str, Any] = {
        "cmd": ["sh", "-c", COUNTS],
        "log": LogBounds(max_kb=1, files=3),
        "volumes": [VolumeMapping(source="counter", target="/kept")],
        "stop_sec": 0,
    }
    read: list[tuple[int, int]] = []
    async with kept(docker, tmp_path) as site, anyio.create_task_group() as tasks:
        await site.runs(wanted("a", **more))

        async def follow() -> None:
            async with aclosing(site.keeper.logs("a", 1_000, follow=True)) as lines:
                async for line in lines:
                    run, number, *_ = line.text.split()
                    read.append((int(run), int(number)))

        tasks.start_soon(follow)
        for run in range(1, 4):
            await site.until_rest(partial(_has, read, run * ENOUGH // 4))
            await site.keeper.restart("a")
        await site.runs(wanted("a", **more, env={"NEW": "1"}))
        await site.until_rest(lambda: len(read) >= ENOUGH)
        tasks.cancel_scope.cancel()
    runs = {run: [number for one, number in read if one == run] for run, _ in read}
    assert len(runs) >= 5
    assert {
        run: numbers for run, numbers in runs.items() if numbers != list(range(len(numbers)))
    } == {}
    assert [run for run, _ in read] == sorted(run for run, _ in read)


async def test_the_last_lines_and_where_there_are_none(
    docker: ContainerEngine, tmp_path: Path
) -> None:
    docker.clear()
    command = [
        "sh",
        "-c",
        "for i in 1 2 3 4; do echo $i; done; sleep 0.5; echo wrong >&2; sleep 1000",
    ]
    async with kept(docker, tmp_path) as site:
        await site.want(wanted("b", "none.invalid/none:1"))
        await site.until("b", lambda status: status.problem)
        with pytest.raises(NotNow, match="no container"):
            async with aclosing(site.keeper.logs("b", 2, follow=False)) as lines:
                await anext(lines)
        await site.runs(wanted("a", cmd=command))
        found: list[tuple[str, str]] = []
        with anyio.fail_after(30):
            while ("stderr", "wrong") not in found:
                async with aclosing(site.keeper.logs("a", 2, follow=False)) as lines:
                    found = [(line.stream, line.text) async for line in lines]
        assert found == [("stdout", "4"), ("stderr", "wrong")]
