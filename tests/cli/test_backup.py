"""`forepost backup` and `forepost restore` beside a controller that is at work."""

import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lab.small_disk import fill, mounted
from tests.running import AgentProcess, ControllerProcess, NewAgent, Person, forepost, until


class Work(threading.Thread):
    """Makes agents and probes, one after the other, for as long as it is let."""

    def __init__(self, person: Person, workspace: int) -> None:
        super().__init__()
        self.person, self.workspace = person, workspace
        self.made: list[int] = []
        self.over = threading.Event()

    def run(self) -> None:
        path = f"/workspaces/{self.workspace}/agents"
        while not self.over.is_set():
            agent = self.person.call("POST", path, {"name": "x"}, status=201)["agent"]["id"]
            body = {"type": "PING", "targets": ["198.18.0.2"]}
            probe = self.person.call("POST", f"{path}/{agent}/probes", body, status=201)
            self.made.append(probe["id"])


@pytest.mark.timeout(240)
def test_a_store_under_load_is_one_moment_and_comes_back(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "controller").start()
    out = tmp_path / "backup.tar"
    process: AgentProcess | None = None
    try:
        person = controller.person()
        workspace = person.workspace("w")
        agent = person.agent(workspace)
        probes = [
            person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1 + n)
            for n in range(20)
        ]
        process = AgentProcess(tmp_path / "agent", controller.url, agent).start()
        until(lambda: person.results(agent, probes[-1]), 30, lambda: controller.output)
        work = Work(person, workspace)
        work.start()
        try:
            time.sleep(1)
            before = {probe: len(person.results(agent, probe)) for probe in probes}
            made_before = made_after = list(work.made)
            for _ in range(20):  # a backup of so little may fall between two of the requests
                out.unlink(missing_ok=True)
                done = forepost("backup", str(out), "--data", str(tmp_path / "controller/data"))
                assert done.returncode == 0, done.stderr
                made_after = list(work.made)
                if len(made_after) > len(made_before):
                    break
        finally:
            work.over.set()
            work.join()
        assert len(made_after) > len(made_before)
        taken = forepost("restore", str(out), "--data", str(tmp_path / "controller/data"))
        assert taken.returncode == 4
        assert taken.stderr.count("\n") == 1
        assert f"in use by process {controller.pid}" in taken.stderr
    finally:
        if process is not None:
            process.end()
        controller.end()
    again(tmp_path, out, person, agent, before, made_before, work.made)


def again(
    tmp_path: Path,
    out: Path,
    person: Person,
    agent: NewAgent,
    before: dict[int, int],
    made_before: list[int],
    made: list[int],
) -> None:
    """On another host: nothing that was there is missing, nothing that came later is there."""
    other = ControllerProcess(tmp_path / "other")
    data = tmp_path / "other/data"
    assert not data.exists()
    done = forepost("restore", str(out), "--data", str(data))
    assert done.returncode == 0, done.stderr
    other.start()
    try:
        old = Person(other, person.token, person.user_id).ask("GET", "/auth/me")
        assert old.status_code == 401
        back = other.person()
        for probe, count in before.items():
            assert len(back.results(agent, probe)) >= count
        path = f"/workspaces/{agent.workspace}/agents"
        there = {one["id"] for one in every_probe(back, path)}
        assert {*before, *made_before} <= there
        new = back.call("POST", path, {"name": "new"}, status=201)["agent"]["id"]
        body = {"type": "PING", "targets": ["198.18.0.2"]}
        probe = back.call("POST", f"{path}/{new}/probes", body, status=201)["id"]
        assert probe > max(made)
        # the agent has its key still
        process = AgentProcess(tmp_path / "agent", other.url, agent)
        (process.folder / "identity.json").unlink()
        process = AgentProcess(tmp_path / "agent", other.url, agent).start()
        try:
            until(process.drained, 20, lambda: process.output)
        finally:
            process.end()
    finally:
        other.end()


def every_probe(person: Person, path: str) -> list[Any]:
    found: list[Any] = []
    page: Any = None
    for offset in range(0, 10_000, 200):
        page = person.call("GET", f"{path}?limit=200&offset={offset}")["data"]
        for agent in page:
            found += person.call("GET", f"{path}/{agent['id']}/probes")["data"]
        if len(page) < 200:
            break
    return found


def test_what_cannot_be_done_is_one_line(tmp_path: Path) -> None:
    none = forepost("backup", str(tmp_path / "x.tar"), "--data", str(tmp_path / "none"))
    assert (none.returncode, none.stderr.count("\n")) == (2, 1)
    (tmp_path / "data").mkdir()
    empty = forepost("backup", str(tmp_path / "x.tar"), "--data", str(tmp_path / "data"))
    assert (empty.returncode, empty.stderr.count("\n")) == (1, 1)
    assert "has no meta.sqlite" in empty.stderr
    (tmp_path / "x.tar").write_text("no tar")
    junk = forepost("restore", str(tmp_path / "x.tar"), "--data", str(tmp_path / "data"))
    assert (junk.returncode, junk.stderr.count("\n")) == (1, 1)
    assert "is no backup" in junk.stderr


def test_a_disk_without_room_is_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "jwt.key").write_bytes(bytes(32))
    for name in ("meta.sqlite", "series.sqlite"):
        with sqlite3.connect(data / name) as connection:
            connection.execute("CREATE TABLE t AS SELECT zeroblob(1000000) AS x")
        connection.close()
    with mounted(tmp_path / "disk") as disk:
        other = fill(disk)
        os.truncate(other, other.stat().st_size - 65_536)
        found = forepost("backup", str(disk / "x.tar"), "--data", str(data))
        assert (found.returncode, found.stderr.count("\n")) == (1, 1), found.stderr
        assert "No space left on device" in found.stderr
        assert [one.name for one in disk.iterdir()] == ["other"]
