"""What a user sees of folders that are kept in step."""

import os
from pathlib import Path

import pytest

from tests.agent.transfer.engines import Site, running, until

pytestmark = pytest.mark.anyio


async def test_a_distribution_reaches_its_destinations(tmp_path: Path) -> None:
    source, one, two = (Site(tmp_path, name) for name in ("source", "one", "two"))
    (source.root / "deep" / "er").mkdir(parents=True)
    for n in range(300):
        (source.root / "deep" / f"f{n}").write_bytes(os.urandom(n * 7))
    (source.root / "deep" / "er" / "large").write_bytes(os.urandom((9 << 20) + 3))
    (source.root / "empty").touch()
    (source.root / "link").symlink_to("deep/f1")
    async with running(source, one, two):
        ro = [one.peer("ro"), two.peer("ro")]
        source.want([source.task(*ro, type="distribution")])
        for site in (one, two):
            others = [peer for peer in ro if peer.deviceid != site.key.device_id]
            site.want([site.task(source.peer(), *others, type="distribution", permission="ro")])
        await until(
            lambda: all(
                (site.status().status, site.status().files_completed) == ("seeding", 302)
                for site in (one, two)
            ),
            lambda: [site.status() for site in (source, one, two)],
        )
        for site in (one, two):
            assert site.files() == source.files()
            assert (site.root / "link").readlink() == Path("deep/f1")


async def test_a_folder_is_kept_in_step_both_ways(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    (one.root / "a").write_text("from one")
    two.root.mkdir()
    (two.root / "b").write_text("from two")
    (two.root / "same").write_text("same")
    (one.root / "same").write_text("same")
    async with running(one, two):
        one.want([one.task(two.peer())])
        two.want([two.task(one.peer())])
        await until(
            lambda: one.files() == two.files() and len(one.files()) == 3,
            lambda: (one.status(), two.status(), one.files(), two.files(), one.events),
        )
        (one.root / "a").write_text("changed")
        (two.root / "b").unlink()
        await until(
            lambda: one.files() == two.files() == {"a": b"changed", "same": b"same"},
            lambda: (one.status(), two.status(), one.files(), two.files(), one.events),
        )
        await until(lambda: one.status().status == two.status().status == "synced")


async def test_nothing_is_synced_before_a_member_has_said_what_there_is(tmp_path: Path) -> None:
    """The other side has much to look through before it may say anything."""
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    two.root.mkdir()
    for n in range(40):
        (two.root / f"large {n}").write_bytes(os.urandom(4 << 20))
    async with running(one, two):
        one.want([one.task(two.peer())])
        await until(lambda: one.status().status == "no peers", one.status)
        two.want([two.task(one.peer())])
        told = set()

        def is_synced() -> bool:
            told.add(one.status().status)
            return one.status().status == "synced"

        await until(is_synced, one.status)
        assert one.files() == two.files()
        await until(lambda: one.status().last_synced > 0)
        assert "syncing" in told
