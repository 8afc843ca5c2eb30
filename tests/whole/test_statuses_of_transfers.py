"""Each status of a folder and of a transfer that the Agent API knows, told by agents whose engines
are in it. Phases last by their work: many files, a slow line, a source that is not there.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from tests.running import until
from tests.whole.test_jobs_between_sites import LonelySite, jobs
from tests.whole.test_jobs_of_a_site import LONG_SEC

pytestmark = pytest.mark.timeout(400)
MANY = 12_000


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[LonelySite, LonelySite, LonelySite]]:
    one, two, three = (LonelySite(tmp_path / name) for name in ("one", "two", "three"))
    try:
        for site in (one, two, three):
            site.begin()
        yield one, two, three
    finally:
        for site in (one, two, three):
            site.agent.end()


@contextmanager
def told(site: LonelySite, name: str) -> Iterator[list[str]]:
    """The statuses of a job one after another, as whoever asks all the time is told them."""
    found: list[str] = []
    is_over = threading.Event()

    def ask() -> None:
        is_last = False
        while not is_last:
            is_last = is_over.is_set()
            status = site.run_of(name).get("status")
            if status and found[-1:] != [status]:
                found.append(status)
            sleep(0.05)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()


def slow(kib_per_sec: int, **more: Any) -> dict[str, Any]:
    return {"bandwidth": [{"up_kib_per_sec": kib_per_sec}], **more}


def make_many(root: Path, name: str) -> None:
    for n in range(MANY):
        folder = root / f"d{n % 100}"
        if n < 100:
            folder.mkdir(exist_ok=True)
        (folder / f"{name}{n}").touch()


def test_a_distribution_over_what_was_there(
    sites: tuple[LonelySite, LonelySite, LonelySite],
) -> None:
    source, target, _ = sites
    make_many(source.files, "new")
    make_many(target.files, "old")
    (source.files / "large").write_bytes(bytes(range(256)) * (48 << 10))
    with told(target, "d") as statuses:
        transfer = slow(4_000, delete_extraneous=True)
        jobs(source, target, "rw ro", name="d", type="distribution", transfer=transfer)
        target.until_status("d", "successfully finished")
    places = [
        statuses.index(one)
        for one in (
            "indexing",
            "processing files",
            "downloading",
            "cleaning up destination folder",
            "successfully finished",
        )
    ]
    assert places == sorted(places), statuses
    assert not [*target.files.glob("d*/old*")]
    assert len([*target.files.glob("d*/new*")]) == MANY
    with told(source, "d") as statuses:
        source.until_status("d", "successfully finished")


def test_a_folder_of_many_files(sites: tuple[LonelySite, LonelySite, LonelySite]) -> None:
    one, two, _ = sites
    make_many(one.files, "f")
    (one.files / "large").write_bytes(bytes(range(256)) * (48 << 10))
    with told(one, "f") as at_one, told(two, "f") as at_two:
        jobs(one, two, "rw rw", name="f", type="folder", transfer=slow(4_000))
        two.until_status("f", "processing files")
        two.until_status("f", "syncing")
        two.until_status("f", "synced")
    assert {"loading", "indexing"} <= {*at_one}
    assert at_two.index("processing files") < at_two.index("synced")
    two.command("jobs", "pause")
    two.until_status("f", "paused")
    one.until_status("f", "no peers")
    two.command("jobs", "resume")
    two.until_status("f", "synced")
    one.files.rename(one.folder / "moved")
    found = one.until_status("f", "error")
    assert found["errors"][0]["code_str"] == "SE_HELD"
    (one.folder / "moved").rename(one.files)
    one.until_status("f", "synced")


def test_destinations_without_their_source_wait_for_it(
    sites: tuple[LonelySite, LonelySite, LonelySite],
) -> None:
    members = [
        {"deviceid": site.deviceid, "address": site.listen, "permission": permission}
        for site, permission in zip(sites, ("rw", "ro", "ro"), strict=True)
    ]

    def begin(number: int) -> None:
        peers = [one for one in members if one is not members[number]]
        permission = members[number]["permission"]
        sites[number].job(name="d", type="distribution", permission=permission, peers=peers)

    (sites[0].files / "data").write_text("data")
    begin(1)
    sites[1].until_status("d", "no peers")
    begin(2)
    for site in sites[1:]:
        found = site.until_status("d", "waiting for files from source")
        assert found["peers_count"] == 1
    begin(0)
    for site in sites:
        site.until_status("d", "successfully finished")
        assert (site.files / "data").read_text() == "data"


def test_what_is_less_important_waits(sites: tuple[LonelySite, LonelySite, LonelySite]) -> None:
    source, target, _ = sites
    for name in ("high", "low", "folder"):
        for site in (source, target):
            (site.files / name).mkdir()
        (source.files / name / "data").write_bytes(bytes(range(256)) * (24 << 10))

    def begin(name: str, kind: str, permissions: str, **more: Any) -> None:
        first, second = permissions.split()
        at_source = {"deviceid": target.deviceid, "permission": second}
        at_target = {"deviceid": source.deviceid, "address": source.listen, "permission": first}
        for site, own, peer in ((source, first, at_source), (target, second, at_target)):
            path = str(site.files / name)
            site.job(name=name, type=kind, permission=own, peers=[peer], path=path, **more)

    begin("high", "distribution", "rw ro", priority=9, transfer=slow(300))
    target.until_status("high", "downloading")
    begin("low", "distribution", "rw ro", priority=1)
    begin("folder", "folder", "rw rw", priority=1)
    for name in ("low", "folder"):
        target.until_status(name, "low priority")
        assert not (target.files / name / "data").exists()
        assert target.run_of("high").get("status") != "low priority"
    target.until_status("high", "successfully finished")
    target.until_status("low", "successfully finished")
    target.until_status("folder", "synced")
    until((target.files / "folder" / "data").exists, LONG_SEC)
