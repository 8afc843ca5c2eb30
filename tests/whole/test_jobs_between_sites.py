"""Two sites without a controller: job files that name each other, real engines, scripts around."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.free_ports import free_port
from tests.running import until
from tests.whole.test_jobs_of_a_site import LONG_SEC, JobsHost

pytestmark = pytest.mark.timeout(300)


class LonelySite(JobsHost):
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.listen, self.files = f"127.0.0.1:{free_port()}", folder / "files"
        super().__init__(folder, FOREPOST_JOBS__LISTEN=self.listen)
        self.files.mkdir()

    @property
    def deviceid(self) -> str:
        return str(self.ask("GET", "/api/v3/client")["deviceid"])

    def job(self, **job: Any) -> None:
        path = self.folder / "jobs.d" / f"{job['name']}.json"
        new = path.with_name(f".{path.name}")
        new.write_text(json.dumps({"path": str(self.files), **job}))
        new.replace(path)

    def run_of(self, name: str) -> Any:
        found = [one for one in self.ask("GET", "/api/v3/runs") or () if one["name"] == name]
        return found[-1] if found else {}

    def until_status(self, name: str, *statuses: str) -> Any:
        until(
            lambda: self.run_of(name).get("status") in statuses,
            LONG_SEC,
            lambda: (self.run_of(name), self.agent.output),
        )
        return self.run_of(name)


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[LonelySite, LonelySite]]:
    one, two = LonelySite(tmp_path / "one"), LonelySite(tmp_path / "two")
    try:
        one.begin()
        two.begin()
        yield one, two
    finally:
        one.agent.end()
        two.agent.end()


def jobs(one: LonelySite, two: LonelySite, permissions: str, **job: Any) -> None:
    """At both; the second dials the first."""
    first, second = permissions.split()
    one.job(permission=first, peers=[{"deviceid": two.deviceid, "permission": second}], **job)
    two.job(
        permission=second,
        peers=[{"deviceid": one.deviceid, "address": one.listen, "permission": first}],
        **job,
    )


def test_a_distribution_with_scripts_around_it_ends_at_both(
    sites: tuple[LonelySite, LonelySite],
) -> None:
    source, target = sites
    (source.files / "data").write_bytes(bytes(3 << 20))
    where = f"case $JOB_ROLE in RW) d={source.folder};; RO) d={target.folder};; esac"
    triggers = {
        name: {"command": f'{where}; echo "{name} $JOB_ROLE" >> $d/log'}
        for name in ("pre_indexing", "post_download", "complete")
    }
    jobs(source, target, "rw ro", name="d", type="distribution", triggers=triggers)
    for site in sites:
        found = site.until_status("d", "successfully finished")
        assert (found["files_completed"], found["size_completed"]) == (1, 3 << 20)
        assert found["type"] == "transfer"
        assert found["eta"] == 0
    assert (target.files / "data").read_bytes() == bytes(3 << 20)
    assert (source.folder / "log").read_text() == "pre_indexing RW\ncomplete RW\n"
    assert (target.folder / "log").read_text() == "post_download RO\ncomplete RO\n"


def test_a_folder_goes_both_ways_and_rests_while_paused(
    sites: tuple[LonelySite, LonelySite],
) -> None:
    one, two = sites
    (one.files / "a").write_text("of one")
    (two.files / "b").write_text("of two")
    jobs(one, two, "rw rw", name="f", type="folder")
    until(lambda: (two.files / "a").exists() and (one.files / "b").exists(), LONG_SEC)
    for site in sites:
        found = site.until_status("f", "synced")
        assert found["peers_count"] == 1
        assert found["last_synced"] > 0
    two.command("jobs", "pause")
    two.until_status("f", "paused")
    (one.files / "c").write_text("while paused")
    one.until_status("f", "no peers")
    assert not (two.files / "c").exists()
    two.command("jobs", "resume")
    until((two.files / "c").exists, LONG_SEC)
    (one.folder / "jobs.d/f.json").unlink()
    two.until_status("f", "no peers")
    assert (one.files / "a").exists()
    assert (two.files / "c").read_text() == "while paused"


def test_a_distribution_to_two_ends_at_all_three(
    sites: tuple[LonelySite, LonelySite], tmp_path: Path
) -> None:
    """Each goes on to give for a while when it is finished, so that the others see that it is."""
    third = LonelySite(tmp_path / "three")
    everybody = [*sites, third]
    try:
        third.begin()
        (sites[0].files / "data").write_bytes(bytes(range(256)) * (1 << 12))
        members = [
            {"deviceid": site.deviceid, "address": site.listen, "permission": permission}
            for site, permission in zip(everybody, ("rw", "ro", "ro"), strict=True)
        ]
        for site, own in zip(everybody, members, strict=True):
            peers = [one for one in members if one is not own]
            site.job(name="d", type="distribution", permission=own["permission"], peers=peers)
        for site in everybody:
            site.until_status("d", "successfully finished")
            assert (site.files / "data").read_bytes() == bytes(range(256)) * (1 << 12)
    finally:
        third.agent.end()


def test_kill_9_of_both_in_the_middle_of_a_transfer(sites: tuple[LonelySite, LonelySite]) -> None:
    source, target = sites
    data = bytes(range(256)) * (1 << 17)
    (source.files / "large").write_bytes(data)
    jobs(source, target, "rw ro", name="d", type="distribution")
    until(lambda: target.run_of("d").get("transferred_down", 0) > 0, LONG_SEC)
    for site in sites:
        site.agent.kill()
    for site in sites:
        site.begin()
    target.until_status("d", "successfully finished", "seeding")
    assert (target.files / "large").read_bytes() == data
    for site in sites:
        site.until_status("d", "successfully finished")
