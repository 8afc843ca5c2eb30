"""A controller of which one family's path loses what is large: it connects, and nothing arrives."""

import socket
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest
from websockets.asyncio.server import serve

from forepost.agent.node import Identity
from forepost.agent.uplink.link import SUBJECT
from forepost.kit import happy_eyeballs
from tests.agent.uplink.test_connection import RESULT, SILENT_SEC, Trial, happens
from tests.lab.net import pair

pytestmark = pytest.mark.anyio

MTU_HOLE = """
add table inet t
add chain inet t c { type filter hook input priority 0 ; }
add rule inet t c ip6 length > 600 drop
"""


@pytest.mark.timeout(240)
async def test_the_other_family_has_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [
        (socket.AF_INET6, 1, 6, "", ("2001:db8::2", 8080, 0, 0)),
        (socket.AF_INET, 1, 6, "", ("198.18.0.2", 8080)),
    ]
    real = socket.getaddrinfo

    def answer(host: Any, *rest: Any, **more: Any) -> Any:
        return both if host == "controller.example" else real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    happy_eyeballs._unlucky._until.clear()  # of other tests of this process
    trial = Trial(tmp_path, SILENT_SEC)
    with pair() as (near, far):
        far.run("nft", "-f", "-", stdin=MTU_HOLE)
        async with AsyncExitStack() as stack:
            for host in ("198.18.0.2", "2001:db8::2"):
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                with far.inside():
                    listening = socket.create_server((host, 8080), family=family)
                await stack.enter_async_context(
                    serve(
                        trial.converse,
                        sock=listening,
                        max_size=None,
                        compression=None,
                        ping_interval=None,
                    )
                )
            url = "http://controller.example:8080"
            identity = Identity(url=url, workspace_id=1, agent_id=1, psk="k")
            with near.inside():
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(trial.link.run, identity)
                    await happens(lambda: trial.link.connected)
                    for _ in range(20):
                        trial.spool.put(RESULT)
                    await happens(lambda: trial.spool.status.pending == 0, 40)
                    tasks.cancel_scope.cancel()
            assert sorted(set(trial.kept)) == list(range(1, 21))
            assert trial.connects == 2
            assert SUBJECT not in trial.health.problems
            trial.ended.set()
