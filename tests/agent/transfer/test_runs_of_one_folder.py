"""Runs of one job follow one another in one folder; two jobs in one folder do not."""

import os
import sqlite3
from pathlib import Path

import pytest

from forepost.agent.transfer.nested_roots import nested
from forepost.agent.transfer.open_folder import index_name
from forepost.wire.jobs.transfer import TransferTask
from tests.agent.transfer.engines import Site, running, until

pytestmark = pytest.mark.anyio


async def test_the_next_run_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    source, target = Site(tmp_path, "source"), Site(tmp_path, "target")
    source.root.mkdir()
    (source.root / "first").write_bytes(os.urandom(100_000))
    async with running(source, target):
        for number in (1, 2, 3):
            key = f"run:{number}"
            said = {"type": "distribution", "key": key, "folder": "job 7"}
            source.want([source.task(target.peer("ro"), **said)])
            target.want([target.task(source.peer(), permission="ro", **said)])
            await until(
                lambda key=key: (  # type: ignore[misc]
                    target.status(key).status == "seeding" and target.files() == source.files()
                ),
                lambda key=key: (source.status(key), target.status(key)),  # type: ignore[misc]
            )
            # What was here is not fetched once more.
            assert target.status(key).transferred_down < 150_000
            (source.root / f"after {number}").write_text("new")
    assert len([*(target.state / "transfer").glob("*.sqlite")]) == 1


async def test_a_folder_of_two_jobs_is_told_at_the_second(tmp_path: Path) -> None:
    site = Site(tmp_path, "one")
    async with running(site):
        site.want([site.task()])
        await until(lambda: site.status().status == "no peers", site.status)
        site.want([site.task(), site.task(key="job:b")])
        await until(lambda: "of another job" in site.status("job:b").held)
        assert site.status().status == "no peers"


async def test_a_folder_within_another_ones_is_told_and_left_alone(tmp_path: Path) -> None:
    site = Site(tmp_path, "one")
    (site.root / "in").mkdir(parents=True)
    within = TransferTask(key="job:b", type="folder", permission="rw", path=f"{site.root}/in/")
    async with running(site):
        site.want([within])
        await until(lambda: site.status("job:b").status == "no peers")
        site.want([site.task(), within])
        await until(
            lambda: (
                [one.message for one in site.status("job:b").errors]
                == [f"{site.root}/in/: lies within the folder of job:a"]
            )
        )
        await until(lambda: site.status().status == "no peers", site.status)
        site.want([within])
        await until(lambda: site.status("job:b").status == "no peers")


def test_what_only_gives_may_lie_within_each_other() -> None:
    def task(path: str, kind: str, permission: str = "rw") -> TransferTask:
        return TransferTask(key=path, type=kind, permission=permission, path=path)  # type: ignore[arg-type]

    assert not nested([task("/srv", "distribution"), task("/srv/a", "distribution")])
    assert not nested([task("/srv/a", "folder"), task("/srv/ab", "folder")])
    assert list(nested([task("/srv", "distribution"), task("/srv/a", "folder")])) == ["/srv/a"]
    assert list(
        nested([task("/srv/a/../b/c", "distribution", "ro"), task("/srv/b", "folder")])
    ) == ["/srv/a/../b/c"]


async def test_indexes_of_jobs_that_are_no_more_go_after_a_while(tmp_path: Path) -> None:
    site = Site(tmp_path, "one")
    state = site.state / "transfer"
    state.mkdir()
    old, young = state / f"{'0' * 32}.sqlite", state / f"{'1' * 32}.sqlite"
    kept = state / index_name(site.task())
    for path in (old, young, kept):
        sqlite3.connect(path).close()
        path.touch()
    for path in (old, kept):
        os.utime(path, (10**9, 10**9))
    async with running(site):
        site.want([site.task()])
        await until(lambda: not old.exists())
    assert young.exists()
    assert kept.exists()
