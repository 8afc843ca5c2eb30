"""Where files of a consolidation's sources may go at this site."""

from datetime import UTC, datetime
from pathlib import Path

from forepost.agent.jobs.record import RunRecord
from forepost.agent.jobs.site_rules import JobRules
from forepost.agent.settings.jobs import JobsSection
from forepost.wire.jobs.job import Job, JobPeer

NORTH, SOUTH = "B" * 32, "C" * 32


def refusal(tmp_path: Path, *places: str, permission: str = "ro") -> str:
    section = JobsSection(allow_paths=(str(tmp_path / "all"),))
    rules = JobRules(section, tmp_path / "state", dict[str, str])
    peers = [
        JobPeer(deviceid=one, path=path) for one, path in zip((NORTH, SOUTH), places, strict=True)
    ]
    job = Job(
        name="logs",
        type="consolidation",
        path=str(tmp_path / "all"),
        permission=permission,  # type: ignore[arg-type]
        peers=peers,
    )
    record = RunRecord(
        uid="0" * 32,
        run_id=1,
        job=job,
        by="controller",
        of_controller=True,
        queued_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return rules.sources_refusal(record)


def test_each_source_has_a_place_of_its_own_where_the_site_allows_it(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "link").symlink_to("/etc")
    north, south = str(tmp_path / "all/north"), str(tmp_path / "all/south")
    assert refusal(tmp_path, north, south) == ""
    assert refusal(tmp_path, north, north).startswith("10004 SE_JOB_SAME_DESTINATION_PATH")
    assert refusal(tmp_path, "", "").startswith("10004"), "neither has one: it is the job's"
    assert "allow_paths" in refusal(tmp_path, north, "/etc/north")
    assert "allow_paths" in refusal(tmp_path, north, str(tmp_path / "all/link/x"))
    assert "leads elsewhere" in refusal(tmp_path, north, str(tmp_path / "all/../x"))
    assert "no tag or macro" in refusal(tmp_path, north, "%NOWHERE%/x")
    assert refusal(tmp_path, north, north, permission="rw") == ""
