"""What `forepost jobs show` and a command without an agent print: also what is to be done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forepost.agent.status import SOCKET
from forepost.cli.job_list import detail, lines
from forepost.cli.jobs import ls, pause, tag
from forepost.wire.jobs.agent_api import JobRun
from forepost.wire.jobs.delivery import RunOutput
from forepost.wire.local.jobs import LocalRun, LocalRunDetail, LocalRuns

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_who_sees_what_holds_a_run_sees_how_it_goes_on() -> None:
    names = [field.name for field in msgspec.structs.fields(JobRun)]
    known: dict[str, Any] = {
        "id": 1,
        "run_id": 7,
        "name": "docs",
        "type": "folder",
        "status": "error",
        "path": "",
    }
    run = JobRun(**{name: known.get(name, 0) for name in names})
    found = LocalRunDetail(
        uid="a", run=run, state="started", wanted_by="file", held="/srv: No such file or directory",
        queued_at=NOW, job=msgspec.Raw(b"{}"), output=RunOutput(),
    )  # fmt: skip
    listed = msgspec.structs.replace(found, started_at=NOW, ended_at=NOW + timedelta(seconds=9.5))
    fields = {name: getattr(listed, name) for name in LocalRun.__struct_fields__}
    head, row = list(lines(LocalRuns(deviceid="D", paused=False, runs=[LocalRun(**fields)])))[1:]
    assert head.split()[-2:] == ["began", "ended"]
    assert "2026-01-01T00:00:00Z  2026-01-01T00:00:09Z  /srv" in row
    (held,) = [line for line in detail(found) if line.startswith("held: ")]
    assert held.startswith("held: /srv: No such file or directory (")
    assert "forepost jobs confirm 7" in held


def test_an_agent_that_takes_no_orders_is_told_from_one_that_does_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ls(state_dir=tmp_path) == 3
    assert "does the agent run" in capsys.readouterr().err
    (tmp_path / SOCKET).write_text("")
    assert ls(state_dir=tmp_path) == 3
    assert "neither [jobs] nor" in capsys.readouterr().err


def test_a_tag_that_can_be_none_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tag("SITE=north", "site=x", state_dir=tmp_path) == 1
    assert capsys.readouterr().err == "forepost: site: the name of a tag is of A-Z, 0-9 and _\n"


def test_a_pause_of_no_time_is_named_with_what_there_is_instead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seconds in (0.0, -5.0):
        assert pause(seconds=seconds, state_dir=tmp_path) == 1
        assert capsys.readouterr().err.startswith("forepost: --for: a second at least; without it")
