"""`forepost doctor` and jobs: packages, the port of the Agent API, their folder, watches, room."""

import os
import socket
from pathlib import Path

from forepost.agent.doctor import jobs
from forepost.agent.doctor.case import Case
from forepost.agent.edges.host import abilities
from forepost.agent.settings import AgentApiSection, JobsSection, NodeSection, Settings
from tests.free_ports import free_port
from tests.lab.small_disk import fill, mounted


def case(folder: Path, *, running: bool = False, port: int = 0, **section: str) -> Case:
    settings = Settings(
        node=NodeSection(state_dir=str(folder)),
        jobs=JobsSection(**section),  # type: ignore[arg-type]
        agent_api=AgentApiSection(client_api_enabled=port > 0, client_api_port=port or 3840),
    )
    return Case(settings=settings, wanted=frozenset(), running=running)


def test_nothing_is_looked_at_where_no_jobs_are_wanted(tmp_path: Path) -> None:
    off = case(tmp_path)
    for check in (jobs.packages, jobs.api_port, jobs.folder, jobs.space):
        assert check(off).state == "off"
    assert not jobs.watches(off).fails


def test_the_packages_are_there(tmp_path: Path) -> None:
    assert jobs.packages(case(tmp_path, dir="/x")).state == "ok"


def test_a_port_that_somebody_has(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        found = jobs.api_port(case(tmp_path, port=port))
        assert found.fails
        assert found.detail == f"127.0.0.1:{port}: address already in use"
        assert jobs.api_port(case(tmp_path, port=port, running=True)).state == "ok"
    assert jobs.api_port(case(tmp_path, port=port)).state == "ok"


def test_a_folder_of_jobs_is_there_and_nobody_else_may_write_into_it(tmp_path: Path) -> None:
    folder = tmp_path / "jobs.d"
    found = jobs.folder(case(tmp_path, dir=str(folder)))
    assert found.fails
    assert found.detail == f"{folder}: no such file or directory"
    folder.mkdir(mode=0o755)
    assert jobs.folder(case(tmp_path, dir=str(folder))).state == "ok"
    folder.chmod(0o777)
    found = jobs.folder(case(tmp_path, dir=str(folder)))
    assert found.fails
    assert "chmod go-w" in found.grant
    folder.chmod(0o755)
    os.chown(folder, 65_534, 65_534)
    assert jobs.folder(case(tmp_path, dir=str(folder))).fails


def test_few_watches_are_said_and_fail_nothing(tmp_path: Path) -> None:
    for name in ("watches", "instances"):
        assert abilities.inotify_limit(name) > 0
        assert abilities.inotify_limit(name, tmp_path) == 0
    found = jobs.watches(case(tmp_path, dir="/x"))
    assert not found.fails
    assert f"{abilities.inotify_limit('instances'):,} jobs" in found.detail


def test_a_full_disk(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 300) as disk:
        assert jobs.space(case(disk, dir="/x")).state == "ok"
        (disk / "large").write_bytes(bytes(60 << 20))
        found = jobs.space(case(disk, dir="/x"))
        assert found.fails
        assert "MiB are free" in found.detail
        fill(disk)
        assert jobs.space(case(disk, dir="/x")).fails
