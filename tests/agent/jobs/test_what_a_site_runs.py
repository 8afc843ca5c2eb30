"""What a site lets jobs do: scripts by directory and hash, users, paths, macros."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from forepost.agent.jobs.macros import WrongPath, filled_in, macros
from forepost.agent.jobs.record import RunRecord, script_hash
from forepost.agent.jobs.site_rules import JobRules
from forepost.agent.settings import JobsSection
from forepost.wire.jobs.job import Job, JobScript, JobTriggers

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def rules(state_dir: Path, tags: dict[str, str] | None = None, **section: Any) -> JobRules:
    section = {"allow_scripts": True} | section
    return JobRules(JobsSection(**section), state_dir, lambda: tags or {})


def record(job: Job, *, of_controller: bool = True) -> RunRecord:
    return RunRecord(
        uid="a" * 32, run_id=1, job=job, by="controller", of_controller=of_controller, queued_at=NOW
    )


def script(command: Any, **fields: Any) -> Job:
    return Job(name="j", type="script", script=JobScript(command=command, **fields))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """`allowed/tool`, `other/tool`, a link out of `allowed` and one into it; `state`."""
    for folder in ("allowed", "other"):
        (tmp_path / folder).mkdir()
        tool = tmp_path / folder / "tool"
        tool.write_text("#!/bin/sh\n")
        tool.chmod(0o755)
    (tmp_path / "allowed/out").symlink_to(tmp_path / "other/tool")
    (tmp_path / "other/in").symlink_to(tmp_path / "allowed/tool")
    (tmp_path / "allowed2").mkdir()
    (tmp_path / "allowed2/tool").write_text("")
    (tmp_path / "state").mkdir()
    return tmp_path


def test_no_script_runs_where_none_is_allowed(place: Path) -> None:
    none = rules(place / "state", allow_scripts=False)
    assert "allow_scripts" in none.refusal(record(script("true"), of_controller=False))
    assert not none.lets_scripts_run
    triggers = JobTriggers(complete=JobScript(command="true"))
    job = Job(name="d", type="distribution", path="/d", triggers=triggers)
    assert "allow_scripts" in none.refusal(record(job))
    assert rules(place / "state").refusal(record(script("true"))) == ""


def test_a_directory_counts_by_the_program_s_real_path(place: Path) -> None:
    listed = rules(place / "state", allow_scripts=(str(place / "allowed"),))
    for program, is_allowed in (
        (f"{place}/allowed/tool", True),
        (f"{place}/other/in", True),
        (f"{place}/other/tool", False),
        (f"{place}/allowed/out", False),
        (f"{place}/allowed/../other/tool", False),
        (f"{place}/allowed2/tool", False),
        (f"{place}/allowed", False),
        (f"{place}/allowed/", False),
        ("tool", False),
        ("allowed/tool", False),
        ("/bin/sh", False),
    ):
        refused = listed.refusal(record(script([program, "x"])))
        assert (refused == "") == is_allowed, program
    order = listed.order(record(script([f"{place}/other/in"])), "script")
    assert order.program == f"{place}/allowed/tool", "what was looked at, and no link to it"


def test_a_directory_that_is_a_link_counts_by_where_it_leads(place: Path) -> None:
    (place / "link").symlink_to(place / "allowed")
    listed = rules(place / "state", allow_scripts=(str(place / "link"),))
    assert listed.refusal(record(script([f"{place}/allowed/tool"]))) == ""
    assert listed.refusal(record(script([f"{place}/other/tool"]))) != ""


def test_a_hash_is_of_the_text_or_of_the_arguments_as_json(place: Path) -> None:
    text = "echo ä\n"
    argv = ["/bin/echo", "a b", "ä"]
    of_text = hashlib.sha256(text.encode()).hexdigest()
    as_json = json.dumps(argv, separators=(",", ":"), ensure_ascii=False)
    of_argv = hashlib.sha256(as_json.encode()).hexdigest()
    assert script_hash(JobScript(command=text)) == of_text
    assert script_hash(JobScript(command=argv)) == of_argv
    listed = rules(place / "state", allow_scripts=(f"sha256:{of_text}", f"sha256:{of_argv}"))
    assert listed.refusal(record(script(text))) == ""
    assert listed.refusal(record(script(argv))) == ""
    for other in ("echo ä", "echo a\n", ["/bin/echo", "a b"], ["/bin/echo", "a", "b", "ä"]):
        assert "does not run" in listed.refusal(record(script(other)))


def test_what_reads_a_listed_text_is_a_shell_or_allowed_itself(place: Path) -> None:
    of_text = f"sha256:{hashlib.sha256(b'true').hexdigest()}"
    listed = rules(place / "state", allow_scripts=(of_text, str(place / "allowed")))
    for shell, is_allowed in (
        ("/bin/sh", True),
        ("/bin/bash", True),
        (f"{place}/allowed/tool", True),
        (f"{place}/other/tool", False),
        (f"{place}/allowed/out", False),
        ("/usr/bin/env", False),
    ):
        refused = listed.refusal(record(script("true", shell=shell)))
        assert (refused == "") == is_allowed, shell


def test_where_scripts_are_listed_the_environment_loads_nothing_else(place: Path) -> None:
    listed = rules(place / "state", allow_scripts=(str(place / "allowed"),))
    for name, is_allowed in (
        ("ARG_TARGET", True), ("LD_PRELOAD", False), ("PATH", False), ("BASH_ENV", False),
        ("PYTHONPATH", False), ("X", False),
    ):  # fmt: skip
        job = script([f"{place}/allowed/tool"], env={name: "/tmp/x"})
        assert (listed.refusal(record(job)) == "") == is_allowed, name
    assert rules(place / "state").refusal(record(script("true", env={"PATH": "/x"}))) == ""


def test_users_are_those_of_the_site(place: Path) -> None:
    state = place / "state"
    only = rules(state, script_users=("nobody", "daemon"))
    assert only.refusal(record(script("true", user="daemon"))) == ""
    assert "script_users" in only.refusal(record(script("true", user="root")))
    assert only.order(record(script("true")), "script").user == "nobody"
    assert only.order(record(script("true", user="daemon")), "script").user == "daemon"
    assert rules(state).order(record(script("true")), "script").user == ""
    assert "no nosuch" in rules(state).refusal(record(script("true", user="nosuch")))


def test_paths_of_a_controller_are_in_the_site_s_folders_also_by_way_of_a_link(place: Path) -> None:
    (place / "allowed/link").symlink_to(place / "other")
    bounded = rules(place / "state", allow_paths=(str(place / "allowed"),))
    for path, is_allowed in (
        (f"{place}/allowed", True),
        (f"{place}/allowed/deep/er", True),
        (f"{place}/allowed2", False),
        (f"{place}/allowed/link", False),
        (f"{place}/other", False),
    ):
        job = Job(name="f", type="folder", path=path)
        assert (bounded.refusal(record(job)) == "") == is_allowed, path
        assert bounded.refusal(record(job, of_controller=False)) == ""


def test_the_agent_s_own_folder_is_not_for_jobs(place: Path) -> None:
    (place / "to_state").symlink_to(place / "state")
    bounded = rules(place / "state")
    for path in (f"{place}/state", f"{place}/state/scripts", f"{place}/to_state", str(place), "/"):
        for of_controller in (True, False):
            job = Job(name="f", type="folder", path=path)
            assert "own folder" in bounded.refusal(record(job, of_controller=of_controller)), path
    above = Job(name="s", type="script", path=str(place), script=JobScript(command="true"))
    assert bounded.refusal(record(above)) == ""


def test_a_site_may_take_no_jobs_of_a_controller(place: Path) -> None:
    own = rules(place / "state", allow=False)
    assert "takes no jobs" in own.refusal(record(script("true")))
    assert own.refusal(record(script("true"), of_controller=False)) == ""


def test_macros() -> None:
    known = macros("/home/x", "/srv", {"SITE": "north", "HOME": "/evil", "EMPTY": ""})
    assert filled_in("%HOME%/a", known) == "/home/x/a"
    assert filled_in("%USERPROFILE%", known) == "/home/x"
    assert filled_in("%DOWNLOADS%/b/", known) == "/home/x/Downloads/b"
    assert filled_in("%FOLDERS_STORAGE%/%SITE%/%EMPTY%c", known) == "/srv/north/c"
    assert filled_in("/100%/50%", known) == "/100%/50%"
    for path, why in (
        ("%NOPE%/a", "NOPE"), ("a/b", "not absolute"), ("%SITE%/a", "not absolute"),
        ("/a/../b", "elsewhere"), ("%FOLDERS_STORAGE%/..", "elsewhere"),
    ):  # fmt: skip
        with pytest.raises(WrongPath, match=why):
            filled_in(path, known)
    with pytest.raises(WrongPath, match="FOLDERS_STORAGE"):
        filled_in("%FOLDERS_STORAGE%/a", macros("/home/x", "", {}))
    with pytest.raises(WrongPath, match="elsewhere"):
        filled_in("/srv/%T%", macros("/home/x", "", {"T": "../etc"}))


def test_a_script_is_told_what_it_is_of(place: Path) -> None:
    job = Job(
        name="j", type="script", path="%HOME%",
        script=JobScript(command="true", env={"JOB_NAME": "other", "MORE": "1"}),
    )  # fmt: skip
    order = rules(place / "state", tags={"A": "x y"}).order(record(job), "script")
    assert order.env == {
        "MORE": "1",
        "TAG_A": "x y",
        "JOB_NAME": "j",
        "JOB_PATH": os.path.expanduser("~"),  # noqa: PTH111 - what the shell would say
        "JOB_ROLE": "Script",
        "JOB_START_TIME": str(int(NOW.timestamp())),
    }
    assert order.cwd == os.path.expanduser("~")  # noqa: PTH111
    triggers = JobTriggers(post_download=JobScript(command="true"))
    target = Job(name="t", type="distribution", permission="ro", path="/t", triggers=triggers)
    assert rules(place / "state").order(record(target), "post_download").env["JOB_ROLE"] == "RO"
