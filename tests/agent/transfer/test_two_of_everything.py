"""Two engines of one state, two machines of one key, and clocks that jump."""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import pytest

from forepost.agent.edges.device_key import device_key
from forepost.agent.transfer.engine import Engine
from forepost.kit.clock import SystemClock
from forepost.wire.jobs.job import BandwidthWindow, TransferSettings
from forepost.wire.jobs.transfer import TransferOrder
from tests.agent.transfer.engines import Site, until
from tests.lab.transfer_engines import EngineProcess, started, wait_until

pytestmark = pytest.mark.anyio


class SteppedClock(SystemClock):
    """The system's, set by hand: an operator, or NTP after hours."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def test_a_second_engine_of_one_state_ends_and_the_first_goes_on(tmp_path: Path) -> None:
    one, two = EngineProcess(tmp_path, "one"), EngineProcess(tmp_path, "two")
    one.root.mkdir()
    (one.root / "a").write_text("a")
    again = EngineProcess(tmp_path, "one")
    with started(one, two):
        one.want([one.task(two.peer())])
        two.want([two.task(one.peer())])
        wait_until(lambda: two.files() == {"a": b"a"})
        again.start()
        assert again.process is not None
        assert again.process.wait(60) == 1
        again.kill()
        (one.root / "b").write_text("b")
        wait_until(lambda: two.files() == one.files())


def test_two_machines_of_one_key_lose_nothing(tmp_path: Path) -> None:
    """A disk that was cloned: the second takes the place of the first at others, in turn."""
    one, other = EngineProcess(tmp_path, "one"), EngineProcess(tmp_path, "other")
    (tmp_path / "clone").mkdir()
    clone = EngineProcess(tmp_path / "clone", "one")
    shutil.rmtree(clone.state)
    shutil.copytree(one.state, clone.state)
    clone.key = device_key(clone.state, None)  # type: ignore[arg-type]
    assert clone.key.device_id == one.key.device_id
    for site in (one, clone):
        site.root.mkdir()
        (site.root / f"of {site.root.parent.name}").write_text("x")
        (site.root / "same name").write_text(f"of {site.root.parent.name}")
    with started(one, clone, other):
        for site in (one, clone):
            site.want([site.task(other.peer())])
        other.want([other.task(one.peer())])
        names = {f"of {tmp_path.name}", "of clone"}
        wait_until(lambda: names <= other.files().keys(), lambda: (other.status(), other.files()))
    kept = {
        path.read_bytes()
        for root in (one.root, clone.root, other.root)
        for path in root.rglob("same name*")
    }
    assert kept == {f"of {tmp_path.name}".encode(), b"of clone"}


async def test_a_clock_that_jumps_by_hours_costs_nothing(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    clocks = {"one": SteppedClock(), "two": SteppedClock()}
    one.root.mkdir()
    two.root.mkdir()
    (one.root / "large").write_bytes(os.urandom(12 << 20))
    slow = TransferSettings(bandwidth=[BandwidthWindow(up_kib_per_sec=2_000)])
    async with anyio.create_task_group() as tasks:
        for site in (one, two):
            order = TransferOrder(
                state_dir=str(site.state / "transfer"),
                key_file=str(site.key.key_file),
                certificate_file=str(site.key.certificate_file),
                listen=site.address,
            )
            site.engine = Engine(order, clocks[site.name], site.events.append)
            await tasks.start(site.engine.run)
        one.want([one.task(two.peer(), settings=slow)])
        two.want([two.task(one.peer())])
        for name, hours in (("one", 5), ("two", -7), ("one", -24 * 30), ("two", 24 * 60)):
            before = two.status().transferred_down
            await until(
                lambda before=before: (  # type: ignore[misc]
                    two.status().transferred_down > before + (1 << 20)
                ),
                two.status,
            )
            clocks[name].ahead += timedelta(hours=hours)
        await until(lambda: two.files() == one.files(), lambda: (one.status(), two.status()))
        # What is written by a clock that is behind counts too, and what goes, goes.
        for number, hours in enumerate((-48, 96, -24 * 20, 24 * 15)):
            clocks["one"].ahead += timedelta(hours=hours)
            clocks["two"].ahead -= timedelta(hours=hours)
            (one.root / "large").write_text(f"by one {number}")
            (two.root / f"by two {number}").write_text("x")
            (two.root / f"by two {number - 1}").unlink(missing_ok=True)
            await until(
                lambda number=number: (  # type: ignore[misc]
                    one.files() == two.files()
                    and two.files()
                    == {"large": f"by one {number}".encode(), f"by two {number}": b"x"}
                ),
                lambda: (one.status(), two.status(), one.files().keys(), two.files().keys()),
            )
        assert not [one for one in (*one.events, *two.events) if one.kind in ("conflict", "held")]
        tasks.cancel_scope.cancel()
