"""The engine as a process: begun with the first task, ended with the last, killed without loss."""

import os
import signal
from pathlib import Path

import anyio
import psutil
import pytest

from forepost.agent.edges.transfer_process import TransferProcess
from forepost.kit.clock import SystemClock
from forepost.wire.jobs.transfer import RelayAccess, TransferEvent, TransferOrder
from tests.agent.transfer.engines import Site, until

pytestmark = pytest.mark.anyio


def process_of(site: Site) -> TransferProcess:
    order = TransferOrder(
        state_dir=str(site.state / "transfer"),
        key_file=str(site.key.key_file),
        certificate_file=str(site.key.certificate_file),
        listen=site.address,
    )
    return TransferProcess(order, SystemClock())


async def test_it_is_killed_in_the_middle_and_goes_on(tmp_path: Path) -> None:
    source, target = Site(tmp_path, "source"), Site(tmp_path, "target")
    source.root.mkdir()
    for n in range(40):
        (source.root / f"f{n}").write_bytes(os.urandom(3 << 20))
    giver, taker = process_of(source), process_of(target)
    events: list[TransferEvent] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(giver.run, events.append)
        tasks.start_soon(taker.run, events.append)
        assert giver.pid == taker.pid == 0
        giver.want([source.task(target.peer("ro"), type="distribution")])
        taker.want([target.task(source.peer(), type="distribution", permission="ro")])
        await until(lambda: len(target.files()) > 5 if target.root.exists() else False)
        first = taker.pid
        os.kill(taker.pid, signal.SIGKILL)
        await until(lambda: taker.pid not in (0, first))
        os.kill(giver.pid, signal.SIGKILL)
        await until(
            lambda: target.files() == source.files(), lambda: (giver.report(), taker.report())
        )
        await until(lambda: taker.report().tasks[0].status == "seeding")
        pid = taker.pid
        taker.want([])
        await until(lambda: taker.pid == 0)
        await until(lambda: not psutil.pid_exists(pid))
        assert taker.report().tasks == []
        assert target.files() == source.files()
        tasks.cancel_scope.cancel()


async def test_the_key_for_the_relay_is_in_no_argument_and_no_environment(tmp_path: Path) -> None:
    site = Site(tmp_path, "one", listens=False)
    site.root.mkdir()
    key = "a-key-of-nobody-else"
    access = RelayAccess(url="http://127.0.0.1:9", headers={"X-Agent-PSK": key}, proxy="none")
    engine = process_of(site)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(engine.run, lambda _: None)
        engine.want([site.task()], access)
        await until(lambda: bool(engine.report().tasks), engine.report)
        of = Path("/proc", str(engine.pid))
        for name in ("cmdline", "environ"):
            assert key.encode() not in (of / name).read_bytes()
        kept = [path.read_bytes() for path in site.state.rglob("*") if path.is_file()]
        assert kept
        assert not any(key.encode() in one for one in kept)
        tasks.cancel_scope.cancel()
