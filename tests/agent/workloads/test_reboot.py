"""A host that was rebooted, without its controller: the workload is back by itself."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.container_engine import IMAGE, ContainerEngine
from tests.lab.microservices import kept, ours, wanted

pytestmark = [pytest.mark.anyio, pytest.mark.alone]
BACK_SEC = 15.0


@pytest.mark.parametrize("loses", [ContainerEngine.lose_power, ContainerEngine.kill])
async def test_within_15_seconds(
    docker: ContainerEngine, tmp_path: Path, loses: Callable[[ContainerEngine], None]
) -> None:
    """Agent and engine begin at the same time, as at a boot, and the agent knows from its disk
    what is wanted."""
    docker.clear()
    async with kept(docker, tmp_path) as site:
        await site.runs(wanted("a"), wanted("b", ports=[]))
    loses(docker)
    began = time.monotonic()
    docker.start(wait=False)
    async with kept(docker, tmp_path) as site:
        await site.want(wanted("a"), wanted("b"))
        for uuid in ("a", "b"):
            await site.until(uuid, lambda status: status.state == "RUNNING")
        took = time.monotonic() - began
    assert ours(docker) == [("running", IMAGE)] * 2
    assert took < BACK_SEC
