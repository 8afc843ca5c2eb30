"""A consolidation with real agents: each source has its own place at the destination."""

from pathlib import Path

import pytest

from tests.running import ControllerProcess
from tests.whole.test_jobs_by_rest import JobSite, Sites

pytestmark = pytest.mark.timeout(300)


def test_files_of_two_sources_come_each_to_its_place(tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "controller").start()
    person = controller.person()
    workspace = person.workspace("w")
    one, two, all_of = (
        JobSite(tmp_path, controller.url, person.agent(workspace, name))
        for name in ("north", "south", "centre")
    )
    sites = Sites(controller, person, workspace, one, two)
    try:
        for site in (one, two, all_of):
            site.process.start()
        for site, text in ((one, b"from north"), (two, b"from south")):
            (site.files / "logs").mkdir(parents=True)
            (site.files / "logs" / "today").write_bytes(text * 10_000)
        path = f"{all_of.files}/%SRC:AGENT_NAME%/in"
        job = sites.job(
            name="logs",
            type="consolidation",
            agents=[
                sites.at(one),
                sites.at(two),
                {"agent_id": all_of.agent.id, "permission": "ro", "path": path},
            ],
        )
        found = sites.until_status(sites.run(job), "finished")
        assert {one["state"] for one in found["agents"]} == {"finished"}
        assert all_of.contents() == {
            "north/in/logs/today": b"from north" * 10_000,
            "south/in/logs/today": b"from south" * 10_000,
        }
    finally:
        for site in (one, two, all_of):
            site.process.end()
        controller.end()
