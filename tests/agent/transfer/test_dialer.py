"""Members that are not where they are said to be."""

import os
from pathlib import Path

import msgspec
import pytest

from tests.agent.transfer.engines import Site, running, until
from tests.free_ports import free_port

pytestmark = pytest.mark.anyio


async def test_one_that_is_not_reached_where_it_listens_is_fetched_from_when_it_dials(
    tmp_path: Path,
) -> None:
    """As behind a firewall: its address is known, and nothing comes through to it."""
    source, target = Site(tmp_path, "source"), Site(tmp_path, "target")
    source.root.mkdir()
    (source.root / "large").write_bytes(os.urandom(5 << 20))
    elsewhere = msgspec.structs.replace(source.peer(), address=f"127.0.0.1:{free_port()}")
    async with running(source, target):
        target.want([target.task(elsewhere, type="distribution", permission="ro")])
        await until(lambda: target.status().status != "loading", target.status)
        source.want([source.task(target.peer("ro"), type="distribution")])
        await until(lambda: target.files() == source.files(), target.status)
